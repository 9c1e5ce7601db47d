/** devflow templates show: one template in full. */
import { showCommand } from "../../shelf-commands.ts";
import { templateDetails } from "../../show/definitions.ts";

export default showCommand("templates", "devflow templates show implement-and-review", templateDetails);
