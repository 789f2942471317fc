"""Reading a workbook that anyone may have edited: what stands in each cell, formulas and names as text.

Parts that the format leaves optional may be absent: settings, styles, texts, properties, themes. What a file says twice
is kept as an oddity, since programs differ in which of the two they read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sheetnet.book.cells import CellReader, plain
from sheetnet.book.contents import Cell, Contents, FormulaCell, Sheet, TableCells, Value, array_cells, where
from sheetnet.book.package import Package, Relation, open_package
from sheetnet.errors import WorkbookError

MAX_ODDITIES = 100  # that are kept one by one

__all__ = [
    "Cell", "Contents", "FormulaCell", "Sheet", "TableCells", "Value", "array_cells", "read", "read_sheet",
    "sheet_names", "where",
]  # fmt: skip


@dataclass
class _Entries:
    """What xl/workbook.xml lists: sheets as (name, relation), names as (name, sheet's place, meaning)."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    names: list[tuple[str, str | None, str]] = field(default_factory=list)
    calculation: dict[str, str] = field(default_factory=dict)
    settings: int = 0  # how often the file says how to calculate


def read(path: Path) -> Contents:
    """All cells of a workbook as they stand in the file; no formula is calculated.

    Raises: WorkbookError for a file that is missing, no workbook, or damaged.
    """
    package = open_package(path)
    part = workbook_part(package)
    relations = package.relations(part)
    entries = _entries(package, part)
    contents = Contents(str(path), {}, {}, _calculation(entries.calculation), package)
    oddities = _Oddities(list(package.oddities))
    if entries.settings > 1:
        oddities.add("calculation settings", "given twice")
    strings = _strings(package, relations)
    taken: set[str] = set()
    for name, id in entries.sheets:
        relation = relations.get(id)
        if relation is None or relation.part not in package.parts:
            raise WorkbookError(f"{path} cannot be read: the sheet {name} is listed, but not there; build it anew")
        if relation.kind != "worksheet":  # a sheet that is a chart, or a dialog of old
            continue
        if name.lower() in taken:
            oddities.add(f"sheet {name}", "a second sheet of that name")
            continue
        if relation.part in taken:
            oddities.add(f"sheet {name}", f"{relation.part} is another sheet's too")
            continue
        taken |= {name.lower(), relation.part}
        reader = CellReader(package, relation.part, name, strings, oddities.add)
        package.walk(relation.part, reader.start, reader.end)
        contents.sheets[name], contents.paths[name] = reader.finish(), relation.part
        _read_tables(package, relation.part, reader.tables, contents, oddities)
    _read_names(entries, contents, oddities)
    for rest in sorted(package.parts.keys() - package.walked):
        if rest.lower().endswith((".xml", ".rels")):
            package.walk(rest)  # bounds of what others read in it
    contents.oddities = oddities.all()
    return contents


def read_sheet(path: Path, name: str) -> Sheet | None:
    """The cells of one sheet alone, which is soon done; None where the file has none of that name. Raises: as read."""
    package = open_package(path)
    part = workbook_part(package)
    relations = package.relations(part)
    id = next((id for title, id in _entries(package, part).sheets if title == name), "")
    if id not in relations or relations[id].part not in package.parts:
        return None
    part = relations[id].part
    reader = CellReader(package, part, name, _strings(package, relations), lambda place, words: None)
    package.walk(part, reader.start, reader.end)
    return reader.finish()


def sheet_names(path: Path) -> list[str]:
    """The names of a file's sheets in their order. Raises: as read."""
    package = open_package(path)
    return [name for name, _ in _entries(package, workbook_part(package)).sheets]


class _Oddities:
    """A list that does not grow with a hostile file."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        self._found, self._more = found, 0

    def add(self, place: str, words: str) -> None:
        if len(self._found) < MAX_ODDITIES:
            self._found.append((place, words))
        else:
            self._more += 1

    def all(self) -> list[tuple[str, str]]:
        """Those that are kept, and in one more how many there are besides."""
        return self._found + ([("workbook", f"{self._more} more of such kind")] if self._more else [])


def workbook_part(package: Package) -> str:
    """The part that lists the sheets: xl/workbook.xml, or what some programs call otherwise."""
    named = [r.part for r in package.relations("").values() if r.kind == "officeDocument"]
    for part in (*named, package.find("xl/workbook.xml")):
        if part in package.parts:
            return str(part)
    raise WorkbookError(f"{package.file}: this zip is no .xlsx workbook: it has no xl/workbook.xml")


def _entries(package: Package, part: str) -> _Entries:
    found = _Entries()
    name: dict[str, str] = {}
    inside = root = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name, inside, root
        if tag == "workbook":
            root = True
        elif tag == "sheet":
            id = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            found.sheets.append((attributes.get("name", ""), id))
        elif tag == "definedName":
            name, inside = attributes, True
        elif tag == "calcPr":
            found.settings += 1
            found.calculation = attributes

    def end(tag: str, text: str) -> None:
        nonlocal inside
        if tag == "definedName" and inside:
            found.names.append((name.get("name", ""), name.get("localSheetId"), text))
            inside = False

    package.walk(part, start, end)
    if not root:
        raise WorkbookError(f"{package.file} cannot be read: {part} lists no sheets; build it anew")
    return found


def _calculation(settings: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What may change the numbers of every formula: manual mode, rounding to what is shown, circular references."""
    return {
        "calcMode": (settings.get("calcMode", "auto"), "auto"),
        "fullPrecision": (str(_yes(settings.get("fullPrecision", "1"))), "True"),
        "iterate": (str(_yes(settings.get("iterate", "0"))), "False"),
    }


def _yes(text: str) -> bool:
    return text.strip().lower() in ("1", "true", "on")


def _strings(package: Package, relations: Mapping[str, Relation]) -> list[str]:
    """The texts that cells refer to by number; none where no cell has any."""
    part = next((r.part for r in relations.values() if r.kind == "sharedStrings"), "xl/sharedStrings.xml")
    found: list[str] = []
    pieces: list[str] = []
    phonetic = 0

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal phonetic
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            phonetic += 1

    def end(tag: str, text: str) -> None:
        nonlocal phonetic
        if tag == "t" and not phonetic:
            pieces.append(text)
        elif tag == "si":
            found.append(plain("".join(pieces)))
        elif tag == "rPh":
            phonetic -= 1

    if part in package.parts:
        package.walk(part, start, end)
    return found


def _read_tables(package: Package, part: str, ids: set[str], contents: Contents, oddities: _Oddities) -> None:
    """Put the tables of the sheet that was read last into it: those that it names by the ids of their relations."""
    taken = {name.lower() for other in contents.sheets.values() for name in other.tables}
    *_, sheet = contents.sheets.values()
    read: set[str] = set()
    for id, relation in package.relations(part).items():
        if id in ids and relation.kind == "table" and relation.part in package.parts.keys() - read:
            read.add(relation.part)
            name, table = _table(package, relation.part)
            if name.lower() in taken:
                oddities.add(f"table {name}", "a second table of that name")
                continue
            taken.add(name.lower())
            sheet.tables[name] = table


def _table(package: Package, part: str) -> tuple[str, TableCells]:
    """Name and content of a table; the name that formulas use is its displayName."""
    head: dict[str, str] = {}
    columns: list[str] = []
    formulas: dict[str, str] = {}
    totals: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "table":
            head.update(attributes)
        elif tag == "tableColumn":
            columns.append(plain(attributes.get("name", "")))
            if (function := attributes.get("totalsRowFunction", "none")) != "none":
                totals[columns[-1]] = function

    def end(tag: str, text: str) -> None:
        if tag in ("calculatedColumnFormula", "totalsRowFormula") and columns:
            (formulas if tag == "calculatedColumnFormula" else totals)[columns[-1]] = text

    package.walk(part, start, end)
    name = head.get("displayName") or head.get("name") or ""
    heads = _count(package, part, head.get("headerRowCount", "1"))
    below = _count(package, part, head.get("totalsRowCount", "0"))
    return name, TableCells(head.get("ref", ""), tuple(columns), heads, below, formulas, totals)


def _count(package: Package, part: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise WorkbookError(f"{package.file} cannot be read: {part} counts {text!r:.40} rows; build it anew")
    return int(text)


def _read_names(entries: _Entries, contents: Contents, oddities: _Oddities) -> None:
    """Put the defined names into contents; of two definitions the first stays."""
    titles = [name for name, _ in entries.sheets]
    taken = set()
    for name, scope, meaning in entries.names:
        if scope is not None:
            if not (scope.isascii() and scope.isdigit() and len(scope) < 7 and int(scope) < len(titles)):
                oddities.add(f"name {name}", "the name belongs to a sheet that is not there")
                continue
            name = f"{titles[int(scope)]}!{name}"
        if name.lower() in taken:
            oddities.add(f"name {name}", f"a second definition of the name: {meaning:.100}")
            continue
        taken.add(name.lower())
        contents.names[name] = meaning
