// A sheet, or a part of one, as a grid of our own: cells where the workbook has them, charts above them, text always as text.
import { draw } from "./chart";
import type { At, Chart, Look, Rule, Sheet } from "./content";
import { shown } from "./format";
import { lines } from "./freeze";
import { address, each, place, within, type Store } from "./store";

const QUESTION = 40; // letters
const LETTER = 7.4, INDENT = 14; // pixels, and rather more than less
const LONG = 300, CHUNK = 50, AROUND = 800; // of a sheet with more rows, those near to what is in sight are drawn

interface Cell { box: HTMLElement; words: HTMLElement; row: number; col: number; look: number; looks: Look[] }
interface Chunk { rows: Sheet["rows"]; mark: HTMLElement }
export interface Wishes {
  edit(row: number, col: number, text: string): string | null; // why it is refused, or null
  follow(target: string): void;
  typed(row: number, col: number): string; // what stands in a yellow cell, as one would type it
}

export class Grid {
  readonly box = document.createElement("div");
  private inset = 0;
  private readonly cells = new Map<string, Cell>();
  private readonly charts: { svg: SVGSVGElement; chart: Chart }[] = [];
  private readonly waiting = new Set<Chunk>(); // rows that are drawn when they come near, each where its mark is
  private near: IntersectionObserver | undefined;

  constructor(
    private readonly store: Store, private readonly index: number, private readonly wishes: Wishes,
    private readonly part: At | null = null, name = "",
  ) {
    const sheet = this.sheet;
    const [row, col, rows, cols] = part ?? [0, 0, sheet.tops.length - 1, sheet.lefts.length - 1];
    if (part) this.inset = this.before(part);
    const width = sheet.lefts[Math.min(col + cols, sheet.lefts.length - 1)]! - sheet.lefts[col]! + this.inset;
    const height = sheet.tops[Math.min(row + rows, sheet.tops.length - 1)]! - sheet.tops[row]!;
    this.box.className = `grid ${name}`;
    this.box.setAttribute("role", "grid");
    this.box.setAttribute("aria-label", sheet.name);
    this.box.setAttribute("aria-rowcount", String(sheet.tops.length - 1));
    this.box.setAttribute("aria-colcount", String(sheet.lefts.length - 1));
    Object.assign(this.box.style, { width: `${width}px`, height: `${height}px` });
    if (!part && sheet.grid) this.box.append(lines(sheet));
    this.build();
    if (part && name === "table" && this.asks(part)) this.box.classList.add("cards");
    if (!part) for (const chart of sheet.charts) this.chart(chart);
    this.update();
  }

  private get sheet(): Sheet {
    return this.store.workbook.sheets[this.index]!;
  }

  /** Whether a part holds questions, each with a cell to answer in: too wide for a narrow window. */
  private asks([firstRow, firstCol, rows, cols]: At): boolean {
    const { rows: lines, rules } = this.sheet;
    const asked = lines.filter(([row, cells]) => row >= firstRow && row < firstRow + rows
      && cells.some(([col, , value]) => within([row, firstCol, 1, cols], row, col) && typeof value === "string" && value.length > QUESTION));
    const answered = asked.filter(([row]) => rules.some(({ at, data }) => !data && row >= at[0] && row < at[0] + at[2] && at[1] >= firstCol && at[1] < firstCol + cols));
    return answered.length > 2;
  }

  private build(): void {
    const sheet = this.sheet;
    const merged = new Map(sheet.merged.map((at) => [`${at[0]}/${at[1]}`, at]));
    const links = new Map(sheet.links.map(([row, col, target]) => [`${row}/${col}`, target]));
    const filled = new Set<string>();
    for (const [row, cells] of sheet.rows) for (const [col, , value] of cells) if (value !== null) filled.add(`${row}/${col}`);
    for (const [row, col, , rows = 1, cols = 1] of sheet.formulas) each([row, col, rows, cols], (r, c) => filled.add(`${r}/${c}`));
    for (const { at } of sheet.rules) each(at, (r, c) => filled.add(`${r}/${c}`));
    const [firstRow, firstCol] = this.part ?? [0, 0];
    const rows = sheet.rows.filter(([row]) => !this.part || within([this.part[0], 0, this.part[2], Infinity], row, 0));
    this.drawn = ([row, cells]) => {
      const line = document.createElement("div");
      line.className = "row";
      line.setAttribute("role", "row");
      line.setAttribute("aria-rowindex", String(row + 1));
      for (const [col, look, came] of cells) {
        if (this.part && !within(this.part, row, col)) continue;
        const at = `${row}/${col}`, span = merged.get(at);
        const left = sheet.lefts[col]!, top = sheet.tops[row]!;
        const width = sheet.lefts[col + (span?.[3] ?? 1)]! - left, height = sheet.tops[row + (span?.[2] ?? 1)]! - top;
        if (!(width > 0) || sheet.merged.some((one) => one !== span && within(one, row, col))) continue;
        const rule = sheet.rules.find((one) => within(one.at, row, col) && (!one.data || typeof came === "number"));
        const box = this.cell(row, col, links.get(at), rule);
        box.classList.add("cell");
        box.dataset.at = address(row, col);
        if (!this.part && row < sheet.freeze[0]) box.classList.add("heldrow");
        if (!this.part && col < sheet.freeze[1]) box.classList.add("heldcol");
        box.setAttribute("aria-colindex", String(col + 1));
        if (look >= 0) box.classList.add(`s${look}`);
        box.style.cssText += `left:${left - sheet.lefts[firstCol]! + this.inset}px;top:${top - sheet.tops[firstRow]!}px;width:${width}px;height:${height}px`;
        line.append(box);
        const words = box instanceof HTMLInputElement ? box : box.appendChild(document.createElement("span"));
        const runs = span ? 0 : look < 0 ? 1 : this.store.workbook.runs[look]!;
        if (words !== box && runs) words.style.maxWidth = `${this.room(row, col, runs, filled)}px`;
        const looks = sheet.looks.filter((one) => within(one.at, row, col));
        this.cells.set(at, { box, words, row, col, look, looks });
      }
      return line;
    };
    const first = rows.length > LONG ? CHUNK : rows.length;
    for (const row of rows.slice(0, first)) this.box.append(this.drawn(row));
    for (let from = first; from < rows.length; from += CHUNK) this.later(rows.slice(from, from + CHUNK), sheet.tops[firstRow]!);
  }

  private drawn: (row: Sheet["rows"][number]) => HTMLElement = () => document.createElement("div");

  /** Draw rows when they come near. */
  private later(rows: Sheet["rows"], begin: number): void {
    const { tops } = this.sheet, top = tops[rows[0]![0]]! - begin, end = tops[rows.at(-1)![0] + 1]! - begin;
    const mark = document.createElement("div"), chunk = { rows, mark };
    mark.className = "mark";
    Object.assign(mark.style, { top: `${top - AROUND}px`, height: `${end - top + 2 * AROUND}px` });
    this.box.append(mark);
    this.waiting.add(chunk);
    this.near ??= new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) for (const chunk of this.waiting) if (chunk.mark === one.target) this.arrive(chunk);
    });
    this.near.observe(mark);
  }

  /** Draw rows now. */
  private arrive(chunk: Chunk): void {
    this.waiting.delete(chunk);
    this.near?.unobserve(chunk.mark);
    chunk.mark.replaceWith(...chunk.rows.map((row) => this.drawn(row)));
    for (const [row, cells] of chunk.rows) for (const [col] of cells) this.show(row, col);
    this.stand();
  }

  /** How far words of a part's first column run on to the left of it. */
  private before([row, col, rows]: At): number {
    const width = this.sheet.lefts[col + 1]! - this.sheet.lefts[col]!;
    const found = this.sheet.rows.filter(([r]) => r >= row && r < row + rows).map(([, cells]) => cells.find(([c]) => c === col));
    const longest = found.map((cell) => (cell && typeof cell[2] === "string" && this.store.workbook.runs[cell[1]] === -1 ? cell[2].length : 0));
    return Math.max(0, ...longest.map((letters) => letters * LETTER + INDENT - width));
  }

  /** How far words may run on over empty cells. */
  private room(row: number, col: number, runs: number, filled: Set<string>): number {
    const { lefts } = this.sheet;
    let from = col, to = col + 1;
    if (runs < 0) while (from > 0 && !filled.has(`${row}/${from - 1}`)) from--;
    else while (to < lefts.length - 1 && !filled.has(`${row}/${to}`)) to++;
    return lefts[to]! - lefts[from]! - 6;
  }

  private cell(row: number, col: number, target: string | undefined, rule: Rule | undefined): HTMLElement {
    if (rule) return this.yellow(row, col, rule);
    const box = document.createElement(target ? "a" : "div");
    box.setAttribute("role", "gridcell");
    if (!target) box.tabIndex = -1; // arrows lead there
    if (target) {
      (box as HTMLAnchorElement).href = `#${encodeURIComponent(target.split("!")[0]!.replace(/^'|'$/g, ""))}`;
      box.addEventListener("click", (event) => {
        event.preventDefault();
        this.wishes.follow(target);
      });
    }
    return box;
  }

  private yellow(row: number, col: number, rule: Rule): HTMLElement {
    const box = document.createElement("input");
    box.title = rule.message;
    box.autocomplete = "off";
    box.spellcheck = false;
    box.classList.toggle("data", rule.data);
    if (rule.whole) box.inputMode = "numeric";
    const done = (): void => {
      if (box.value === box.dataset.was) return this.show(row, col);
      const refused = this.wishes.edit(row, col, box.value);
      box.setCustomValidity(refused ?? "");
      if (refused) box.reportValidity();
      else this.show(row, col);
    };
    box.addEventListener("focus", () => {
      box.value = box.dataset.was = this.wishes.typed(row, col);
      box.select();
    });
    box.addEventListener("blur", done);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") (box.value = box.dataset.was ?? ""), box.setCustomValidity(""), box.blur();
      if (event.key === "Enter") done(), this.beside(box, event.shiftKey ? -1 : 1)?.focus();
    });
    box.addEventListener("input", () => box.setCustomValidity(""));
    return box;
  }

  private beside(box: HTMLElement, step: number): HTMLElement | undefined {
    const all = [...this.box.querySelectorAll("input")];
    return all[all.indexOf(box as HTMLInputElement) + step];
  }

  private chart(chart: Chart): void {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.classList.add("chart");
    Object.assign(svg.style, {
      left: `${this.sheet.lefts[chart.col]}px`, top: `${this.sheet.tops[chart.row]}px`,
      width: `${chart.width}px`, height: `${chart.height}px`,
    });
    this.box.append(svg);
    this.charts.push({ svg, chart });
  }

  /** Show all values as they are now. */
  update(): void {
    for (const { row, col } of this.cells.values()) this.show(row, col);
    this.stand();
    for (const { svg, chart } of this.charts) draw(svg, chart, this.store);
  }

  private show(row: number, col: number): void {
    const cell = this.cells.get(`${row}/${col}`);
    if (!cell) return;
    const value = this.store.get(this.index, row, col);
    let format = cell.look >= 0 ? this.store.workbook.formats[cell.look]! : "General";
    const { box, words } = cell;
    let color = "", background = "";
    for (const look of cell.looks) {
      if (look.verdicts) [color, background] = look.verdicts[String(value)] ?? ["", ""];
      if (typeof value !== "number") continue;
      if (look.beyond !== undefined && Math.abs(value) > look.beyond) format = look.format!;
      if (look.faint !== undefined && Math.abs(value) <= look.faint) format = look.format!;
      if (look.scale) background = between(look.scale, value / look.full!);
    }
    if (cell.looks.length) {
      Object.assign(box.style, { color, background });
      box.classList.toggle("tinted", background !== "");
    }
    const text = shown(value, format);
    if (box instanceof HTMLInputElement) {
      if (document.activeElement !== box) box.value = text;
    } else if (words.textContent !== text) words.textContent = text;
    box.classList.toggle("number", typeof value === "number");
    box.classList.toggle("error", typeof value === "string" && /^#[A-Z/0]+[!?]?$/.test(value));
  }

  /** The rows and columns that are chosen stand out, one or as many as a window has; what is beyond what is in use shows nothing. */
  private stand(): void {
    const sheet = this.sheet;
    for (const { at, look, row, col, size } of sheet.chosen) {
      const chosen = (first: number | null, i: number): boolean => first === null || (i >= first && i < first + size);
      const r = row && at[0] + this.store.number(row) - 1, c = col && at[1] + this.store.number(col) - 1;
      each(at, (i, j) => this.cells.get(`${i}/${j}`)?.box.classList.toggle(look, chosen(r, i) && chosen(c, j)));
    }
    for (const { at, most } of sheet.unused) {
      const bound = this.store.number(most);
      each(at, (i, j) => this.cells.get(`${i}/${j}`)?.box.classList.toggle("unused", Number(this.store.get(this.index, i, at[1])) > bound));
    }
  }

  /** Bring a cell into sight, such as B7 or $B$7:$C$8. */
  reveal(where: string): void {
    const at = place(where);
    for (const chunk of this.waiting) if (at && chunk.rows.some(([row]) => row === at[0])) this.arrive(chunk);
    const cell = at && this.cells.get(`${at[0]}/${at[1]}`);
    if (!cell || (at[0] === 0 && at[1] === 0)) return; // the beginning is in sight
    cell.box.scrollIntoView({ block: "center", inline: "center" });
    if (cell.box instanceof HTMLInputElement) cell.box.focus();
    cell.box.classList.add("reached");
    setTimeout(() => cell.box.classList.remove("reached"), 2000);
  }
}

/** The colour of a share from -1 to 1: the middle one is that of 0, and what is beyond has that of the end. */
function between([below, middle, above]: [string, string, string], share: number): string {
  return `color-mix(in srgb, ${share < 0 ? below : above} ${100 * Math.min(1, Math.abs(share))}%, ${middle})`;
}
