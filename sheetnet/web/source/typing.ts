// What may be typed into a yellow cell, and what the engine is told of it.
import type { Rule, Value } from "./content";

/** The text for the engine; or why it is refused. */
export function judged(typed: string, rule: Rule): { text: string } | { refused: string } {
  const text = typed.trim();
  if (text === "" || text.startsWith("=")) return { text };
  const number = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text.replace(",", ".")) : NaN;
  if (Number.isFinite(number)) return fits(number, rule) ? { text: String(number) } : { refused: rule.message };
  return rule.also === "" || text.toLowerCase() !== rule.also.toLowerCase() ? { refused: rule.message } : { text: `'${rule.also}` };
}

function fits(number: number, rule: Rule): boolean {
  return (!rule.whole || Number.isInteger(number)) && number >= rule.low && number <= rule.high;
}

/** What stands in a cell at once, before it is calculated. */
export function meant(text: string): Value {
  if (text === "" || text.startsWith("=")) return null;
  return text.startsWith("'") ? text.slice(1) : Number(text);
}
