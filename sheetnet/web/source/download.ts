// The workbook as a file again: what was delivered, with what stands in its cells now.
import type { Sheet, Value } from "./content";
import { formulasOf } from "./panel";
import { address, place, type Store } from "./store";
import { unpacked } from "./unpacked";

interface Delivered { name: string; sheets: Record<string, string>; parts: Record<string, string> } // parts: a letter a byte
const TOKEN = /<row r="(\d+)"|<c(?: r="([A-Z]+\d+)")?((?: \w+="[^"]*")*)(?:\/>|>(.*?)<\/c>)/gs;
const WORDS = /^#[A-Z/0]+[!?]?$/; // of an error
const HEAD = 30, ENTRY = 46;

/** Hand the file to whoever looks at the page. typed: what was typed, by sheet/row/column. */
export async function download(store: Store, typed: Map<string, string>): Promise<void> {
  const { name, sheets, parts } = await delivered();
  store.workbook.sheets.forEach((sheet, at) => {
    const part = sheets[sheet.name];
    if (part) parts[part] = letters(filled(store, sheet, at, text(parts[part]!), typed));
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await zipped(parts));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function delivered(): Promise<Delivered> {
  return JSON.parse(new TextDecoder().decode(await unpacked("delivered")));
}

const bytes = (part: string): Uint8Array<ArrayBuffer> => Uint8Array.from(part, (one) => one.charCodeAt(0));
const text = (part: string): string => new TextDecoder().decode(bytes(part));

function letters(xml: string): string {
  let out = "";
  for (const one of new TextEncoder().encode(xml)) out += String.fromCharCode(one);
  return out;
}

/** A sheet's XML with its formulas, and with the values of now. */
function filled(store: Store, sheet: Sheet, at: number, xml: string, typed: Map<string, string>): string {
  const formulas = formulasOf(sheet);
  let row = 0, col = -1;
  return xml.replace(TOKEN, (found: string, line?: string, where?: string, rest = "", inner?: string) => {
    if (line) {
      [row, col] = [Number(line) - 1, -1];
      return found;
    }
    col = where ? place(where)![1] : col + 1;
    const own = typed.get(`${at}/${row}/${col}`), value = store.get(at, row, col), head = `<c r="${address(row, col)}"`;
    if (own !== undefined) {
      const formula = own.startsWith("=") ? `<f>${escaped(own.slice(1))}</f>` : "";
      return own === "" ? `${head}${without(rest)}/>` : written(head, without(rest), formula, value);
    }
    if (inner === undefined) return `${head}${rest}/>`;
    if (!/<v><\/v>|<f[ >]/.test(inner)) return `${head}${rest}>${inner}</c>`;
    const formula = /<f(?: [^>]*)?(?:\/>|>.*?<\/f>)/s.exec(inner)?.[0] ?? "";
    return written(head, without(rest), formula.replace("></f>", () => `>${escaped((formulas.get(`${row}/${col}`) ?? "").slice(1))}</f>`), value);
  });
}

const without = (rest: string): string => rest.replace(/ t="[^"]*"/, "");

function written(head: string, rest: string, formula: string, value: Value): string {
  if (value === null) return formula ? `${head}${rest} t="str">${formula}<v></v></c>` : `${head}${rest}/>`;
  const kind = typeof value === "number" ? "" : typeof value === "boolean" ? ' t="b"' : WORDS.test(value) ? ' t="e"' : ' t="str"';
  return `${head}${rest}${kind}>${formula}<v>${escaped(String(typeof value === "boolean" ? Number(value) : value))}</v></c>`;
}

const escaped = (words: string): string => words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** A zip file of parts, dated now: sheetnet build then sees that somebody has worked in it. */
async function zipped(parts: Record<string, string>): Promise<Blob> {
  const now = new Date(), time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const day = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  const out: Uint8Array<ArrayBuffer>[] = [], entries: Uint8Array<ArrayBuffer>[] = [];
  let begin = 0;
  for (const [name, part] of Object.entries(parts)) {
    const plain = bytes(part), called = new Uint8Array(new TextEncoder().encode(name));
    const stream = new Blob([plain]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    const both: [number, number][] = [[20, 2], [0x800, 2], [8, 2], [time, 2], [day, 2], [sum(plain), 4], [packed.length, 4], [plain.length, 4], [called.length, 2], [0, 2]];
    const head = fields(HEAD, [[0x04034b50, 4], ...both]);
    entries.push(fields(ENTRY, [[0x02014b50, 4], [20, 2], ...both, [0, 2], [0, 2], [0, 2], [0, 4], [begin, 4]]), called);
    out.push(head, called, packed);
    begin += head.length + called.length + packed.length;
  }
  const count = entries.length / 2, size = entries.reduce((all, one) => all + one.length, 0);
  const end = fields(22, [[0x06054b50, 4], [0, 4], [count, 2], [count, 2], [size, 4], [begin, 4], [0, 2]]);
  return new Blob([...out, ...entries, end], { type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" });
}

function fields(size: number, values: [value: number, bytes: number][]): Uint8Array<ArrayBuffer> {
  const out = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const [value, wide] of values) {
    if (wide === 4) out.setUint32(at, value, true);
    else out.setUint16(at, value, true);
    at += wide;
  }
  return new Uint8Array(out.buffer);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, at) => {
  for (let bit = 0; bit < 8; bit++) at = at & 1 ? 0xedb88320 ^ (at >>> 1) : at >>> 1;
  return at;
});

/** The CRC-32 that a zip file keeps of each part. */
function sum(part: Uint8Array): number {
  let crc = 0xffffffff;
  for (const one of part) crc = TABLE[(crc ^ one) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
