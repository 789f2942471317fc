// The values of all cells as they are now, and who wants to know of a change.
import type { At, Change, Place, Value, Workbook } from "./content";

export class Store {
  now: { rows: Place; index: number } | null = null; // the row of a column of epochs that is marked
  private readonly values: Map<number, Value>[];
  private readonly numbers = new Map<string, number>();

  constructor(readonly workbook: Workbook) {
    this.values = workbook.sheets.map((sheet) => {
      const out = new Map<number, Value>();
      for (const [row, cells] of sheet.rows) for (const [col, , value] of cells) if (value !== null) out.set(cell(row, col), value);
      return out;
    });
    workbook.sheets.forEach((sheet, at) => this.numbers.set(sheet.name, at));
  }

  get(sheet: number, row: number, col: number): Value {
    return this.values[sheet]?.get(cell(row, col)) ?? null;
  }

  put([sheet, row, col, value]: Change): void {
    this.values[sheet]?.set(cell(row, col), value);
  }

  sheet(name: string): number {
    return this.numbers.get(name) ?? -1;
  }

  /** The values of an area row by row. */
  area(place: Place): Value[] {
    const sheet = this.sheet(place.sheet), out: Value[] = [];
    each(place.at, (row, col) => out.push(this.get(sheet, row, col)));
    return out;
  }

  number(place: Place): number {
    return Number(this.area(place)[0]);
  }
}

const cell = (row: number, col: number): number => row * 16384 + col;

export function each([row, col, rows, cols]: At, use: (row: number, col: number) => void): void {
  for (let r = row; r < row + rows; r++) for (let c = col; c < col + cols; c++) use(r, c);
}

export function within([top, left, rows, cols]: At, row: number, col: number): boolean {
  return row >= top && row < top + rows && col >= left && col < left + cols;
}

/** B7 for row 6 and column 1. */
export function address(row: number, col: number): string {
  let letters = "";
  for (let at = col + 1; at > 0; at = Math.floor((at - 1) / 26)) letters = String.fromCharCode(65 + ((at - 1) % 26)) + letters;
  return letters + (row + 1);
}

/** The place that an address names, such as B7 or $B$7:$C$8; null for anything else. */
export function place(text: string): At | null {
  const found = /^\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?$/.exec(text);
  if (!found) return null;
  const column = (letters: string): number => [...letters].reduce((sum, one) => sum * 26 + one.charCodeAt(0) - 64, 0) - 1;
  const row = Number(found[2]) - 1, col = column(found[1]!);
  const rows = found[4] ? Number(found[4]) - row : 1, cols = found[3] ? column(found[3]) - col + 1 : 1;
  return row >= 0 && rows > 0 && cols > 0 ? [row, col, rows, cols] : null;
}
