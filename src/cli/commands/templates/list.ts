/** devflow templates list: every one that can be used here, and where it comes from. */
import { listCommand } from "../../shelf-commands.ts";
import { templatesTable } from "../../show/definitions.ts";

export default listCommand("templates", "devflow templates list", templatesTable);
