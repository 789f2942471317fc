// A sheet for a narrow window: its words, tables and charts below each other.
import { draw } from "./chart";
import type { Chart } from "./content";
import { Grid, type Wishes } from "./grid";
import { place, within, type Store } from "./store";

export class Reading {
  readonly box = document.createElement("div");
  private readonly grids: { grid: Grid; holds: (row: number, col: number) => boolean }[] = [];
  private readonly charts: { svg: SVGSVGElement; chart: Chart }[] = [];

  constructor(private readonly store: Store, sheet: number, wishes: Wishes) {
    this.box.className = "reading";
    const { parts, charts } = store.workbook.sheets[sheet]!;
    for (const [kind, ...at] of parts) {
      if (kind === "chart") {
        const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        svg.classList.add("chart");
        this.charts.push({ svg, chart: charts.find((one) => one.row === at[0] && one.col === at[1])! });
        this.box.append(svg);
        continue;
      }
      const grid = new Grid(store, sheet, wishes, at, kind);
      this.grids.push({ grid, holds: (row, col) => within(at, row, col) });
      if (kind === "words") this.box.append(grid.box);
      else {
        const around = document.createElement("div");
        around.className = "around";
        around.append(grid.box);
        this.box.append(around);
      }
    }
    this.draw();
  }

  update(): void {
    for (const { grid } of this.grids) grid.update();
    this.draw();
  }

  reveal(where: string): void {
    const at = place(where);
    if (at) this.grids.find(({ holds }) => holds(at[0], at[1]))?.grid.reveal(where);
  }

  private draw(): void {
    const room = Math.min(innerWidth - 20, 680);
    for (const { svg, chart } of this.charts) {
      const width = Math.min(chart.width, room); // not drawn smaller, which makes its words too small to read
      draw(svg, { ...chart, width, height: Math.max(Math.min(280, chart.height), (chart.height * width) / chart.width) }, this.store);
    }
  }
}
