"""What the sheets of a workbook show besides what they calculate: words, styles, rules, links, charts, what is hidden.

Read from the parts of a file, of whatever program, in a form that all programs agree on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from sheetnet.book.package import Package
from sheetnet.book.plain import MARK, Bared
from sheetnet.book.reader import workbook_part
from sheetnet.book.tips import TITLE
from sheetnet.checking.canonical import canonical
from sheetnet.checking.drawings import Drawing, drawings
from sheetnet.checking.styles import Style, Styles
from sheetnet.checking.xml import anywhere, attribute, children, each, flag, inside, local, parsed, tree, whole
from sheetnet.page.area import area_of, cell_address
from sheetnet.page.language import said as in_words

WIDE = 20_000  # cells of a validation beyond which it is kept as a range
USUAL_WIDTH, USUAL_HEIGHT = 9.0, 15.0
TINY = 40  # percent, below which nothing can be read
STILL = 30, 12  # rows and columns, of which a window shows little more


@dataclass
class SheetLooks:
    """One sheet: what is shown by cell (B7), by range (A4:I4), by column and row, and by the sheet as a whole.

    rules: the conditional formats of a range, in their order. bounds: what may be typed into a cell; tips: what it says
    when it is chosen. notes: cells with a note. others: what lies over the cells and is no chart.
    """

    default: Style
    styles: dict[str, Style] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    rows: dict[int, float] = field(default_factory=dict)  # height, 0 where hidden
    columns: dict[int, float] = field(default_factory=dict)  # width, 0 where hidden
    row_styles: dict[int, Style] = field(default_factory=dict)
    column_styles: dict[int, Style] = field(default_factory=dict)
    usual: tuple[float, float] = (USUAL_WIDTH, USUAL_HEIGHT)  # of columns and rows of which nothing is said
    merged: set[str] = field(default_factory=set)
    rules: dict[str, list[str]] = field(default_factory=dict)
    bounds: dict[str, str] = field(default_factory=dict)
    tips: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    view: dict[str, str] = field(default_factory=dict)
    charts: list[Drawing] = field(default_factory=list)
    others: int = 0
    notes: list[str] = field(default_factory=list)

    def style(self, cell: str) -> Style:
        """How a cell looks, be it by its row or its column."""
        found = self.styles.get(cell)
        if found is None:
            area = area_of("", cell)
            found = self.row_styles.get(area.row) or self.column_styles.get(area.col) or self.default
        return found


def looks(package: Package) -> dict[str, SheetLooks]:
    """The looks of every sheet, by name, in their order.

    Raises: WorkbookError for damaged XML.
    """
    parts, book = package.parts, workbook_part(package)
    root, targets = tree(parts, book), package.relations(book)
    named = {target.kind: target.part for target in targets.values()}
    styles = Styles(parts, named.get("styles", ""), named.get("theme", ""))
    shared = [_letters(one) for one in each(tree(parts, named.get("sharedStrings", "")), "si")]
    window = inside(inside(root, "bookViews"), "workbookView")
    found: dict[str, SheetLooks] = {}
    for one in each(inside(root, "sheets"), "sheet"):
        target = targets.pop(attribute(one, "id"), None)  # of two sheets on one part the reader takes the first
        if target is not None and target.part in parts:
            looks = _sheet(package, target.part, styles, shared)
            looks.view["sheet"] = one.get("state", "visible")
            if not found:
                tabs, lock = attribute(window, "showSheetTabs", "1"), inside(root, "workbookProtection")
                looks.view["window"] = attribute(window, "visibility", "visible")
                looks.view["tabs of the sheets"] = "shown" if flag(tabs) else "hidden"
                looks.view["sheets"] = "locked" if flag(attribute(lock, "lockStructure")) else "free"
            found[one.get("name", "")] = looks
    return found


def _letters(one: Element) -> str:
    """The words of a cell; letters that look otherwise than the cell are told."""
    out = []
    for child in one:
        if local(child) == "t":
            out.append(child.text or "")
        elif local(child) == "r":
            looks = inside(child, "rPr")
            out += ["".join(text.text or "" for text in each(child, "t"))]
            out += [" (letters of another look)"] if looks is not None and len(looks) else []
    return "".join(out)


def _sheet(package: Package, part: str, styles: Styles, shared: list[str]) -> SheetLooks:
    out, bare = SheetLooks(styles.cells[0]), package.sheet(part)
    root = parsed(bare.content, part)
    usual = inside(root, "sheetFormatPr")
    out.usual = (
        _size(attribute(usual, "defaultColWidth"), USUAL_WIDTH),
        _size(attribute(usual, "defaultRowHeight"), USUAL_HEIGHT),
    )
    if flag(attribute(usual, "zeroHeight")):
        out.usual = out.usual[0], 0.0
    for one in each(inside(root, "cols"), "col"):
        width = 0.0 if flag(one.get("hidden")) else _size(one.get("width"), out.usual[0])
        first, last = (whole(one.get(end)) for end in ("min", "max"))
        for col in range(first - 1, min(last, first + 500)):
            out.columns[col] = width
            if one.get("style"):
                out.column_styles[col] = styles.cell(one.get("style"))
    _cells(root, bare, out, styles, shared)
    out.merged = {one.get("ref", "").replace("$", "") for one in each(inside(root, "mergeCells"), "mergeCell")}
    ranked = []
    later = anywhere(inside(root, "extLst"), "conditionalFormatting")  # of later versions of the format
    for group in (*each(root, "conditionalFormatting"), *later):
        place = " ".join(sorted(attribute(group, "sqref").split())) or "elsewhere"
        ranked += [(whole(rule.get("priority")), place, _rule(rule, styles)) for rule in each(group, "cfRule")]
    for _, place, rule in sorted(ranked, key=lambda one: one[0]):
        out.rules.setdefault(place, []).append(rule)
    later = anywhere(inside(root, "extLst"), "dataValidation")  # in this as well
    for one in (*each(inside(root, "dataValidations"), "dataValidation"), *later):
        _bound(one, out)
    targets, outside = package.relations(part), package.outside(part)
    for one in each(inside(root, "hyperlinks"), "hyperlink"):
        place = canonical(one.get("location", "").removeprefix("#"))
        said = [outside.get(attribute(one, "id"), ""), place, one.get("tooltip", "")]
        out.links[one.get("ref", "")] = " ".join(filter(None, said))
    _view(root, out)
    for one in each(root, "drawing"):
        if (drawn := targets.pop(attribute(one, "id"), None)) is not None:
            charts, others = drawings(package, drawn.part)
            out.charts, out.others = out.charts + charts, out.others + others
    for part in {target.part for target in targets.values() if target.kind == "comments"}:
        listed = inside(tree(package.parts, part), "commentList")
        out.notes += [note.get("ref", "") for note in each(listed, "comment")]
    out.others += sum(local(one) in ("oleObjects", "controls", "picture") for one in root)
    out.others += sum(1 for _ in anywhere(inside(root, "extLst"), "sparkline"))
    return out


def _cells(root: Element, bare: Bared, out: SheetLooks, styles: Styles, shared: list[str]) -> None:
    kinds = styles.cells
    row = -1
    by_number = {str(number): kind for number, kind in enumerate(kinds)}
    for line in children(inside(root, "sheetData")):
        row = whole(line.get("r")) - 1 if line.get("r") else row + 1
        if flag(line.get("hidden")):
            out.rows[row] = 0.0
        elif line.get("ht"):
            out.rows[row] = _size(line.get("ht"), out.usual[1])
        if line.get("s") and flag(line.get("customFormat")):
            out.row_styles[row] = styles.cell(line.get("s"))
        col, before = -1, ""
        for cell in line:
            if local(cell) == MARK:
                for letters, digits, style, kind, _, formula, value in bare.cells(cell.get("n")):
                    before = letters + digits
                    out.styles[before] = by_number.get(style or "0", kinds[0])
                    if formula is None and value and (said := _constant(kind, value, shared)):
                        out.words[before] = said
                continue
            at = (cell.get("r") or "").upper()
            if not at:  # it stands to the right of the one before it
                col = area_of("", before).col if before else col
                at = cell_address(row, col := col + 1)
            before = cell.get("r", "").upper()
            out.styles[at] = by_number.get(cell.get("s", "0"), kinds[0])
            if len(cell) and (said := _said(cell, shared)):
                out.words[at] = said


def _said(cell: Element, shared: list[str]) -> str | None:
    """The constant in a cell; None for a formula."""
    text = None
    for child in cell:
        tag: str = child.tag
        if tag.endswith("}v"):
            text = child.text
        elif tag.endswith("}f"):
            return None
        elif tag.endswith("}is"):
            return _letters(child)
    return _constant(cell.get("t"), text, shared)


def _constant(kind: str | None, text: str | None, shared: list[str]) -> str | None:
    if text and kind == "s":
        return shared[at] if (at := whole(text)) < len(shared) else text
    return text


def _rule(one: Element, styles: Styles) -> str:
    """A conditional format in words: when, and what it changes."""
    formulas = [canonical(child.text or "") for child in one.iter() if local(child) in ("formula", "f")]
    kind = [one.get("type", "any"), one.get("operator", ""), *(f for f in formulas if f)]
    drawn = [local(child) for child in one if local(child) in ("colorScale", "dataBar", "iconSet")]
    last = ["then no other"] * flag(one.get("stopIfTrue"))
    return " ".join(filter(None, [*kind, "->", *(drawn or [styles.rule(one.get("dxfId"))]), *last]))


def _bound(one: Element, out: SheetLooks) -> None:
    """What may be typed, and what is said of it, by cell; a rule that only shows a tip bounds nothing."""
    listed = inside(one, "sqref")  # as later versions of the format have it
    places = (one.get("sqref", "") if listed is None else listed.text or "").split()
    tip, title = one.get("prompt", ""), one.get("promptTitle", "")
    if tip and flag(one.get("showInputMessage")):
        tip = tip if title == in_words(TITLE) else f"{title}: {tip}"
        for place in places:
            out.tips |= dict.fromkeys(_addresses(place, WIDE - len(out.tips)), tip)
    kind = one.get("type", "none")
    if kind == "none":
        return
    limits = [child for child in one if local(child) in ("formula1", "formula2")]
    numbers = [canonical("".join(child.itertext())) for child in limits]
    how = "" if kind in ("custom", "list") else one.get("operator", "between")
    if "etween" not in how:  # then the second means nothing, and some programs write one all the same
        del numbers[1:]
    said = [kind, *([how] if how else []), " and ".join(filter(None, numbers))]
    said += [] if flag(one.get("showErrorMessage")) else ["not enforced"]
    said += [style] if (style := one.get("errorStyle", "stop")) != "stop" else []
    said += [repr(words) for key in ("errorTitle", "error") if (words := one.get(key, ""))]
    for place in places:
        out.bounds |= dict.fromkeys(_addresses(place, WIDE - len(out.bounds)), " ".join(said))


def _addresses(place: str, most: int) -> Iterator[str]:
    """The cells of a range; the range itself where it has more than so many, or is none."""
    try:
        area = area_of("", place.replace("$", ""))
    except ValueError:
        return iter([place])
    if area.n_rows * area.n_cols > most:
        return iter([place])
    return (cell_address(*at) for at in area.cells())


def _view(root: Element, out: SheetLooks) -> None:
    view = inside(inside(root, "sheetViews"), "sheetView")
    out.view = {
        "zeros": "shown" if flag(attribute(view, "showZeros", "1")) else "hidden",
        "formulas": "shown" if flag(attribute(view, "showFormulas")) else "calculated",
        "columns": "from right to left" if flag(attribute(view, "rightToLeft")) else "from left to right",
        "protection": "none" if not flag(attribute(inside(root, "sheetProtection"), "sheet")) else "protected",
        "size": f"{size} %" if 0 < (size := whole(attribute(view, "zoomScale"))) < TINY else "readable",
        "what stands still": _still(view),
    }


def _still(view: Element | None) -> str:
    """How the rows and columns that never scroll take others out of reach: those before them, or all below."""
    pane, first = inside(view, "pane"), attribute(view, "topLeftCell", "A1").upper()
    if not attribute(pane, "state").startswith("frozen"):
        return "no hindrance"
    rows, cols = (whole(attribute(pane, name)) for name in ("ySplit", "xSplit"))
    if rows > STILL[0] or cols > STILL[1]:
        return f"{rows} rows and {cols} columns"
    return "no hindrance" if first == "A1" else f"nothing before {first} can be reached"


def _size(text: str | None, default: float) -> float:
    return float(text) if text and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,20})?", text) else default
