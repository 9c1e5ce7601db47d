/** What the agent of one session tells and asks; of another conversation than the session's own it learns nothing, and does nothing. */
import { readUpdate, toolFacts } from "../../domain/acp-update.ts";
import { refusal, shown } from "../../domain/tool-refusal.ts";
import type { WorktreeFiles } from "../../ports/worktree-files.ts";
import type { Life } from "./acp-life.ts";
import type { AgentAsks } from "./acp-link.ts";
import type { Permissions } from "./acp-permissions.ts";
import type { AcpTurn } from "./acp-turn.ts";

export interface SessionAsksDeps {
  life(): Life;
  turn(): AcpTurn | undefined;
  files: WorktreeFiles;
  asking: Pick<Permissions, "ask">;
  show(): void;
  /** A prompt of the past, from a conversation that is loaded. */
  told(text: string): void;
  /** It has told something of its turn. */
  alive(): void;
}

export function sessionAsks({ life, turn, files, asking, show, told, alive }: SessionAsksDeps): AgentAsks {
  const mine = (conversation: string): boolean => {
    const now = life();
    return now.at === "up" && now.conversation === conversation;
  };
  const notMine = (path: string) =>
    refusal("tool.failed", { tool: shown(path), problem: "it is no file of this session" });

  return {
    update: (conversation, update) => {
      const heard = readUpdate(update);
      if (!heard) return;
      if (life().at === "starting") {
        if (heard.kind === "prompt") told(heard.text);
        return;
      }
      const now = turn();
      if (!now || !mine(conversation)) return;
      now.hear(heard);
      if (heard.kind !== "aside") alive();
    },
    permission: async (conversation, { toolCall, options }, withdrawn) => {
      const tool = toolFacts(toolCall);
      const now = turn();
      if (!tool || !now || !mine(conversation)) return "cancelled";
      now.sign("permission");
      show();
      return asking.ask(now.toolOf(tool), options, withdrawn);
    },
    read: (conversation, path, line, limit) => {
      if (!mine(conversation)) return notMine(path);
      turn()?.sign("reading a file");
      return files.read(path, { line, limit });
    },
    write: (conversation, path, content) => {
      const now = turn();
      if (!mine(conversation) || !now) return notMine(path);
      now.sign("writing a file");
      return files.write(path, content, now.task?.artifact);
    },
  };
}
