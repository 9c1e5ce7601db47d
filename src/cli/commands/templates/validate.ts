/** devflow templates validate: checks files, and says what is wrong at which line. */
import { validateCommand } from "../../shelf-commands.ts";

export default validateCommand("templates", "devflow templates validate devflow/templates/*.yaml");
