// A chart of the workbook as SVG, drawn anew from the cells.
import type { Chart, Line, Place, Value } from "./content";
import { shown } from "./format";
import { place, type Store } from "./store";

const SVG = "http://www.w3.org/2000/svg";
const DASHES: Record<string, string> = {
  dash: "6 4", square_dot: "3 3", dash_dot: "7 3 2 3", long_dash: "10 4", long_dash_dot: "10 4 2 4",
  long_dash_dot_dot: "10 4 2 4 2 4", round_dot: "2 3",
};
const EDGE = { left: 62, right: 18, top: 36, bottom: 50 }, LINE = 18;

interface Axis { low: number; high: number; ticks: number[]; at: (value: number) => number }

function make(parent: Element, tag: string, attributes: Record<string, string | number>, text?: string): Element {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

/** Draw into an empty or a drawn svg. */
export function draw(svg: SVGSVGElement, chart: Chart, store: Store): void {
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${chart.width} ${chart.height}`);
  svg.setAttribute("role", "img");
  make(svg, "title", {}, `${chart.title}. ${chart.alt}`);
  make(svg, "rect", { x: 0, y: 0, width: chart.width, height: chart.height, fill: "#fff", stroke: "#d9d9d9" });
  make(svg, "text", { x: chart.width / 2, y: 22, "text-anchor": "middle", "font-size": 16 }, chart.title);
  const lines = chart.series.map((series) => ({ ...series, label: named(series.label, store) })).map((one) => ({
    one, look: store.workbook.lines[one.look]!, xs: store.area(one.x), ys: store.area(one.y).map(numeric),
  }));
  const keyed = lines.length > 1 && !lines.some(({ look }) => look.data_labels);
  const legend = keyed ? rows(lines.map(({ one }) => one.label), chart.width - 40) : [];
  const { left, right, top, bottom } = room(chart, legend.length);
  const ys = lines.flatMap((line) => line.ys);
  const y = axis(ys, chart.y_min, chart.y_max, chart.log_y, bottom, top, chart.columns, null, chart.y_format);
  for (const tick of y.ticks) {
    make(svg, "line", { x1: left, x2: right, y1: y.at(tick), y2: y.at(tick), stroke: "#d9d9d9" });
    make(svg, "text", { x: left - 6, y: y.at(tick) + 4, "text-anchor": "end", class: "tick" }, shown(tick, chart.y_format));
  }
  make(svg, "text", { x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, chart.x_axis);
  make(svg, "text", { transform: `translate(${left - EDGE.left + 14} ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, chart.y_axis);
  if (chart.columns) columns(svg, chart, lines, y, left, right, bottom);
  else {
    const all = lines.flatMap((line) => line.xs.map(numeric));
    const x = axis(all, chart.x_min, chart.x_max, chart.log_x, left, right, false, chart.x_step, chart.x_format);
    let free = -Infinity;
    for (const tick of x.ticks) {
      make(svg, "line", { x1: x.at(tick), x2: x.at(tick), y1: bottom, y2: bottom + 4, stroke: "#595959" });
      const words = shown(tick, chart.x_format), half = words.length * 3.4;
      if (x.at(tick) - half < free) continue; // it would run into the one before
      free = x.at(tick) + half + 4;
      make(svg, "text", { x: x.at(tick), y: bottom + 17, "text-anchor": "middle", class: "tick" }, words);
    }
    const cut = `cut${serial++}`;
    const clip = make(make(svg, "defs", {}), "clipPath", { id: cut });
    make(clip, "rect", { x: left - 1, y: top - 1, width: right - left + 2, height: bottom - top + 2 });
    const group = make(svg, "g", { "clip-path": `url(#${cut})` });
    for (const { one, look, xs, ys } of lines) {
      scatter(group, one.label, look, xs.map(numeric), ys, x, y);
      const { now } = store, a = now && x.at(numeric(xs[now.index] ?? null)), b = now && y.at(ys[now.index] ?? NaN);
      if (now && same(one.x, now.rows) && Number.isFinite(a) && Number.isFinite(b)) make(group, "circle", { cx: a!, cy: b!, r: 6, class: "now" });
    }
  }
  make(svg, "line", { x1: left, x2: right, y1: bottom, y2: bottom, stroke: "#595959" });
  legend.forEach((row, at) => {
    let from = (chart.width - row.reduce((sum, one) => sum + one.room, 0)) / 2;
    for (const { index, label, room } of row) {
      key(svg, lines[index]!.look, chart.columns, from, chart.height - legend.length * LINE + at * LINE + 4);
      make(svg, "text", { x: from + 34, y: chart.height - legend.length * LINE + at * LINE + 8, class: "tick" }, label);
      from += room;
    }
  });
}

/** The label of a series: words, or what stands in the cell that it names. */
function named(label: string, store: Store): string {
  const at = label.lastIndexOf("!"), cell = label.startsWith("=") && at > 0 ? place(label.slice(at + 1)) : null;
  if (!cell) return label;
  const sheet = label.slice(1, at).replace(/^'|'$/g, "").replace(/''/g, "'");
  return shown(store.get(store.sheet(sheet), cell[0], cell[1]), "General");
}

let serial = 0;

/** Where the lines are drawn; of a chart with equal units as long across as up. */
function room(chart: Chart, legend: number): { left: number; right: number; top: number; bottom: number } {
  const { left, top } = EDGE, right = chart.width - EDGE.right, bottom = chart.height - EDGE.bottom - legend * LINE;
  if (!chart.equal) return { left, right, top, bottom };
  const across = chart.x_max! - chart.x_min!, up = chart.y_max! - chart.y_min!;
  const unit = Math.min((right - left) / across, (bottom - top) / up);
  const side = (right - left - unit * across) / 2;
  return { left: left + side, right: right - side, top: bottom - unit * up, bottom };
}

function numeric(value: Value): number {
  return typeof value === "number" ? value : NaN;
}

function rows(labels: string[], width: number): { index: number; label: string; room: number }[][] {
  const out: { index: number; label: string; room: number }[][] = [[]];
  let used = 0;
  labels.forEach((label, index) => {
    const room = 48 + 6.6 * label.length;
    if (used + room > width && out.at(-1)!.length) out.push([]), (used = 0);
    out.at(-1)!.push({ index, label, room });
    used += room;
  });
  return out;
}

function axis(
  values: number[], low: number | null, high: number | null, log: boolean, from: number, to: number, zero: boolean,
  step: number | null = null, format = "General",
): Axis {
  const known = values.filter((one) => Number.isFinite(one) && (!log || one > 0));
  let min = low ?? Math.min(...known), max = high ?? Math.max(...known);
  if (!Number.isFinite(min) || !Number.isFinite(max)) (min = 0), (max = 1);
  if (log) {
    const first = Math.floor(Math.log10(min > 0 ? min : 1e-3) + 1e-9), last = Math.max(first + 1, Math.ceil(Math.log10(max > 0 ? max : 1) - 1e-9));
    const every = Math.ceil((last - first) / 8);
    const ticks: number[] = [];
    for (let power = first; power <= last; power += every) ticks.push(10 ** power);
    return { low: 10 ** first, high: 10 ** last, ticks, at: (v) => from + ((Math.log10(v) - first) / (last - first)) * (to - from) };
  }
  if (zero || (low === null && min > 0 && min < (max - min) * 5)) min = Math.min(min, 0);
  if (max === min) max = min + (Math.abs(min) || 1);
  const unit = step ?? Math.max(nice((max - min) / 6), finest(format));
  if (low === null) min = Math.floor(min / unit + 1e-9) * unit;
  if (high === null) max = Math.ceil(max / unit - 1e-9) * unit;
  const ticks: number[] = [];
  for (let at = Math.ceil(min / unit - 1e-9); at * unit <= max + unit * 1e-9 && ticks.length < 60; at++) ticks.push(Number((at * unit).toPrecision(12)));
  return { low: min, high: max, ticks, at: (v) => from + ((v - min) / (max - min)) * (to - from) };
}

/** The least difference that numbers of a format can show; of General any. */
function finest(format: string): number {
  const [first = ""] = format.split(";"), decimals = /\.([0#?]+)/.exec(first)?.[1]?.length ?? 0;
  return /general|e[+-]/i.test(first) ? 0 : 10 ** -(decimals + (first.includes("%") ? 2 : 0));
}

function nice(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough)), part = rough / power;
  return (part > 5 ? 10 : part > 2 ? 5 : part > 1 ? 2 : 1) * power;
}

function scatter(group: Element, label: string, look: Line, xs: number[], ys: number[], x: Axis, y: Axis): void {
  const points = xs.map((one, at) => [x.at(one), y.at(ys[at] ?? NaN)] as const);
  const seen = points.filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  if (look.line && !look.line.none) {
    let path = "", on = false;
    for (const [a, b] of points) {
      const there = Number.isFinite(a) && Number.isFinite(b);
      if (there) path += `${on ? "L" : "M"}${clamp(a)} ${clamp(b)}`;
      on = there;
    }
    make(group, "path", { d: path, ...stroke(look) });
  }
  if (look.marker) for (const [a, b] of seen) mark(group, look, a, b);
  if (look.data_labels) for (const [a, b] of seen) {
    const ends = a + 7 + 6.6 * label.length > x.at(x.high);
    make(group, "text", { x: ends ? a - 7 : a + 7, y: b + 4, "text-anchor": ends ? "end" : "start", class: "tick" }, label);
  }
}

const same = (one: Place, other: Place): boolean => one.sheet === other.sheet && one.at.join() === other.at.join();
const clamp = (value: number): string => Math.max(-1e5, Math.min(1e5, value)).toFixed(1);

function stroke(look: Line): Record<string, string | number> {
  const dash = DASHES[look.line?.dash_type ?? ""];
  return { fill: "none", stroke: look.line?.color ?? "#444", "stroke-width": look.line?.width ?? 2, ...(dash ? { "stroke-dasharray": dash } : {}) };
}

function mark(group: Element, look: Line, x: number, y: number): void {
  const { type, size, fill, border } = look.marker!;
  const half = size * 0.66, paint = { fill: fill.color ?? "none", stroke: border.color ?? "none" };
  if (type === "square") make(group, "rect", { x: x - half, y: y - half, width: 2 * half, height: 2 * half, ...paint });
  else if (type === "triangle") make(group, "path", { d: `M${x} ${y - half}l${half} ${2 * half}h${-2 * half}z`, ...paint });
  else if (type === "diamond") make(group, "path", { d: `M${x} ${y - half}l${half} ${half}l${-half} ${half}l${-half} ${-half}z`, ...paint });
  else make(group, "circle", { cx: x, cy: y, r: half, ...paint });
}

function key(svg: Element, look: Line, bars: boolean, x: number, y: number): void {
  if (bars) make(svg, "rect", { x: x + 10, y: y - 6, width: 12, height: 12, fill: look.line?.color ?? "#444" });
  else if (look.marker) mark(svg, look, x + 16, y);
  else make(svg, "line", { x1: x, x2: x + 28, y1: y, y2: y, ...stroke(look) });
}

function columns(svg: Element, chart: Chart, lines: { look: Line; xs: Value[]; ys: number[] }[], y: Axis, left: number, right: number, bottom: number): void {
  const n = Math.max(1, ...lines.map((line) => line.ys.length)), room = (right - left) / n;
  const wide = (room * 0.83) / lines.length, every = Math.ceil(n / 12);
  lines.forEach(({ look, ys }, index) =>
    ys.forEach((value, at) => {
      if (!Number.isFinite(value)) return;
      const [a, b] = [y.at(Math.max(y.low, Math.min(0, value))), y.at(Math.max(value, 0))];
      make(svg, "rect", { x: left + at * room + room * 0.085 + index * wide, y: b, width: wide, height: Math.max(0, a - b), fill: look.line?.color ?? "#444" });
    }),
  );
  lines[0]?.xs.forEach((value, at) => {
    if (at % every === 0)
      make(svg, "text", { x: left + (at + 0.5) * room, y: bottom + 17, "text-anchor": "middle", class: "tick" }, shown(value, chart.x_format));
  });
}
