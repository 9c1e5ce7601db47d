/** The string formats of JSON Schema (`date-time`, `uri`, `uuid` and so on) for the validator. */
import addFormatsModule, { type FormatsPlugin } from "ajv-formats";

// Its types describe an ES module, but it is CommonJS: the default import is the plugin itself.
export const addFormats = addFormatsModule as unknown as FormatsPlugin;
