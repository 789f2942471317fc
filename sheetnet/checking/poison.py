"""A copy of a workbook with what calculation needs and nothing else, in which every stored result is wrong.

No stored number can pass for a computed one there, and no engine meets what it would stumble over and does not need:
comments, drawings, styles, themes. It is written from what was read, so that what is recalculated is what was compared.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

from sheetnet.book.contents import Cell, Contents, FormulaCell, Sheet, TableCells, Value, where
from sheetnet.engines.base import CellError
from sheetnet.errors import EngineError, WorkbookError
from sheetnet.page.area import cell_address

POISON = 987654321.125  # exact in binary; no block of ours comes near it
MAX_DEPTH = 64  # parentheses within each other, as in Excel
MAX_SIGNS = 64  # + - % in a row; nobody writes three

ERRORS = ("#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!")

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_FORMAT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_QUOTED = re.compile(r'"[^"]*"|\'[^\']*\'')
_NESTING = re.compile(r"[(){}]")
_SIGNS = re.compile(rf"(?:[-+%@]\s*){{{MAX_SIGNS + 1}}}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\r\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def poison(contents: Contents, target: Path) -> int:
    """Write the copy; the number of cells whose stored value was overwritten.

    Raises: WorkbookError naming a formula that no spreadsheet would take; EngineError where there is no room.
    """
    tables = [(name, table) for sheet in contents.sheets.values() for name, table in sheet.tables.items()]
    parts = {
        "[Content_Types].xml": _content_types(len(contents.sheets), len(tables)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook(contents),
        "xl/_rels/workbook.xml.rels": _relations(
            [("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(contents.sheets) + 1)]
            + [("styles", "styles.xml")]
        ),
        "xl/styles.xml": _STYLES,
    }
    first = 1
    for i, (name, sheet) in enumerate(contents.sheets.items(), start=1):
        numbers = range(first, first + len(sheet.tables))
        first = numbers.stop
        parts[f"xl/worksheets/sheet{i}.xml"] = _sheet(contents, name, sheet)
        if numbers:
            targets = [("table", f"../tables/table{number}.xml") for number in numbers]
            parts[f"xl/worksheets/_rels/sheet{i}.xml.rels"] = _relations(targets)
    for number, (name, table) in enumerate(tables, start=1):
        parts[f"xl/tables/table{number}.xml"] = _table(number, name, table)
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
            for part, text in parts.items():
                out.writestr(zipfile.ZipInfo(part), text.encode())  # the same bytes at any time
    except OSError as reason:
        raise EngineError(
            f"{contents.file}: not calculated, there is no place for a copy of it in {target.parent.parent}:"
            f" {reason.strerror or reason}"
        ) from None
    return contents.n_formula_cells


def check_formula(text: str, place: str) -> None:
    """Raise WorkbookError for a formula that no spreadsheet would take, and that ends some engines without a word."""
    bare = _QUOTED.sub("", text)
    depth = 0
    for found in _NESTING.finditer(bare):
        depth += 1 if found[0] in "({" else -1
        if depth > MAX_DEPTH:
            raise WorkbookError(
                f"{place} holds a formula with more than {MAX_DEPTH} parentheses within each other; spreadsheets take"
                " none. Delete it, or build the workbook anew"
            )
    if _SIGNS.search(bare):
        raise WorkbookError(
            f"{place} holds a formula with more than {MAX_SIGNS} signs in a row; delete it, or build the workbook anew"
        )


def _is_long(text: str) -> bool:
    """Whether a formula has enough parentheses or signs for check_formula to find too many in it."""
    return text.count("(") + text.count("{") > MAX_DEPTH or sum(map(text.count, "-+%@")) > MAX_SIGNS


# ---- parts


def _content_types(n_sheets: int, n_tables: int) -> str:
    kinds = [("workbook.xml", "sheet.main"), ("styles.xml", "styles")]
    kinds += [(f"worksheets/sheet{i}.xml", "worksheet") for i in range(1, n_sheets + 1)]
    kinds += [(f"tables/table{i}.xml", "table") for i in range(1, n_tables + 1)]
    overrides = "".join(f'<Override PartName="/xl/{part}" ContentType="{_FORMAT}.{kind}+xml"/>' for part, kind in kinds)
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(targets: list[tuple[str, str]]) -> str:
    """The list of what a part refers to: (kind, target), with the ids rId1, rId2, ..."""
    lines = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _workbook(contents: Contents) -> str:
    places = {name: i for i, name in enumerate(contents.sheets)}
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(contents.sheets, start=1)
    )
    names = "".join(_name(contents, places, whole, meaning) for whole, meaning in contents.names.items())
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>'
        + (f"<definedNames>{names}</definedNames>" if names else "")
        + '<calcPr calcId="191029" fullCalcOnLoad="1"/></workbook>'
    )


def _name(contents: Contents, places: dict[str, int], whole: str, meaning: str) -> str:
    """A defined name; nothing for those of printing and filters, and of sheets without cells."""
    scope, _, name = whole.rpartition("!")
    if name.startswith("_xlnm.") or (scope and scope not in places):
        return ""
    check_formula(meaning, f"{contents.file}: the name {whole}")
    local = f' localSheetId="{places[scope]}"' if scope else ""
    return f'<definedName name="{escape(name)}"{local}>{escape(meaning, quote=False)}</definedName>'


def _table(number: int, name: str, table: TableCells) -> str:
    columns = "".join(
        f'<tableColumn id="{i}" name="{escape(column)}"/>' for i, column in enumerate(table.columns, start=1)
    )
    heads = "" if table.header_rows == 1 else f' headerRowCount="{table.header_rows}"'
    totals = f' totalsRowCount="{table.totals_rows}"' if table.totals_rows else ' totalsRowShown="0"'
    return (
        f'{_HEAD}<table xmlns="{_MAIN}" id="{number}" name="{escape(name)}" displayName="{escape(name)}"'
        f' ref="{escape(table.ref)}"{heads}{totals}><tableColumns count="{len(table.columns)}">{columns}</tableColumns>'
        "</table>"
    )


def _sheet(contents: Contents, name: str, sheet: Sheet) -> str:
    rows: list[str] = []
    last = -1
    for at, cell in _cells(contents, name, sheet):
        if at[0] != last:
            rows.append(f'{"</row>" if rows else ""}<row r="{at[0] + 1}">')
            last = at[0]
        rows.append(f'<c r="{cell_address(*at)}"{cell}</c>')
    end = "</row>" if rows else ""
    ids = "".join(f'<tablePart r:id="rId{i}"/>' for i in range(1, len(sheet.tables) + 1))
    tables = f'<tableParts count="{len(sheet.tables)}">{ids}</tableParts>' if ids else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheetData>{"".join(rows)}{end}</sheetData>{tables}'
        "</worksheet>"
    )


def _cells(contents: Contents, name: str, sheet: Sheet) -> Iterator[tuple[Cell, str]]:
    """The cells in their order, as XML after their address."""
    for at in sorted(sheet.values.keys() | sheet.formulas.keys() | sheet.covered):
        if at in sheet.formulas:
            formula = sheet.formulas[at]
            if _is_long(formula.text):
                check_formula(formula.text, f"{contents.file}: {where(name, *at)}")
            yield at, f">{_formula(formula)}<v>{POISON!r}</v>"
        elif at in sheet.covered:
            yield at, f"><v>{POISON!r}</v>"
        else:
            yield at, _value(sheet.values[at])


def _formula(formula: FormulaCell) -> str:
    """The formula as XML; nothing of an empty one."""
    text = escape(formula.text.removeprefix("="), quote=False)
    how = f' t="array" ref="{escape(formula.fills)}"' if formula.fills else ""
    return f"<f{how}>{text}</f>" if text.strip() else ""


def _value(value: Value) -> str:
    """A plain value: numbers to the last bit, text without what letters look like."""
    if isinstance(value, bool):
        return f' t="b"><v>{value:d}</v>'
    if isinstance(value, CellError) or (isinstance(value, float) and not math.isfinite(value)):
        return f' t="e"><v>{value if value in ERRORS else "#VALUE!"}</v>'
    if isinstance(value, float):
        return f"><v>{value!r}</v>"
    text = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", str(value))
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(text, quote=False)}</t></is>'
