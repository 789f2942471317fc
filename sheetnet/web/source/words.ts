// The page's own words, in the workbook's language where it has them; English texts are their own keys.
let known: Record<string, string> = {};

export function speak(words: Record<string, string>): void {
  known = words;
}

/** A text with values in its {places}. */
export function say(text: string, values: Record<string, string | number> = {}): string {
  return (known[text] ?? text).replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
