/** devflow chat: a talk with a persona, at a terminal. */
import { type ChatInput, chat } from "../chat/chat.ts";
import { defineCommand } from "../command.ts";

export default defineCommand<ChatInput>({
  name: "chat",
  summary: "chat.summary",
  about: "chat.about",
  options: {
    "--agent <persona>": "chat.agent",
    "--model <model>": "chat.model",
    "--repo <dir>": "chat.repo",
    "--budget-usd <n>": "chat.budget_usd",
    "--resume <run>": "chat.resume",
  },
  noJson: true,
  examples: ["devflow chat", "devflow chat --agent openrouter-claude-implementer --budget-usd 1"],
  run: (input, context) => chat(input, context),
});
