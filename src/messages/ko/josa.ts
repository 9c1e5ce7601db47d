/**
 * The Korean particle that fits the word before it. Texts have both forms, as people write it where they cannot know:
 * `{run}을(를)`. Once the values are filled in, the form that does not fit is dropped; where the word does not tell how it
 * is read, both stay.
 */

/** Both forms as texts have them → after a consonant, after a vowel. */
const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  "을(를)": ["을", "를"],
  "이(가)": ["이", "가"],
  "은(는)": ["은", "는"],
  "과(와)": ["과", "와"],
  "(으)로": ["으로", "로"],
};

const BOTH = /(.)?([)\]"'`”’»]*)(을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로)/gsu;

export const josa = (text: string): string =>
  text.replace(BOTH, (whole, last: string | undefined, closing: string, both: string) => {
    const end = endOf(last ?? "");
    const pair = PAIRS[both];
    if (end === undefined || pair === undefined) return whole;
    const [consonant, vowel] = pair;
    const asVowel = end === "vowel" || (end === "ㄹ" && both === "(으)로");
    return `${last}${closing}${asVowel ? vowel : consonant}`;
  });

type End = "vowel" | "consonant" | "ㄹ";

const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
const FINALS = 28;
const FINAL_RIEUL = 8;

/** How Korean reads the digits: 영 일 이 삼 사 오 육 칠 팔 구. */
// biome-ignore format: read by column
const DIGITS: readonly End[] = ["consonant", "ㄹ", "vowel", "consonant", "vowel", "vowel", "consonant", "ㄹ", "ㄹ", "vowel"];

/** Capitals are read one by one, as in ids: only L, M, N and R end in a consonant. Of words only some endings are sure. */
const SURE: readonly (readonly [RegExp, End])[] = [
  [/[LR]/, "ㄹ"],
  [/[MN]/, "consonant"],
  [/[A-Z]/, "vowel"],
  [/l/, "ㄹ"],
  [/[mn]/, "consonant"],
  [/[aiouwyrsxzfvhjq]/, "vowel"],
];

function endOf(character: string): End | undefined {
  const code = character.codePointAt(0) ?? 0;
  if (code >= FIRST_SYLLABLE && code <= LAST_SYLLABLE) {
    const final = (code - FIRST_SYLLABLE) % FINALS;
    return final === 0 ? "vowel" : final === FINAL_RIEUL ? "ㄹ" : "consonant";
  }
  if (/\d/.test(character)) return DIGITS[Number(character)];
  return SURE.find(([letters]) => letters.test(character))?.[1];
}
