// Keys in a sheet, as a spreadsheet has them: one cell at a time is reached by Tab, arrows go on from there.
import type { Rule } from "./content";
import { address, place, type Store } from "./store";
import { say } from "./words";

export interface Sheets { store: Store; view: HTMLElement; sheet(): number; reveal(where: string): void; open(cell: HTMLElement): void }
type Cell = [row: number, col: number];

const WAYS: Record<string, Cell> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function keys(sheets: Sheets): void {
  sheets.view.addEventListener("keydown", (event) => {
    const box = cellOf(event.target);
    if (!box || event.altKey || (event.metaKey && !event.key.startsWith("Arrow"))) return;
    if (event.key === "Enter" && !(box instanceof HTMLInputElement) && !(box instanceof HTMLAnchorElement)) sheets.open(box);
    else if (typing(box, event.key)) return;
    else {
      const next = target(sheets, at(box), event.key, event.ctrlKey);
      if (!next || !go(sheets, next)) return;
    }
    event.preventDefault();
  });
}

/** The cell that an event is about. */
export function cellOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".cell[data-at]") : null;
}

export function at(box: HTMLElement): Cell {
  const [row, col] = place(box.dataset.at!)!;
  return [row, col];
}

/** Whether a key moves the caret within a cell that is being typed into. */
function typing(box: HTMLElement, key: string): boolean {
  if (!(box instanceof HTMLInputElement) || key === "ArrowUp" || key === "ArrowDown") return false;
  return !(box.selectionStart === 0 && box.selectionEnd === box.value.length);
}

/** The place that a key leads to: the next cell that way which holds anything. */
function target(sheets: Sheets, [row, col]: Cell, key: string, far: boolean): Cell | undefined {
  const { rows } = sheets.store.workbook.sheets[sheets.sheet()]!;
  const held = (r: number, cells: [col: number, ...rest: unknown[]][]): number[] => cells.map(([c]) => c).filter((c) => reach(sheets, r, c));
  const here = held(row, rows.find(([r]) => r === row)?.[1] ?? []);
  if (key === "Home" || key === "End") {
    const end = key === "Home" ? 0 : -1, line = far ? rows.at(end) : undefined;
    const found = (line ? held(...line) : here).at(end);
    return found === undefined ? undefined : [line?.[0] ?? row, found];
  }
  const way = WAYS[key];
  if (!way) return undefined;
  if (way[1]) {
    const cols = here.filter((c) => (c - col) * way[1] > 0);
    const c = cols.at((way[1] > 0) !== far ? 0 : -1);
    return c === undefined ? undefined : [row, c];
  }
  const found = rows.filter(([r, cells]) => (r - row) * way[0] > 0 && cells.some(([c]) => c === col) && reach(sheets, r, col));
  const line = found.at((way[0] > 0) !== far ? 0 : -1);
  return line && [line[0], col];
}

function reach(sheets: Sheets, row: number, col: number): boolean {
  return !sheets.store.workbook.sheets[sheets.sheet()]!.merged.some(([r, c, rows, cols]) => row >= r && row < r + rows && col >= c && col < c + cols && (row !== r || col !== c));
}

/** Bring a cell into sight and to the keyboard. */
function go(sheets: Sheets, [row, col]: Cell): boolean {
  const find = (): HTMLElement | null => sheets.view.querySelector(`.cell[data-at="${address(row, col)}"]`);
  if (!find()) sheets.reveal(address(row, col)); // of rows that are drawn only when they are in sight
  const box = find();
  if (!box) return false;
  box.focus({ preventScroll: true });
  box.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

/** The cell with the focus is the one that Tab comes back to, and says what it is. */
export function rove(view: HTMLElement, box: HTMLElement, title: string, rule: Rule | undefined): void {
  const cell = box.dataset.at!, yellow = box instanceof HTMLInputElement;
  const may = say(rule?.data ? "data, may be changed" : "may be changed");
  box.setAttribute("aria-label", [cell, title, ...(yellow ? [may, rule?.message] : [box.textContent])].filter(Boolean).join(", "));
  for (const old of view.querySelectorAll<HTMLElement>("div.cell[tabindex='0']")) if (old !== box) old.tabIndex = -1;
  if (box instanceof HTMLDivElement) box.tabIndex = 0;
}
