// Play, step and step back through the epochs of a sheet: by its yellow cell, or where it has none by a mark on its rows.
import type { Place, Played } from "./content";
import type { Host } from "./panel";
import { within, type Store } from "./store";
import { say } from "./words";

const PACE = 500, LEAST = 5; // ms from one epoch to the next; rows that are worth playing
interface Film { title: string; low: number; high: number; at(): number; go(to: number): void }

export class Player {
  readonly box = document.createElement("div");
  private readonly play = document.createElement("button");
  private readonly words = document.createElement("span");
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private film: Film | null = null;
  private rows: Place | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly store: Store, private readonly host: Host, private readonly draw: () => void, private readonly busy: () => boolean) {
    this.box.className = "player";
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", say("Epochs"));
    this.words.setAttribute("aria-live", "polite");
    const back = this.button("\u25c0", say("Step back"), () => this.step(-1)), on = this.button("\u25b6", say("Step"), () => this.step(1));
    this.play.addEventListener("click", () => this.toggle());
    this.box.append(back, this.play, on, this.words);
    this.box.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (way) this.step(way), event.preventDefault();
    });
    this.named();
  }

  private button(sign: string, name: string, press: () => void): HTMLButtonElement {
    const made = document.createElement("button");
    made.textContent = sign;
    made.title = name;
    made.setAttribute("aria-label", name);
    made.addEventListener("click", () => (this.stop(), press()));
    return made;
  }

  /** Another sheet is open. */
  open(sheet: number): void {
    this.stop();
    const one = this.store.workbook.sheets[sheet]!;
    this.rows = this.epochs(sheet);
    this.store.now = null;
    this.film = one.play ? this.ofCell(one.play) : this.rows && this.ofRows(this.rows);
    this.box.hidden = !this.film;
    this.play.hidden = this.still.matches;
  }

  /** Show where we are, on the bar and on the row. */
  update(view: HTMLElement): void {
    if (!this.film) return;
    const at = this.film.at();
    this.words.textContent = `${this.film.title}: ${at}`;
    for (const old of view.querySelectorAll(".now")) if (old instanceof HTMLElement) old.classList.remove("now");
    if (!this.rows) return;
    for (const cell of view.querySelectorAll(`[aria-rowindex="${this.rows.at[0] + at + 1}"] > .number`)) cell.classList.add("now");
  }

  toggle(): void {
    if (!this.film || this.still.matches) return;
    if (this.timer !== undefined) return this.stop();
    if (this.film.at() >= this.film.high) this.film.go(this.film.low);
    this.timer = setTimeout(() => this.next(), PACE);
    this.named();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.named();
  }

  private next(): void {
    if (!this.film) return;
    if (!this.busy()) this.step(1);
    if (this.film.at() >= this.film.high) return this.stop();
    this.timer = setTimeout(() => this.next(), PACE);
  }

  private step(way: number): void {
    const { film } = this;
    if (film) film.go(Math.min(film.high, Math.max(film.low, film.at() + way)));
  }

  private named(): void {
    this.play.textContent = this.timer === undefined ? say("Play") : say("Pause");
  }

  private ofCell({ sheet, at: [row, col], title, low, high }: Played): Film {
    const number = this.store.sheet(sheet);
    return { title, low, high, at: () => Number(this.store.get(number, row, col)), go: (to) => void this.host.edit(number, row, col, String(to), true) };
  }

  private ofRows(rows: Place): Film {
    const go = (index: number): void => {
      this.store.now = { rows, index };
      this.draw();
    };
    this.store.now = { rows, index: 0 };
    return { title: say("Epoch"), low: 0, high: rows.at[2] - 1, at: () => this.store.now!.index, go };
  }

  /** The column of a sheet that counts epochs or steps: what its charts go along. */
  private epochs(sheet: number): Place | null {
    const { charts, name, unused } = this.store.workbook.sheets[sheet]!;
    for (const { x } of charts.flatMap((chart) => chart.series)) {
      if (x.sheet !== name || x.at[3] !== 1 || x.at[2] < LEAST || unused.some((one) => within(one.at, x.at[0], x.at[1]))) continue;
      const values = this.store.area(x);
      if (values.every((value, i) => value === i)) return x; // epochs count from 0
    }
    return null;
  }
}
