/**
 * The checkpoint: LangGraph's state in a file of the session's own. Each step stores the whole state, so only the newest one of
 * a conversation is kept; a long session would fill gigabytes.
 */
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import Database, { type Statement } from "better-sqlite3";

export interface CheckpointFile {
  saver: SqliteSaver;
  /** Forgets a subagent's conversation, once its result stands in its parent's. */
  forget(thread: string): Promise<void>;
  close(): void;
}

/** The state is plain JSON, and nothing else: no need to look for what is not. */
const PLAIN = {
  dumpsTyped: async (value: unknown): Promise<[string, Uint8Array]> => ["json", Buffer.from(JSON.stringify(value))],
  loadsTyped: async (_: string, data: Uint8Array | string): Promise<unknown> => JSON.parse(data.toString()),
};

class NewestOnly extends SqliteSaver {
  private dropOlder: Statement | undefined;

  override async put(...put: Parameters<SqliteSaver["put"]>) {
    const [{ configurable }, checkpoint] = put;
    const saved = await super.put(...put);
    this.dropOlder ??= this.db.prepare(
      "DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id < ?",
    );
    this.dropOlder.run(configurable?.thread_id, configurable?.checkpoint_ns ?? "", checkpoint.id);
    return saved;
  }

  /** A step has one task: what it has written stands in the checkpoint that follows at once. */
  override async putWrites(): Promise<void> {}
}

export function openCheckpoint(path: string): CheckpointFile {
  const database = new Database(path);
  // What a crash of the machine takes away is asked of the model again; the tools know by their keys what they have done.
  database.pragma("synchronous = NORMAL");
  const saver = new NewestOnly(database, PLAIN);
  return { saver, forget: (thread) => saver.deleteThread(thread), close: () => database.close() };
}
