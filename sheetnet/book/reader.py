"""Reading a workbook that anyone may have edited: what stands in each cell, formulas and names as text.

Files from others are hostile: sizes are bounded before anything is unpacked, and XML with a document type (the way to
entity bombs) is refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetnet.errors import WorkbookError
from sheetnet.page.area import area_of, cell_address, quoted

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how a file begins that is encrypted, or from before 2007
MAX_UNPACKED = 200 * 2**20  # bytes of all parts together
MAX_PARTS = 1000
MAX_ARRAY_CELLS = 2_000_000  # of a sheet

Value = float | str | bool | None
Cell = tuple[int, int]


@dataclass(frozen=True)
class FormulaCell:
    """A formula as the file has it: its text with the equals sign, and for an array formula the range it fills."""

    text: str
    fills: str | None


@dataclass
class Sheet:
    """The filled cells of one sheet, counted from 0; covered are the cells of array formulas besides their first."""

    values: dict[Cell, Value] = field(default_factory=dict)
    formulas: dict[Cell, FormulaCell] = field(default_factory=dict)
    covered: set[Cell] = field(default_factory=set)
    tables: dict[str, str] = field(default_factory=dict)
    table_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Contents:
    """A whole workbook: its sheets in order, and its defined names, sheet-scoped ones as Sheet!name."""

    file: str
    sheets: dict[str, Sheet]
    names: dict[str, str]
    calculation: dict[str, tuple[str, str]] = field(default_factory=dict)  # setting: (found, as it should be)

    @property
    def n_formula_cells(self) -> int:
        """The cells that a formula fills."""
        return sum(len(sheet.formulas) + len(sheet.covered) for sheet in self.sheets.values())


def where(sheet: str, row: int, col: int) -> str:
    """A cell as people write it: 'Two ReLU'!B7."""
    return f"{quoted(sheet)}!{cell_address(row, col)}"


def open_safely(path: Path) -> zipfile.ZipFile:
    """The file as a zip whose parts are of bounded size and free of document types.

    Raises: WorkbookError that says what is wrong with the file.
    """
    if not path.exists():
        raise WorkbookError(f"{path}: there is no such file")
    if path.is_dir():
        raise WorkbookError(f"{path}: this is a folder; name an .xlsx file")
    if not path.is_file():
        raise WorkbookError(f"{path}: this is no regular file; name an .xlsx file")
    try:
        with path.open("rb") as file:
            sealed = file.read(len(COMPOUND)) == COMPOUND
        if sealed:
            raise WorkbookError(
                f"{path}: this workbook is protected with a password, or is an old .xls; open it in Excel or"
                " LibreOffice and save it as .xlsx without a password"
            )
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise WorkbookError(f"{path}: this is no .xlsx workbook, or it is damaged; build it anew") from None
    except OSError as reason:
        raise WorkbookError(f"{path}: cannot be read: {reason.strerror or reason}") from None
    try:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise WorkbookError(f"{path}: unpacks to more than {MAX_UNPACKED // 2**20} MB; this is no workbook of ours")
        if "xl/workbook.xml" not in archive.namelist():
            raise WorkbookError(f"{path}: this zip is no .xlsx workbook: it has no xl/workbook.xml")
        for part in parts:
            _check_part(part.filename, archive.read(part), f"{path}: {part.filename}")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as reason:
        archive.close()
        raise WorkbookError(f"{path}: the file is damaged ({_one_line(reason)}); build it anew") from None
    except BaseException:
        archive.close()
        raise
    return archive


def _check_part(name: str, content: bytes, part: str) -> None:
    """Raise WorkbookError for a document type in any part, and for XML that is not UTF-8, as all programs write it.

    Any part may be XML, whatever it is called, and UTF-16 is UTF-8 with zeros between the letters.
    """
    if re.search(rb"<!(DOCTYPE|ENTITY)", content.replace(b"\0", b"")):
        raise WorkbookError(f"{part} declares a document type; such files are not read")
    if name.endswith((".xml", ".rels")):
        try:
            readable = "\0" not in content.decode("utf-8")
        except UnicodeDecodeError:
            readable = False
        if not readable:
            raise WorkbookError(f"{part} is not text in UTF-8; save the workbook in Excel or LibreOffice first")


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())[:200]


def read(path: Path) -> Contents:
    """All cells of a workbook as they stand in the file; no formula is calculated.

    Raises: WorkbookError for a file that is missing, no workbook, or damaged.
    """
    open_safely(path).close()
    import warnings

    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(path)
            contents = Contents(str(path), {}, {})
            contents.calculation = _calculation(book.calculation)
            for name, defined in book.defined_names.items():
                contents.names[name] = str(defined.value)
            for sheet in book.worksheets:
                contents.sheets[sheet.title] = _sheet(sheet)
                for name, defined in sheet.defined_names.items():
                    contents.names[f"{sheet.title}!{name}"] = str(defined.value)
    except Exception as reason:  # openpyxl raises whatever its parts raise
        raise WorkbookError(
            f"{path}: cannot be read as a workbook ({type(reason).__name__}: {_one_line(reason)})"
        ) from None
    return contents


def array_cells(refs: Iterable[str]) -> set[Cell]:
    """The cells of all array formulas of a sheet, from the ranges that they fill.

    Raises: ValueError for what is no range, and for more cells than any workbook of ours has.
    """
    areas = [area_of("", ref) for ref in refs]
    if sum(area.n_rows * area.n_cols for area in areas) > MAX_ARRAY_CELLS:
        raise ValueError(f"array formulas over more than {MAX_ARRAY_CELLS} cells")
    return {cell for area in areas for cell in area.cells()}


def _calculation(settings: Any) -> dict[str, tuple[str, str]]:
    """What may change the numbers of every formula: manual mode, rounding to what is shown, circular references."""
    return {
        "calcMode": (settings.calcMode or "auto", "auto"),
        "fullPrecision": (str(settings.fullPrecision is not False), "True"),
        "iterate": (str(bool(settings.iterate)), "False"),
    }


def _sheet(source: Any) -> Sheet:
    from openpyxl.worksheet.formula import ArrayFormula

    sheet = Sheet()
    arrays: list[str] = []
    for (row, col), cell in source._cells.items():
        value, at = cell.value, (row - 1, col - 1)
        if isinstance(value, ArrayFormula):
            sheet.formulas[at] = FormulaCell(_with_sign(str(value.text)), value.ref)
            arrays.append(value.ref)
        elif cell.data_type == "f":
            sheet.formulas[at] = FormulaCell(_with_sign(str(value)), None)
        elif value is not None:
            sheet.values[at] = float(value) if type(value) in (int, float) else _plain(value)
    sheet.covered = array_cells(arrays) - set(sheet.formulas)
    for at in sheet.covered:
        sheet.values.pop(at, None)
    for table in source.tables.values():
        sheet.tables[table.displayName] = table.ref
        sheet.table_columns[table.displayName] = tuple(column.name for column in table.tableColumns)
    return sheet


def _plain(value: object) -> Value:
    return value if isinstance(value, str | bool) else str(value)


def _with_sign(text: str) -> str:
    return text if text.startswith("=") else "=" + text
