/** devflow schemas list: every one that can be used here, and where it comes from. */
import { listCommand } from "../../shelf-commands.ts";
import { schemasTable } from "../../show/definitions.ts";

export default listCommand("schemas", "devflow schemas list", schemasTable);
