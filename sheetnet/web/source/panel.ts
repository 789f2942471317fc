// The panel of a cell: what it is, its formula, in words and in torch, and what torch says of it. Text only.
import type { Block, Said, Sheet, Value } from "./content";
import { shown } from "./format";
import { slider } from "./slider";
import { address, within, type Store } from "./store";
import { say } from "./words";

export interface Host {
  edit(sheet: number, row: number, col: number, text: string, again?: boolean): string | null; // again: of the same move
  typed(sheet: number, row: number, col: number): string;
  closed(): void;
}

export class Panel {
  readonly box = document.createElement("aside");
  private at: [sheet: number, row: number, col: number] | undefined;
  private refresh: (() => void)[] = [];

  constructor(private readonly store: Store, private readonly host: Host) {
    this.box.className = "panel";
    this.box.hidden = true;
    this.box.setAttribute("aria-label", say("What this cell does"));
  }

  /** Tell of a cell; whether there is anything to tell. */
  show(sheet: number, row: number, col: number): boolean {
    if (!this.box.hidden && this.at?.join() === [sheet, row, col].join()) return true;
    const one = this.store.workbook.sheets[sheet]!;
    const block = blockOf(one, row, col), formula = formulaOf(one, row, col);
    const rule = one.rules.find((each) => within(each.at, row, col));
    if (!block && !formula && !rule) return false;
    this.at = [sheet, row, col];
    this.refresh = [];
    this.box.replaceChildren(this.head(row, col, block?.title || block?.name || one.name));
    if (block) this.add("p", "shape", this.shape(block, row, col));
    if (rule && !(rule.data && typeof this.store.get(sheet, row, col) !== "number")) {
      const made = slider(this.store, sheet, row, col, rule, this.host);
      if (made) this.box.append(made.box), this.refresh.push(made.update);
      this.add("p", "", rule.message);
    }
    if (formula) this.part(say("Formula"), "code", formula);
    const [, , , , words, torch] = block?.says?.find(([r, c, rows, cols]) => within([r, c, rows, cols], row, col)) ?? [];
    if (words) this.part(say("In words"), "p", ...this.said(words).split("\n"));
    if (block && torch) this.torch(block, this.said(torch), row);
    if (block?.told) this.told(block, row, col);
    this.box.hidden = false;
    this.box.scrollTo(0, 0);
    return true;
  }

  /** Tell the numbers anew. */
  update(): void {
    if (!this.box.hidden) for (const each of this.refresh) each();
  }

  close(): void {
    if (this.box.hidden) return;
    this.box.hidden = true;
    this.at = undefined;
    this.host.closed();
  }

  private head(row: number, col: number, title: string): HTMLElement {
    const head = document.createElement("header"), words = document.createElement("h2"), close = document.createElement("button");
    words.textContent = `${address(row, col)}  ${title}`;
    close.textContent = "×";
    close.className = "close";
    close.setAttribute("aria-label", say("Close"));
    close.addEventListener("click", () => this.close());
    head.append(words, close);
    return head;
  }

  private shape({ at, name }: Block, row: number, col: number): string {
    const [top, left, rows, cols] = at;
    if (rows * cols === 1) return say("{name}: one number (1 × 1)", { name });
    return say("{name} is {rows} × {cols}: rows × columns. This is row {row}, column {col}.", { name, rows, cols, row: row - top + 1, col: col - left + 1 });
  }

  private said([text, ...of]: Said): string {
    const { said } = this.store.workbook;
    return said.texts[text]!.replace(/\{(\d+)\}/g, (place, at: string) => said.of[of[Number(at)] ?? -1] ?? place);
  }

  private torch(block: Block, lines: string, row: number): void {
    this.part(say("In torch"), "code", lines);
    if (/\[i\b/.test(lines)) this.add("p", "note", say("Here i is {i}: torch counts rows from 0.", { i: row - block.at[0] }));
  }

  private told({ at, told }: Block, row: number, col: number): void {
    const { sheet, at: [top, left], verdict } = told!, number = this.store.sheet(sheet);
    const line = this.part(say("What torch says"), "p", "")[0]!;
    this.refresh.push(() => {
      const value = this.store.get(number, top + row - at[0], left + col - at[1]);
      const words = this.store.get(number, verdict[0], verdict[1]);
      line.textContent = `${plain(value)}: ${plain(words)}`;
    });
    this.refresh.at(-1)!();
  }

  private part(title: string, tag: "p" | "code", ...lines: string[]): HTMLElement[] {
    this.add("h3", "", title);
    return lines.map((line) => this.add(tag, "", line));
  }

  private add(tag: keyof HTMLElementTagNameMap, name: string, text: string): HTMLElement {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    this.box.append(made);
    return made;
  }
}

function plain(value: Value): string {
  return shown(value, "0.0#########");
}

export function blockOf(sheet: Sheet, row: number, col: number): Block | undefined {
  return sheet.blocks.find((block) => within(block.at, row, col));
}

/** The formula of a cell as Excel has it, in {braces} where it fills several cells or is entered as an array. */
export function formulaOf(sheet: Sheet, row: number, col: number): string | undefined {
  const found = sheet.formulas.find(([r, c, , rows = 1, cols = 1]) => within([r, c, rows, cols], row, col));
  if (!found) return undefined;
  const text = formulasOf(sheet).get(`${found[0]}/${found[1]}`)!;
  return found[3] === undefined ? text : `{${text}}`;
}

/** The formulas of a sheet as Excel has them, by row/column. */
export function formulasOf(sheet: Sheet): Map<string, string> {
  const out = new Map(sheet.formulas.map(([r, c, text]) => [`${r}/${c}`, text]));
  for (const [text, ...cells] of sheet.written) for (const [r, c] of cells) out.set(`${r}/${c}`, text);
  return out;
}
