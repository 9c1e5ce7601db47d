/** devflow personas list: every one that can be used here, and where it comes from. */
import { listCommand } from "../../shelf-commands.ts";
import { personasTable } from "../../show/definitions.ts";

export default listCommand("personas", "devflow personas list", personasTable);
