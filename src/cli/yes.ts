/** What counts as a yes at a `[y/N]`: the word, in the languages that devflow speaks, or the same key with a Korean keyboard on. */
export const saysYes = (answer: string | undefined): boolean => /^(?:y(?:es)?|예|네|ㅛ)$/i.test(answer?.trim() ?? "");
