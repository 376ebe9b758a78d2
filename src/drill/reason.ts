/** Words that stand where a reason should and say nothing. */
const nothing =
  /^(?:ok|okay|skip(?:ped)?|n\/?a|none|no|yes|na|test|todo|fine|because|later|reason|unknown|asdf+)$/iu;

/** Whether a text gives a reason: at least two words, and not just filler. */
export function saysWhy(text: string): boolean {
  const words = text.match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  return words.filter((word) => !nothing.test(word)).length >= 2;
}
