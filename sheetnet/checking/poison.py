"""A copy of a workbook in which every stored result is wrong, so that no stored number passes for a computed one."""

from __future__ import annotations

import re
from pathlib import Path

from sheetnet.book.package import open_package
from sheetnet.book.reader import array_cells
from sheetnet.errors import WorkbookError
from sheetnet.page.area import area_of

POISON = 987654321.125  # exact in binary; no block of ours comes near it

_CELL = re.compile(r"<c\b([^>]*?)(/>|>(.*?)</c\s*>)", re.DOTALL)
_ADDRESS = re.compile(r'\br="([A-Z]+)(\d+)"')
_ARRAY = re.compile(r'<f\b[^>]*\bt="array"[^>]*?\bref="([^"]+)"|<f\b[^>]*\bref="([^"]+)"[^>]*?\bt="array"')
_TYPE = re.compile(r'\st="[^"]*"')
_FORMULA = re.compile(r"<f\b[^>]*?(?:/>|>.*?</f>)", re.DOTALL)


def poison(source: Path, target: Path) -> int:
    """Write the copy; the number of cells whose stored value was overwritten.

    Raises: WorkbookError for a damaged file, or one whose sheets cannot be told apart into cells.
    """
    import zipfile

    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for name, content in open_package(source).parts.items():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                text, poisoned = _poison_sheet(content.decode("utf-8"), f"{source}: {name}")
                content, count = text.encode(), count + poisoned
            out.writestr(name, content)
    return count


def _poison_sheet(text: str, where: str) -> tuple[str, int]:
    try:
        covered = array_cells(found[1] or found[2] for found in _ARRAY.finditer(text))
    except ValueError as reason:
        raise WorkbookError(f"{where}: {reason}") from None
    count = 0

    def cell(found: re.Match[str]) -> str:
        nonlocal count
        attributes, inside = found[1], found[3] or ""
        formula = _FORMULA.search(inside)
        address = _ADDRESS.search(attributes)
        if address is None:
            raise WorkbookError(f"{where}: a cell without an address; save the workbook in Excel or LibreOffice first")
        at = area_of("", address[1] + address[2])
        if formula is None and (at.row, at.col) not in covered:
            # openpyxl writes a blank as an empty number; IronCalc would read 0 where Excel reads a blank
            return found[0] if inside else f"<c{_TYPE.sub('', attributes)}/>"
        count += 1
        return f"<c{_TYPE.sub('', attributes)}>{formula[0] if formula else ''}<v>{POISON!r}</v></c>"

    return _CELL.sub(cell, text), count
