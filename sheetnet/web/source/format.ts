// Numbers as people read them: the number formats that our workbooks use.
import type { Value } from "./content";
import { local } from "./words";

interface Section { test: ((x: number) => boolean) | null; pieces: Piece[]; scale: number }
type Piece = { words: string } | { pattern: string } | { general: true };

const TOKENS = /"([^"]*)"|\\(.)|\[([^\]]*)\]|(General)|_.|\*.|([0#?,.]*[0#?][0#?,.]*(?:E[+-]0+)?)|(.)/gi;
const made = new Map<string, Section[]>();

/** The text of a value in a number format; words and truths stay as they are. */
export function shown(value: Value, format: string): string {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "string") return value;
  let sections = made.get(format);
  if (!sections) made.set(format, (sections = parts(format).map(section)));
  const [chosen, bare] = choose(sections, value);
  return chosen ? write(chosen, bare) : local(general(value));
}

function parts(format: string): string[] {
  const out = [""];
  for (const piece of format.match(/"[^"]*"|\\.|[^"\\]/g) ?? []) {
    if (piece === ";") out.push("");
    else out[out.length - 1] += piece;
  }
  return out;
}

function section(text: string): Section {
  const pieces: Piece[] = [];
  let test: Section["test"] = null, scale = 1;
  for (const [, quoted, escaped, bracket, usual, pattern, plain] of text.matchAll(TOKENS)) {
    if (bracket !== undefined) test = condition(bracket) ?? test;
    else if (usual) pieces.push({ general: true });
    else if (pattern) pieces.push({ pattern });
    else if (plain === "%") (scale = 100), pieces.push({ words: "%" });
    else pieces.push({ words: quoted ?? escaped ?? plain ?? "" });
  }
  return { test, pieces, scale };
}

function condition(text: string): Section["test"] {
  const found = /^(<=|>=|<>|<|>|=)(-?[\d.]+(?:E[+-]?\d+)?)$/i.exec(text);
  if (!found) return null;
  const bound = Number(found[2]);
  const tests: Record<string, (x: number) => boolean> = {
    "<": (x) => x < bound, "<=": (x) => x <= bound, ">": (x) => x > bound, ">=": (x) => x >= bound,
    "=": (x) => x === bound, "<>": (x) => x !== bound,
  };
  return tests[found[1]!]!;
}

/** The section of a value, and the number that it writes: without a minus in a section for what is below 0. */
function choose(sections: Section[], value: number): [Section | undefined, number] {
  if (sections.some((one) => one.test)) return [sections.find((one) => !one.test || one.test(value)), value];
  if (sections.length === 1) return [sections[0], value];
  if (value === 0 && sections.length > 2) return [sections[2], 0];
  return value < 0 ? [sections[1], -value] : [sections[0], value];
}

function write(section: Section, value: number): string {
  const scaled = value * section.scale;
  let out = "";
  for (const piece of section.pieces) {
    if ("words" in piece) out += piece.words;
    else out += local("general" in piece ? general(scaled) : number(piece.pattern, scaled));
  }
  return out;
}

/** A number in a pattern such as 0.0###, #,##0 or 0.0E+00. */
function number(pattern: string, value: number): string {
  const [digits = "", exponent] = pattern.split(/E[+-]/i);
  const [before = "", after = ""] = digits.split(".");
  const most = after.replace(/[^0#?]/g, "").length, least = after.replace(/[^0]/g, "").length;
  if (exponent !== undefined) {
    const [mantissa = "", power = "0"] = value.toExponential(most).split("e");
    const at = Number(power);
    return `${trimmed(mantissa, least)}E${at < 0 ? "-" : "+"}${String(Math.abs(at)).padStart(exponent.length, "0")}`;
  }
  let text = trimmed(fixed(Math.abs(value), most), least);
  if (before.includes(",")) text = text.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
  if (!before.includes("0") && text.startsWith("0.")) text = text.slice(1);
  return value < 0 && /[1-9]/.test(text) ? `-${text}` : text;
}

/** As toFixed, of the number's 15 digits: 0.285 is 0.29 for people, whatever its last bit. */
function fixed(value: number, digits: number): string {
  if (value >= 1e15) return value.toFixed(digits);
  const [mantissa = "", power = "0"] = value.toExponential(14).split("e");
  const whole = Math.round(Number(`${mantissa}e${Number(power) + digits}`));
  return Number(`${whole}e-${digits}`).toFixed(digits);
}

function trimmed(text: string, least: number): string {
  const dot = text.indexOf(".");
  if (dot < 0) return text;
  let end = text.length;
  while (end > dot + 1 + least && text[end - 1] === "0") end--;
  return text.slice(0, end === dot + 1 ? dot : end);
}

/** A number without a format: as many digits as a cell has room for. */
export function general(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-9 || size >= 1e11)) return number("0.#####E+00", value);
  return String(Number(value.toPrecision(10)));
}
