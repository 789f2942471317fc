// The page's own words and its decimal mark, in the workbook's language; English texts are their own keys.
let known: Record<string, string> = {}, mark = ".";

export function speak(words: Record<string, string> = {}, ofNumbers = "."): void {
  [known, mark] = [words, ofNumbers];
}

/** A text with values in its {places}. */
export function say(text: string, values: Record<string, string | number> = {}): string {
  return (known[text] ?? text).replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** A number as it is written in the workbook's language: 1 234,5 where a comma is the mark. */
export function local(number: string): string {
  return mark === "." ? number : number.replace(/,/g, "\u00a0").replace(".", mark);
}
