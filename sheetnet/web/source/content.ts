// What content.py writes into the page. Rows and columns count from 0.
export type Value = number | string | boolean | null;
export type At = [row: number, col: number, rows: number, cols: number];
export interface Place { sheet: string; at: At }
export interface Rule extends Place { whole: boolean; low: number; high: number; also: string; message: string; data: boolean }
export interface Look extends Place {
  beyond?: number; faint?: number; format?: string; // for numbers that are far from 0, or next to it
  verdicts?: Record<string, [string, string]>;
  full?: number; scale?: [below: string, middle: string, above: string]; // colours from -full over 0 to full
}
export interface Series { label: string; look: string; x: Place; y: Place }
export interface Chart {
  row: number; col: number; title: string; x_axis: string; y_axis: string; series: Series[]; alt: string;
  y_format: string; x_format: string; x_min: number | null; x_max: number | null; y_min: number | null;
  y_max: number | null; log_x: boolean; log_y: boolean; columns: boolean; width: number; height: number;
  x_step: number | null; equal: boolean;
}
export type Part = [kind: "words" | "table" | "chart", row: number, col: number, rows: number, cols: number];
export type Said = [text: number, ...of: number[]]; // numbers of said.texts and said.of
export interface Block {
  at: At; name: string; title: string; role: string;
  says?: [row: number, col: number, rows: number, cols: number, words: Said, torch?: Said][];
  told?: { sheet: string; at: At; verdict: At }; // where torch's numbers stand, and whether they are the same
}
export interface Sheet {
  name: string; tops: number[]; lefts: number[]; grid: boolean; freeze: [rows: number, cols: number];
  rows: [row: number, cells: [col: number, look: number, value: Value][]][];
  formulas: [row: number, col: number, text: string, rows?: number, cols?: number][];
  written: [text: string, ...cells: [row: number, col: number][]][]; // what Excel has in another text
  blocks: Block[]; merged: At[]; links: [row: number, col: number, target: string][];
  charts: Chart[]; rules: Rule[]; looks: Look[];
  chosen: (Place & { look: "chosen" | "window"; row: Place | null; col: Place | null; size: number })[];
  unused: (Place & { most: Place })[];
  parts: Part[];
  play?: Played | null;
}
export interface Played extends Place { title: string; low: number; high: number }
export interface Paint { color?: string }
export interface Line {
  line?: { color?: string; width?: number; dash_type?: string; none?: boolean };
  marker?: { type: string; size: number; fill: Paint; border: Paint };
  data_labels?: object;
}
export interface Workbook {
  title: string; about: string; language: string; words?: Record<string, string>; mark?: string; names: [name: string, sheet: string, meaning: string][];
  formats: string[]; runs: number[]; lines: Record<string, Line>; sheets: Sheet[];
  said: { texts: string[]; of: string[] };
}
export type Edit = [sheet: number, row: number, col: number, text: string];
export type Change = [sheet: number, row: number, col: number, value: Value];
export type Asked = { kind: "load"; engine: ArrayBuffer; workbook: Workbook } | { kind: "edit"; edits: Edit[] };
export type Told =
  | { kind: "values"; changes: Change[]; ms: number; confirms: boolean }
  | { kind: "failed"; words: string };
