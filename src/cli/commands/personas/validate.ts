/** devflow personas validate: checks files, and says what is wrong at which line. */
import { validateCommand } from "../../shelf-commands.ts";

export default validateCommand("personas", "devflow personas validate devflow/personas/*.yaml");
