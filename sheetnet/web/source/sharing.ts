// A formula as IronCalc is told it, which says the same: quicker, and right at once. What people see is the workbook's own.

const CALL = /[A-Z][A-Z0-9.]*\(/g;
const PICKED = /\bINDEX\(((?:'[^']+'!)?[\p{L}_$][\p{L}\p{N}_.$!:]*),/gu;

/**
 * The formula that picks from ranges as arrays: of INDEX(range, row), and of its rows within an expression, IronCalc reads
 * the cells that an array formula fills as they were before, where they come further on.
 */
export function settled(formula: string): string {
  return formula.replace(PICKED, "INDEX(HSTACK($1),");
}

/** The formula with what it has more than once bound by LET, where products of matrices are among it. */
export function shared(formula: string): string {
  if ((formula.match(/MMULT\(/g) ?? []).length < 2) return formula;
  let text = formula.slice(1);
  const bound: [name: string, value: string][] = [];
  for (let found = most(text, bound); found; found = most(text, bound)) {
    const name = `shared_${bound.length + 1}_`;
    text = text.replaceAll(found, name);
    for (const one of bound) one[1] = one[1].replaceAll(found, name);
    bound.push([name, found]);
  }
  const pairs: string[] = [], done = new Set<string>();
  const bind = ([name, value]: [string, string]): void => {
    if (done.has(name)) return;
    done.add(name);
    for (const one of bound) if (value.includes(one[0])) bind(one);
    pairs.push(`${name},${value}`);
  };
  bound.forEach(bind);
  return pairs.length ? `=LET(${pairs.join(",")},${text})` : formula;
}

/** The longest call with a product that stands twice in a formula and what it binds; undefined where none does. */
function most(text: string, bound: [string, string][]): string | undefined {
  const counts = new Map<string, number>();
  for (const one of [text, ...bound.map(([, value]) => value)])
    for (const found of one.matchAll(CALL)) {
      const call = one.slice(found.index, closed(one, found.index + found[0].length));
      if (/MMULT\(|shared_\d+_/.test(call)) counts.set(call, (counts.get(call) ?? 0) + 1);
    }
  let best: string | undefined;
  for (const [call, count] of counts) if (count > 1 && call.length > (best?.length ?? 0)) best = call;
  return best;
}

/** Where a call ends whose arguments begin somewhere; words and names of sheets may have parentheses. */
function closed(text: string, from: number): number {
  let depth = 1, at = from;
  for (let quote = ""; depth && at < text.length; at++) {
    const letter = text[at]!;
    if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else depth += Number(letter === "(") - Number(letter === ")");
  }
  return at;
}
