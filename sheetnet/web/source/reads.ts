// What formulas read, so that an edit calculates what follows from it and no more.
import type { At, Workbook } from "./content";
import { place } from "./store";

export interface Formula { sheet: number; at: At; text: string; array: boolean; gone?: boolean }
interface Rect { at: At; readers: Formula[] }
interface Sheet { rows: Map<number, Rect[]>; tall: Rect[] }

const TALL = 4; // rows from which on an area is looked at for each cell, not found by its rows
const WORD = /"(?:[^"]|"")*"|(?:('(?:[^']|'')+'|[\p{L}_][\p{L}\p{N}_.]*)!)?(\$?[\p{L}_][$\p{L}\p{N}_.]*)(?::(\$?[A-Z]{1,3}\$?\d+))?/gu;
const ANYWHERE = /\b(?:OFFSET|INDIRECT)\(|[A-Z]:\$?[A-Z]|\d:\$?\d/i; // what may read cells that it does not name

export class Reads {
  private readonly sheets: Sheet[];
  private readonly known = new Map<string, Rect>();
  private readonly names = new Map<string, [sheet: number, at: At]>();
  private readonly of = new Map<Formula, Rect[]>();
  private readonly anywhere = new Set<Formula>();
  private readonly numbers: Map<string, number>;

  constructor(workbook: Workbook) {
    this.sheets = workbook.sheets.map(() => ({ rows: new Map(), tall: [] }));
    this.numbers = new Map(workbook.sheets.map((one, at) => [one.name.toLowerCase(), at]));
    for (const [name, scope, meaning] of workbook.names) {
      const cut = meaning.lastIndexOf("!"), at = place(meaning.slice(cut + 1)), sheet = this.number(meaning.slice(0, cut));
      if (at && sheet !== undefined) this.names.set(`${scope && this.number(scope)}!${name.toLowerCase()}`, [sheet, at]);
    }
  }

  add(formula: Formula): void {
    const found = new Set<Rect>();
    for (const [, prefix, first, last] of formula.text.matchAll(WORD)) {
      if (first === undefined) continue;
      const sheet = prefix === undefined ? formula.sheet : this.number(prefix), at = place(last ? `${first}:${last}` : first);
      const meant = at && sheet !== undefined ? ([sheet, at] as const)
        : this.names.get(`${sheet}!${first.toLowerCase()}`) ?? this.names.get(`!${first.toLowerCase()}`);
      if (meant) found.add(this.rect(meant[0], meant[1]));
    }
    for (const rect of found) rect.readers.push(formula);
    this.of.set(formula, [...found]);
    if (ANYWHERE.test(formula.text.replace(/"(?:[^"]|"")*"/g, ""))) this.anywhere.add(formula);
  }

  take(formula: Formula): void {
    formula.gone = true;
    this.of.delete(formula);
    this.anywhere.delete(formula);
  }

  /** The areas that a formula names; null where it may read any cell. */
  areas(formula: Formula): [sheet: number, at: At][] | null {
    if (this.anywhere.has(formula)) return null;
    return this.of.get(formula)!.map((rect) => [this.at.get(rect)!, rect.at]);
  }

  /** All formulas that what stands in some cells can change, through others too. */
  following(cells: [sheet: number, at: At][]): Set<Formula> {
    const out = new Set<Formula>(), hit = new Set<Rect>(), waiting = [...cells];
    const reached = (formula: Formula): void => {
      if (formula.gone || out.has(formula)) return;
      out.add(formula);
      waiting.push([formula.sheet, formula.at]);
    };
    for (const formula of this.anywhere) reached(formula);
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [sheet, at] = next, { rows, tall } = this.sheets[sheet]!;
      const meet = (rect: Rect): void => {
        if (hit.has(rect) || !overlap(rect.at, at)) return;
        hit.add(rect);
        rect.readers.forEach(reached);
      };
      tall.forEach(meet);
      for (let row = at[0]; row < at[0] + at[2]; row++) rows.get(row)?.forEach(meet);
    }
    return out;
  }

  private readonly at = new Map<Rect, number>();

  private rect(sheet: number, at: At): Rect {
    const key = `${sheet}!${at.join()}`;
    let rect = this.known.get(key);
    if (rect) return rect;
    rect = { at, readers: [] };
    this.known.set(key, rect);
    this.at.set(rect, sheet);
    const { rows, tall } = this.sheets[sheet]!;
    if (at[2] > TALL) tall.push(rect);
    else for (let row = at[0]; row < at[0] + at[2]; row++) (rows.get(row) ?? rows.set(row, []).get(row)!).push(rect);
    return rect;
  }

  private number(sheet: string): number | undefined {
    return this.numbers.get(sheet.replace(/^'|'$/g, "").replace(/''/g, "'").toLowerCase());
  }
}

function overlap([a, b, rows, cols]: At, [c, d, height, width]: At): boolean {
  return a < c + height && c < a + rows && b < d + width && d < b + cols;
}
