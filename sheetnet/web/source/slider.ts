// A slider on a yellow cell that holds a number; while one edit is calculated, those that come meanwhile are let go but the last.
import type { Rule } from "./content";
import type { Host } from "./panel";
import { address, type Store } from "./store";
import { local, say } from "./words";

const BEYOND = 1e6; // a bound farther away is none for people
const STEPS = 100;

export function slider(store: Store, sheet: number, row: number, col: number, rule: Rule, host: Host): { box: HTMLElement; update: () => void } | null {
  const value = store.get(sheet, row, col);
  if (typeof value !== "number" || host.typed(sheet, row, col).startsWith("=")) return null;
  const [low, high] = range(value, rule);
  const box = document.createElement("label"), made = document.createElement("input"), words = document.createElement("output");
  box.className = "slider";
  made.type = "range";
  Object.assign(made, { min: String(low), max: String(high), step: rule.whole ? "1" : "any" });
  const step = rule.whole ? 1 : unit((high - low) / STEPS);
  made.setAttribute("aria-label", say("Slider of {cell}", { cell: address(row, col) }));
  const update = (): void => {
    const now = store.get(sheet, row, col);
    if (typeof now !== "number") return;
    words.textContent = local(String(Number(now.toPrecision(6))));
    if (document.activeElement !== made) made.value = String(now);
  };
  let moves = false; // one drag is one step back in the browser
  made.addEventListener("change", () => (moves = false));
  made.addEventListener("input", () => {
    const text = String(Number((Math.round(Number(made.value) / step) * step).toPrecision(10)));
    if (text !== host.typed(sheet, row, col)) host.edit(sheet, row, col, text, moves);
    moves = true;
    words.textContent = local(text);
  });
  box.append(made, words);
  update();
  return { box, update };
}

/** The ends: those of the rule, or around the value where it has none. */
function range(value: number, rule: Rule): [low: number, high: number] {
  const size = Math.abs(value) || 1;
  const low = Math.abs(rule.low) < BEYOND ? rule.low : Math.min(value - 2 * size, -size);
  const high = Math.abs(rule.high) < BEYOND ? rule.high : rule.low >= 0 && Math.abs(rule.low) < BEYOND ? Math.max(4 * size, rule.low + 1) : value + 2 * size;
  return [Math.min(low, value), Math.max(high, value)];
}

function unit(rough: number): number {
  return 10 ** Math.floor(Math.log10(rough));
}
