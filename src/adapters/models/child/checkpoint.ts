/**
 * The checkpoint: LangGraph's state in a file of the session's own. Each step stores the whole state, so only the newest one of
 * a conversation is kept; a long session would fill gigabytes.
 */
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import Database from "better-sqlite3";

export interface CheckpointFile {
  saver: SqliteSaver;
  /** Forgets a subagent's conversation, once its result stands in its parent's. */
  forget(thread: string): Promise<void>;
  close(): void;
}

class NewestOnly extends SqliteSaver {
  override async put(...put: Parameters<SqliteSaver["put"]>) {
    const [config, checkpoint] = put;
    const saved = await super.put(...put);
    const { thread_id, checkpoint_ns = "" } = config.configurable ?? {};
    for (const table of ["checkpoints", "writes"]) {
      this.db
        .prepare(`DELETE FROM ${table} WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id < ?`)
        .run(thread_id, checkpoint_ns, checkpoint.id);
    }
    return saved;
  }
}

export function openCheckpoint(path: string): CheckpointFile {
  const database = new Database(path);
  // What a crash of the machine takes away is asked of the model again; the tools know by their keys what they have done.
  database.pragma("synchronous = NORMAL");
  const saver = new NewestOnly(database);
  return { saver, forget: (thread) => saver.deleteThread(thread), close: () => database.close() };
}
