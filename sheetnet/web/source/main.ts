// The page: what the file says is shown at once; the engine answers as soon as it is awake.
import type { Asked, Edit, Told, Value, Workbook } from "./content";
import { download } from "./download";
import { keep } from "./freeze";
import { Grid, type Wishes } from "./grid";
import { at, cellOf, keys, rove } from "./keys";
import { blockOf, Panel } from "./panel";
import { Player } from "./player";
import { Reading } from "./reading";
import { read, written, type State } from "./state";
import { Store, within } from "./store";
import { judged, meant } from "./typing";
import { unpacked } from "./unpacked";
import { local, say, speak } from "./words";
import worker from "worker-text";

const workbook: Workbook = JSON.parse(document.getElementById("workbook")!.textContent!);
speak(workbook.words, workbook.mark);
const store = new Store(workbook);
const delivered = new Map<string, Value>();
for (const [sheet, one] of workbook.sheets.entries())
  for (const rule of one.rules)
    for (let r = rule.at[0]; r < rule.at[0] + rule.at[2]; r++)
      for (let c = rule.at[1]; c < rule.at[1] + rule.at[3]; c++) delivered.set(`${sheet}/${r}/${c}`, store.get(sheet, r, c));
const formulas = new Map<string, string>();
workbook.sheets.forEach((one, sheet) => one.formulas.forEach(([r, c, text]) => formulas.set(`${sheet}/${r}/${c}`, text)));

const page = document.getElementById("page")!;
const tabs = element("nav", "tabs"), view = element("div", "view"), line = element("p", "status");
const middle = element("div", "middle"), reset = element("button", "reset");
const host = { edit, typed, closed: () => (last?.classList.remove("asked"), last?.focus()) };
const panel = new Panel(store, host), player = new Player(store, host, () => update(), () => busy);
let loose = (): void => {}; // what stays in sight of the sheet before goes
let last: HTMLElement | undefined; // the cell that was reached last
let state: State = { sheet: 0, typed: new Map() };
const narrow = matchMedia("(max-width: 700px)");
const way = element("button", "way");
let reads = narrow.matches; // parts below each other, or the whole grid
let grid: Grid | Reading | undefined;
let ask: ((asked: Asked) => void) | undefined;
let busy = true; // something is being calculated, or the engine is not awake yet

function element<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function frame(): void {
  tabs.setAttribute("aria-label", say("Sheets"));
  workbook.sheets.forEach((sheet, at) => {
    const tab = element("button", "tab", sheet.name);
    tab.addEventListener("click", () => go({ ...state, sheet: at }));
    tabs.append(tab);
  });
  reset.textContent = say("Reset");
  reset.title = say("All yellow cells as they came");
  reset.addEventListener("click", () => {
    const failed = document.documentElement.dataset.state === "failed"; // what was typed was too much for the engine
    go({ sheet: state.sheet, typed: new Map() });
    if (failed) location.reload();
  });
  line.setAttribute("role", "status");
  const foot = element("footer", "foot");
  way.title = say("Words, cells and charts below each other, or as they stand on the sheet");
  const turn = (to: boolean): void => {
    reads = to;
    open(state.sheet);
  };
  way.addEventListener("click", () => turn(!reads));
  narrow.addEventListener("change", () => turn(narrow.matches));
  const save = element("button", "save", say("Download .xlsx"));
  save.hidden = !document.getElementById("delivered");
  save.addEventListener("click", () => void download(store, told()).catch((reason: unknown) => status("failed", say("No file can be made here: {why}", { why: String(reason) }))));
  foot.append(player.box, line, save, way, reset);
  middle.append(view, panel.box);
  page.append(tabs, middle, foot);
  keys({ store, view, sheet: () => state.sheet, reveal: (where) => grid?.reveal(where), open: tell });
  view.addEventListener("click", (event) => {
    const cell = cellOf(event.target);
    if (cell && !(cell instanceof HTMLAnchorElement)) tell(cell);
  });
  view.addEventListener("focusin", (event) => {
    const cell = cellOf(event.target);
    if (!cell) return;
    last = cell;
    const one = workbook.sheets[state.sheet]!, [row, col] = at(cell);
    rove(view, cell, blockOf(one, row, col)?.title ?? "", one.rules.find((rule) => within(rule.at, row, col)));
    if (!panel.box.hidden) tell(cell);
  });
  page.addEventListener("keydown", (event) => {
    const free = event.target instanceof Element && !event.target.closest("input, button, a");
    if (event.key === " " && free) player.toggle(), event.preventDefault();
    if (event.key === "Escape" && !panel.box.hidden) panel.close();
  });
}

/** The panel tells of a cell, which stays in sight. */
function tell(cell: HTMLElement): void {
  if (!panel.show(state.sheet, ...at(cell))) return;
  last?.classList.remove("asked");
  last = cell;
  cell.classList.add("asked");
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function open(sheet: number, where = ""): void {
  const wishes: Wishes = { edit: (row, col, text) => edit(sheet, row, col, text), follow, typed: (row, col) => typed(sheet, row, col) };
  grid = reads && workbook.sheets[sheet]!.parts.length ? new Reading(store, sheet, wishes) : new Grid(store, sheet, wishes);
  way.textContent = reads ? say("Whole grid") : say("Read");
  view.replaceChildren(grid.box);
  loose();
  if (grid instanceof Grid) loose = keep(grid.box, workbook.sheets[sheet]!, view);
  view.querySelector<HTMLElement>("div.cell")?.setAttribute("tabindex", "0");
  panel.close();
  player.open(sheet);
  player.update(view);
  view.scrollTo(0, 0);
  [...tabs.children].forEach((tab, at) => tab.setAttribute("aria-current", String(at === sheet)));
  tabs.children[sheet]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (where) grid.reveal(where);
}

function follow(target: string): void {
  const at = target.lastIndexOf("!"), name = target.slice(0, at).replace(/^'|'$/g, "").replace(/''/g, "'");
  const sheet = store.sheet(name);
  if (sheet < 0) return;
  go({ ...state, sheet });
  grid?.reveal(target.slice(at + 1));
}

/** What stands in a yellow cell, as one would type it. */
function typed(sheet: number, row: number, col: number): string {
  const key = `${sheet}/${row}/${col}`, own = state.typed.get(key);
  if (own !== undefined) return own;
  const value = delivered.get(key);
  return formulas.get(key) ?? (value === null || value === undefined ? "" : typeof value === "number" ? local(String(value)) : String(value));
}

/** What was typed, as the engine was told. */
function told(): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, text] of state.typed) {
    const [sheet, row, col] = key.split("/").map(Number) as [number, number, number];
    const rule = workbook.sheets[sheet]!.rules.find((one) => within(one.at, row, col)), found = rule && judged(text, rule);
    if (found && "text" in found) out.set(key, found.text);
  }
  return out;
}

function edit(sheet: number, row: number, col: number, text: string, again = false): string | null {
  const rule = workbook.sheets[sheet]!.rules.find((one) => within(one.at, row, col));
  if (!rule) return "";
  const found = judged(text, rule);
  if ("refused" in found) return found.refused;
  const next = new Map(state.typed);
  next.set(`${sheet}/${row}/${col}`, text.trim());
  go({ sheet: state.sheet, typed: next }, again);
  return null;
}

/** The address says where we are and what is typed: what changes it changes the page, and back takes it back. */
function go(next: State, again = false): void {
  const hash = written(next, store);
  if (again) history.replaceState(null, "", hash);
  else if (hash !== location.hash) location.hash = hash;
  apply(next);
}

function apply(next: State): void {
  const edits: Edit[] = [];
  for (const key of new Set([...state.typed.keys(), ...next.typed.keys()])) {
    const [sheet, row, col] = key.split("/").map(Number) as [number, number, number];
    const was = state.typed.get(key), now = next.typed.get(key);
    if (was === now) continue;
    const rule = workbook.sheets[sheet]?.rules.find((one) => within(one.at, row, col));
    const found = rule && judged(now ?? original(key), rule);
    if (!rule) next.typed.delete(key);
    else if (now === undefined) edits.push([sheet, row, col, original(key)]);
    else if (found && "text" in found) edits.push([sheet, row, col, found.text]);
    else next.typed.delete(key); // what nobody could have typed, from an address
  }
  const moved = next.sheet !== state.sheet || !grid;
  state = next;
  reset.disabled = !state.typed.size;
  for (const [sheet, row, col, text] of edits) store.put([sheet, row, col, meant(text)]);
  if (moved) open(state.sheet);
  if (edits.length) send(edits);
}

/** What the workbook came with, as the engine is told. */
function original(key: string): string {
  const value = delivered.get(key) ?? null;
  return formulas.get(key) ?? (value === null ? "" : typeof value === "string" ? `'${value}` : String(value));
}

const waiting = new Map<string, Edit>(); // while something is calculated, of each cell what was typed last

function send(edits: Edit[]): void {
  for (const edit of edits) waiting.set(edit.slice(0, 3).join("/"), edit);
  if (busy || !ask) return;
  busy = true;
  status("calculating");
  ask({ kind: "edit", edits: [...waiting.values()] });
  waiting.clear();
}

function status(now: "ready" | "calculating" | "waking" | "failed", words = now === "ready" ? "" : say(now)): void {
  line.textContent = words;
  document.documentElement.dataset.state = now;
}

function gaveUp(why: string): void {
  status("failed", say("The engine gave up: {why}. Reload the page.", { why }));
}

function hear(told: Told): void {
  if (told.kind === "failed") return gaveUp(told.words);
  told.changes.forEach((change) => store.put(change));
  document.documentElement.dataset.ms = told.ms.toFixed(0);
  if (!told.confirms) {
    busy = false;
    if (waiting.size) send([]);
    else status("ready");
  }
  update();
}

function update(): void {
  grid?.update();
  panel.update();
  player.update(view);
}

async function wake(): Promise<void> {
  status("waking");
  const engine = await unpacked("engine");
  const made = new Worker(URL.createObjectURL(new Blob([worker], { type: "text/javascript" })));
  made.onmessage = (event: MessageEvent<Told>) => hear(event.data);
  made.onerror = (event) => gaveUp(event.message);
  ask = (asked) => made.postMessage(asked);
  ask({ kind: "load", engine, workbook });
}

frame();
apply(read(location.hash, store));
addEventListener("hashchange", () => {
  if (location.hash !== written(state, store)) apply(read(location.hash, store));
});
// For tests: the value of a cell with all its digits.
Object.assign(window, { valueAt: (sheet: string, row: number, col: number): Value => store.get(store.sheet(sheet), row, col) });
requestAnimationFrame(() => setTimeout(() => void wake().catch((reason: unknown) => status("failed", say("The engine cannot start here: {why}", { why: String(reason) })))));
