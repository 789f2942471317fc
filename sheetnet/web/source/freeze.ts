// What stays in sight of a whole sheet, and its gridlines.
import type { Sheet } from "./content";

const SHARE = 0.45; // of the window, that what stays may take at most
const SVG = "http://www.w3.org/2000/svg";

/** Lines between the cells, behind them. */
export function lines(sheet: Sheet): SVGSVGElement {
  const { tops, lefts } = sheet, width = lefts.at(-1)!, height = tops.at(-1)!;
  const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
  svg.classList.add("lines");
  svg.setAttribute("aria-hidden", "true");
  Object.assign(svg.style, { width: `${width}px`, height: `${height}px` });
  path.setAttribute("d", lefts.map((x) => `M${x - 0.5} 0V${height}`).join("") + tops.map((y) => `M0 ${y - 0.5}H${width}`).join(""));
  svg.append(path);
  return svg;
}

/** Keep the first rows and columns in sight as the view scrolls; the answer ends that. */
export function keep(box: HTMLElement, sheet: Sheet, view: HTMLElement): () => void {
  const [rows, cols] = sheet.freeze, top = sheet.tops[rows] ?? 0, left = sheet.lefts[cols] ?? 0;
  for (const [name, size] of [["top", top], ["left", left]] as const) {
    if (!size) continue;
    const strip = document.createElement("div");
    strip.className = `strip held${name === "top" ? "row" : "col"}`;
    Object.assign(strip.style, name === "top" ? { width: "100%", height: `${size}px` } : { height: "100%", width: `${size}px` });
    box.prepend(strip);
  }
  const follow = (): void => {
    const down = top <= view.clientHeight * SHARE, across = left <= view.clientWidth * SHARE;
    box.style.setProperty("--y", down ? `${view.scrollTop}px` : "0px");
    box.style.setProperty("--x", across ? `${Math.max(0, view.scrollLeft - box.offsetLeft)}px` : "0px");
    box.style.setProperty("--top", down ? `${top}px` : "0px");
    box.style.setProperty("--left", across ? `${left}px` : "0px");
  };
  follow();
  view.addEventListener("scroll", follow, { passive: true });
  return () => view.removeEventListener("scroll", follow);
}
