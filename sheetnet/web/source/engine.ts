// The worker: IronCalc, filled cell by cell in text, so that no format of a file has to match.
import { initSync, Model } from "@ironcalc/wasm";
import type { Asked, Change, Edit, Told, Value, Workbook } from "./content";

const ALL_DIGITS = "0.00000000000000E+000"; // how a cell gives up 15 digits of its value; people see another format
// In one pass INDEX(range, row, 0) reads cells further on as they were before it: another pass reads them as they are.
const MOST_PASSES = 9, IDLE = 300; // and how many ms after an answer it is confirmed
const TEXT = 2, LOGICAL = 4, NUMBER = 1;

export class Engine {
  private readonly model = new Model("page", "en", "UTC", "en");
  private readonly formulas = new Map<string, [sheet: number, row: number, col: number]>();
  private readonly known = new Map<string, Value>();
  private passes = 1;

  constructor(workbook: Workbook) {
    const model = this.model;
    model.pauseEvaluation();
    workbook.sheets.forEach((sheet, at) => {
      if (at) model.newSheet();
      model.renameSheet(at, sheet.name);
    });
    workbook.sheets.forEach((sheet, at) => {
      for (const [row, cells] of sheet.rows)
        for (const [col, , value] of cells)
          if (value !== null) {
            this.known.set(key(at, row, col), value);
          }
      for (const [row, col, , rows = 1, cols = 1] of sheet.formulas)
        for (let r = row; r < row + rows; r++)
          for (let c = col; c < col + cols; c++) this.formulas.set(key(at, r, c), [at, r, c]);
      this.format(at, sheet.tops.length, sheet.lefts.length);
      for (const [row, cells] of sheet.rows)
        for (const [col, , value] of cells)
          if (value !== null && !this.formulas.has(key(at, row, col)))
            model.setUserInput(at, row + 1, col + 1, typed(value));
    });
    for (const [name, sheet, meaning] of workbook.names) {
      const scope = workbook.sheets.findIndex((one) => one.name === sheet);
      model.newDefinedName(name, scope < 0 ? null : scope, meaning);
    }
    workbook.sheets.forEach((sheet, at) => {
      for (const [row, col, text, rows, cols] of sheet.formulas)
        if (rows === undefined || cols === undefined) model.setUserInput(at, row + 1, col + 1, text);
        else model.setUserArrayFormula(at, row + 1, col + 1, cols, rows, text);
    });
    model.resumeEvaluation();
  }

  /** Calculate until nothing changes any more: what is not as the file has it. */
  first(): Change[] {
    const last = new Map<string, Change>();
    for (this.passes = 0; this.passes < MOST_PASSES; this.passes++) {
      const found = this.again();
      for (const change of found) last.set(key(change[0], change[1], change[2]), change);
      if (!found.length) break;
    }
    this.passes = Math.max(1, this.passes);
    return [...last.values()];
  }

  /** Calculate as often as was needed before: what is not as it was. */
  next(): Change[] {
    for (let pass = 1; pass < this.passes; pass++) this.model.evaluate();
    return this.again();
  }

  /** Calculate once more: what is not as it was. Where something is, it takes a pass more from now on. */
  confirm(): Change[] {
    const found = this.again();
    if (found.length && this.passes < MOST_PASSES) this.passes++;
    return found;
  }

  /** Calculate once: what is not as it was, of all formula cells. */
  private again(): Change[] {
    this.model.evaluate();
    const out: Change[] = [];
    for (const [at, cell] of this.formulas) {
      const value = this.value(...cell);
      const was = this.known.get(at) ?? null;
      if (value !== was && !(value === "" && was === null)) {
        this.known.set(at, value);
        out.push([...cell, value]);
      }
    }
    return out;
  }

  /** Type into cells: a formula, a number, words that begin with ' or nothing. */
  edit(edits: Edit[]): void {
    this.model.pauseEvaluation();
    for (const [sheet, row, col, text] of edits) {
      if (text === "") this.model.rangeClearContents(sheet, row + 1, col + 1, row + 1, col + 1);
      else this.model.setUserInput(sheet, row + 1, col + 1, text);
      this.formulas.set(key(sheet, row, col), [sheet, row, col]); // read back from now on, since it may be one
    }
    this.model.resumeEvaluation();
  }

  private format(sheet: number, height: number, width: number): void {
    this.model.updateRangeStyle({ sheet, row: 1, column: 1, width, height }, "num_fmt", ALL_DIGITS);
  }

  private value(sheet: number, row: number, col: number): Value {
    const text = this.model.getFormattedCellValue(sheet, row + 1, col + 1);
    const kind = this.model.getCellType(sheet, row + 1, col + 1);
    if (kind === NUMBER) return text === "" ? null : Number(text);
    if (kind === LOGICAL) return text === "TRUE";
    return kind === TEXT || text ? text : null;
  }
}

function key(sheet: number, row: number, col: number): string {
  return `${sheet}/${row}/${col}`;
}

function typed(value: Value): string {
  if (typeof value === "string") return `'${value}`;
  return typeof value === "boolean" ? String(value).toUpperCase() : String(value);
}

/** Answer what the page asks; an answer is confirmed when nothing else is asked. */
export function serve(ask: (answer: (asked: Asked) => void) => void, tell: (told: Told) => void): void {
  let engine: Engine | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;

  function told(confirms: boolean, work: () => Change[]): number {
    const begin = performance.now();
    try {
      const changes = work();
      tell({ kind: "values", changes, ms: performance.now() - begin, confirms });
      return changes.length;
    } catch (reason) {
      tell({ kind: "failed", words: String(reason) });
      return 0;
    }
  }

  function confirm(): void {
    if (engine && told(true, () => engine!.confirm())) later = setTimeout(confirm, IDLE);
  }

  ask((asked) => {
    clearTimeout(later);
    if (asked.kind === "load") {
      told(false, () => {
        initSync({ module: asked.engine });
        engine = new Engine(asked.workbook);
        return engine.first();
      });
    } else {
      told(false, () => {
        engine?.edit(asked.edits);
        return engine?.next() ?? [];
      });
      later = setTimeout(confirm, IDLE);
    }
  });
}
