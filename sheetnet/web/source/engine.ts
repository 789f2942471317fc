// The worker: IronCalc, filled cell by cell in text, so that no format of a file has to match.
import { initSync, Model } from "@ironcalc/wasm";
import type { Asked, Change, Edit, Told, Value, Workbook } from "./content";
import { Reads, type Formula } from "./reads";
import { settled, shared } from "./sharing";
import { each } from "./store";
import { meant } from "./typing";

const ALL_DIGITS = "0.00000000000000E+000"; // how a cell gives up 15 digits of its value; people see another format
const IDLE = 300; // how many ms after an answer it is confirmed
const MOST_PASSES = 9, QUICK = 150, LONG = 1000; // a pass that takes fewer ms is confirmed at once; one of more ms not at all
const TEXT = 2, LOGICAL = 4, NUMBER = 1, LAST_ROW = 1048576;

/** IronCalc with the sheets and names of a workbook, and nothing in its cells. */
function bare(workbook: Workbook): Model {
  const model = new Model("page", "en", "UTC", "en");
  model.pauseEvaluation();
  workbook.sheets.forEach((sheet, at) => {
    if (at) model.newSheet();
    model.renameSheet(at, sheet.name);
  });
  for (const [name, sheet, meaning] of workbook.names) { // before the cells: later it takes fifty times as long
    const scope = workbook.sheets.findIndex((one) => one.name === sheet);
    model.newDefinedName(name, scope < 0 ? null : scope, meaning);
  }
  workbook.sheets.forEach((one, sheet) => // whole columns, which takes a hundredth of the time that their cells take
    model.updateRangeStyle({ sheet, row: 1, column: 1, width: one.lefts.length, height: LAST_ROW }, "num_fmt", ALL_DIGITS));
  return model;
}

/** What follows from some cells, in IronCalc: their formulas; all other cells as they are. */
class Part {
  private passes = 1;

  constructor(
    private readonly model: Model, readonly live: ReadonlySet<Formula>, values: ReadonlyMap<string, Value>, needed: Iterable<string>,
  ) {
    const filled = new Set<string>();
    for (const formula of live) each(formula.at, (row, col) => filled.add(key(formula.sheet, row, col)));
    for (const at of needed) {
      const value = values.get(at) ?? null;
      if (value === null || filled.has(at)) continue;
      const [sheet, row, col] = at.split("/").map(Number) as [number, number, number];
      model.setUserInput(sheet, row + 1, col + 1, typed(value));
    }
    for (const formula of live) this.put(formula);
    model.resumeEvaluation();
  }

  /** Type into a cell: a number, words that begin with ' or nothing. */
  type([sheet, row, col, text]: Edit): void {
    this.model.pauseEvaluation();
    if (text === "") this.model.rangeClearContents(sheet, row + 1, col + 1, row + 1, col + 1);
    else this.model.setUserInput(sheet, row + 1, col + 1, text);
    this.model.resumeEvaluation();
  }

  /** Calculate until nothing changes any more; where that takes long, once. */
  first(look: () => number): void {
    const begin = performance.now();
    for (this.passes = 0; this.passes < MOST_PASSES; this.passes++) {
      this.model.evaluate();
      if (!look() || performance.now() - begin > QUICK) break;
    }
    this.passes = Math.max(1, this.passes);
  }

  /** Calculate as often as was needed before. */
  next(): void {
    for (let pass = 0; pass < this.passes; pass++) this.model.evaluate();
  }

  /** Calculate once more; where something changes, it takes a pass more from now on. */
  confirm(look: () => number): void {
    this.model.evaluate();
    if (look() && this.passes < MOST_PASSES) this.passes++;
  }

  value(sheet: number, row: number, col: number): Value {
    const text = this.model.getFormattedCellValue(sheet, row + 1, col + 1);
    const kind = this.model.getCellType(sheet, row + 1, col + 1);
    if (kind === NUMBER) return text === "" ? null : Number(text);
    if (kind === LOGICAL) return text === "TRUE";
    return kind === TEXT || text ? text : null;
  }

  end(): void {
    this.model.free();
  }

  private put({ sheet, at: [row, col, rows, cols], text, array }: Formula): void {
    if (array) this.model.setUserArrayFormula(sheet, row + 1, col + 1, cols, rows, shared(settled(text)));
    else this.model.setUserInput(sheet, row + 1, col + 1, settled(text));
  }
}

export class Engine {
  private readonly known = new Map<string, Value>();
  private readonly formulas = new Map<string, Formula>(); // by the cell they stand in
  private readonly reads: Reads;
  private part: Part | undefined;
  private spare: Model | undefined; // made while nothing is asked
  private changes = new Map<string, Change>();

  constructor(private readonly workbook: Workbook) {
    this.reads = new Reads(workbook);
    workbook.sheets.forEach((one, sheet) => {
      for (const [row, cells] of one.rows) for (const [col, , value] of cells) if (value !== null) this.known.set(key(sheet, row, col), value);
      for (const [row, col, text, rows, cols] of one.formulas)
        this.add({ sheet, at: [row, col, rows ?? 1, cols ?? 1], text, array: rows !== undefined });
    });
  }

  /** What a workbook without the values of its formulas has in them; nothing to do for one that has them. */
  first(): Change[] {
    const lacks = [...this.formulas.values()].some(({ sheet, at }) => !this.known.has(key(sheet, at[0], at[1])));
    if (lacks) this.calculate(new Set(this.formulas.values()));
    return this.told();
  }

  /** Type into cells, and calculate what follows: what is not as it was. */
  edit(edits: Edit[]): Change[] {
    let anew = false;
    for (const [sheet, row, col, text] of edits) {
      const at = key(sheet, row, col), was = this.formulas.get(at);
      if (was) this.reads.take(was), this.formulas.delete(at);
      anew ||= text.startsWith("=") || was !== undefined;
      if (text.startsWith("=")) this.add({ sheet, at: [row, col, 1, 1], text, array: false });
      this.known.set(at, meant(text)); // as the page has it by now
    }
    const live = this.reads.following(edits.map(([sheet, row, col]) => [sheet, [row, col, 1, 1]]));
    for (const [sheet, row, col] of edits) {
      const own = this.formulas.get(key(sheet, row, col));
      if (own) live.add(own);
    }
    if (!anew && this.part && [...live].every((one) => this.part!.live.has(one))) {
      edits.forEach((one) => this.part!.type(one));
      this.part.next();
      this.look();
    } else this.calculate(live);
    return this.told();
  }

  /** Be ready for an edit that other formulas follow from. */
  prepare(): void {
    this.spare ??= bare(this.workbook);
  }

  /** Calculate once more: what is not as it was. */
  confirm(): Change[] {
    this.part?.confirm(() => this.look());
    return this.told();
  }

  private add(formula: Formula): void {
    this.formulas.set(key(formula.sheet, formula.at[0], formula.at[1]), formula);
    this.reads.add(formula);
  }

  private calculate(live: Set<Formula>): void {
    this.part?.end();
    this.part = undefined;
    let needed: Iterable<string> | null = new Set<string>();
    for (const formula of live) {
      const areas = this.reads.areas(formula);
      if (!areas || !needed) needed = null;
      else for (const [sheet, at] of areas) each(at, (row, col) => (needed as Set<string>).add(key(sheet, row, col)));
    }
    this.part = new Part(this.spare ?? bare(this.workbook), live, this.known, needed ?? this.known.keys());
    this.spare = undefined;
    this.part.first(() => this.look());
  }

  /** How many cells of the part are not as they were; they are noted. */
  private look(): number {
    let count = 0;
    for (const { sheet, at: area } of this.part!.live)
      each(area, (row, col) => {
        const at = key(sheet, row, col), value = this.part!.value(sheet, row, col), was = this.known.get(at) ?? null;
        if (same(value, was)) return;
        this.known.set(at, value);
        this.changes.set(at, [sheet, row, col, value]);
        count++;
      });
    return count;
  }

  private told(): Change[] {
    const out = [...this.changes.values()];
    this.changes.clear();
    return out;
  }
}

/** Whether a value is what was there, of which an engine tells 15 digits. */
function same(value: Value, was: Value): boolean {
  if (value === was || (value === "" && was === null)) return true;
  return typeof value === "number" && typeof was === "number" && Number(was.toPrecision(15)) === value;
}

function key(sheet: number, row: number, col: number): string {
  return `${sheet}/${row}/${col}`;
}

function typed(value: Value): string {
  if (typeof value === "string") return `'${value}`;
  return typeof value === "boolean" ? String(value).toUpperCase() : String(value);
}

/** Answer what the page asks; an answer that came soon is confirmed when nothing else is asked. */
export function serve(ask: (answer: (asked: Asked) => void) => void, tell: (told: Told) => void): void {
  let engine: Engine | undefined;
  let later: ReturnType<typeof setTimeout> | undefined, took = 0;

  function told(confirms: boolean, work: () => Change[]): number {
    const begin = performance.now();
    try {
      const changes = work();
      took = performance.now() - begin;
      tell({ kind: "values", changes, ms: took, confirms });
      return changes.length;
    } catch (reason) {
      tell({ kind: "failed", words: String(reason) });
      return 0;
    }
  }

  function confirm(): void {
    engine?.prepare();
    if (engine && took < LONG && told(true, () => engine!.confirm())) later = setTimeout(confirm, IDLE);
  }

  ask((asked) => {
    clearTimeout(later);
    if (asked.kind === "load") {
      told(false, () => {
        initSync({ module: asked.engine });
        engine = new Engine(asked.workbook);
        return engine.first();
      });
      later = setTimeout(() => engine?.prepare(), IDLE);
    } else {
      told(false, () => engine?.edit(asked.edits) ?? []);
      later = setTimeout(confirm, IDLE);
    }
  });
}
