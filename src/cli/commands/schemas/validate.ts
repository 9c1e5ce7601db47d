/** devflow schemas validate: checks files, and says what is wrong at which line. */
import { validateCommand } from "../../shelf-commands.ts";

export default validateCommand("schemas", "devflow schemas validate devflow/schemas/*.json");
