/** devflow schemas show: one schema in full. */
import { showCommand } from "../../shelf-commands.ts";
import { schemaDetails } from "../../show/definitions.ts";

export default showCommand("schemas", "devflow schemas show review-findings@1", schemaDetails);
