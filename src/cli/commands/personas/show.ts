/** devflow personas show: one persona in full. */
import { showCommand } from "../../shelf-commands.ts";
import { personaDetails } from "../../show/definitions.ts";

export default showCommand("personas", "devflow personas show codex-reviewer", personaDetails);
