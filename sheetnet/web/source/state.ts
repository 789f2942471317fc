// What the learner has typed stands in the address: #Fit&Fit.B5=0.2&Descent.B4=0.1. The sheet that is open comes first.
import { address, place, type Store } from "./store";

export interface State { sheet: number; typed: Map<string, string> }

export function read(hash: string, store: Store): State {
  const state: State = { sheet: 0, typed: new Map() };
  for (const part of hash.replace(/^#/, "").split("&")) {
    const equals = part.indexOf("=");
    const where = decode(equals < 0 ? part : part.slice(0, equals));
    if (equals < 0) {
      const found = store.sheet(where);
      if (found >= 0) state.sheet = found;
      continue;
    }
    const dot = where.lastIndexOf("."), sheet = store.sheet(where.slice(0, dot)), at = place(where.slice(dot + 1));
    if (sheet >= 0 && at) state.typed.set(`${sheet}/${at[0]}/${at[1]}`, decode(part.slice(equals + 1)));
  }
  return state;
}

export function written(state: State, store: Store): string {
  const parts = [encode(store.workbook.sheets[state.sheet]!.name)];
  for (const [key, text] of [...state.typed].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [sheet, row, col] = key.split("/").map(Number) as [number, number, number];
    parts.push(`${encode(store.workbook.sheets[sheet]!.name)}.${address(row, col)}=${encode(text)}`);
  }
  return `#${parts.join("&")}`;
}

const encode = (text: string): string => encodeURIComponent(text).replace(/%20/g, "+");

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, "%20"));
  } catch {
    return text;
  }
}
