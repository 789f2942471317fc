"""The XML of one sheet as cells: values, formulas of every kind, and what is stored beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sheetnet.book.contents import Cell, FormulaCell, Sheet, Value, array_cells, where
from sheetnet.book.package import Package
from sheetnet.book.plain import MARK
from sheetnet.engines.base import CellError
from sheetnet.errors import WorkbookError
from sheetnet.page.area import MAX_COLS, MAX_ROWS, area_of, cell_address, column_of

MAX_FORMULA = 8192  # characters, as in Excel
MAX_DIGITS = 400  # of a number
MAX_SHARED = 5_000_000  # characters of formulas that a sheet's cells share, written out

_ADDRESS = re.compile(r"([A-Za-z]{1,4})(0*[1-9][0-9]{0,7})")
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PREFIX = re.compile(r"_xl(fn|ws|pm|udf)\.")

Odd = Callable[[str, str], None]  # place, words


class _Open:
    """A cell that is being read: what its tag says, and what stood in it so far."""

    __slots__ = ("at", "formula", "how", "kind", "text", "value")

    def __init__(self, at: Cell, kind: str) -> None:
        self.at, self.kind = at, kind
        self.value: str | None = None  # in <v>
        self.text: str | None = None  # in <is>
        self.formula: str | None = None
        self.how: dict[str, str] = {}  # the attributes of the formula


class CellReader:
    """Takes the tags of a sheet one after the other; sheet is whole after finish()."""

    def __init__(self, package: Package, part: str, name: str, strings: Sequence[str], odd: Odd) -> None:
        self.file, self.name, self.strings, self.odd = package.file, name, strings, odd
        self._bared = package.sheet(part)
        self.sheet = Sheet()
        self.tables: set[str] = set()  # the relations of those that the sheet has
        self._cell: _Open | None = None
        self._row = self._col = -1
        self._phonetic = 0
        self._open = ""  # the tag of a cell within which only text may stand
        self._columns: dict[str, int] = {}
        self._address, self._number = _ADDRESS.fullmatch, _NUMBER.fullmatch
        self._seen: set[Cell] = set()
        self._arrays: dict[Cell, str] = {}
        self._masters: dict[str, tuple[Cell, str]] = {}
        self._sharing: list[tuple[Cell, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """None; a tag begins."""
        if tag == "c":
            self._cell = _Open(self._at(attributes.get("r")), attributes.get("t", "n"))
        elif tag == MARK:
            self._run(attributes.get("n"))
        elif tag == "row":
            self._row, self._col = self._row_number(attributes.get("r")), -1
        elif tag == "tablePart":
            self.tables.update(value for key, value in attributes.items() if key.endswith(" id"))
        elif self._cell is None:
            return
        elif self._open:
            self.odd(self._where(self._cell.at), f"a tag within its <{self._open}>: programs differ in what they read")
        elif tag == "v":
            self._open = tag
        elif tag == "f":
            self._open, self._cell.how = tag, attributes
        elif tag == "rPh":
            self._phonetic += 1

    def end(self, tag: str, text: str) -> None:
        """None; a tag ends, with its text."""
        cell = self._cell
        if cell is None:
            return
        self._open = ""
        if tag == "v":
            cell.value = text
        elif tag == "c":
            self._take(cell)
            self._cell = None
        elif tag == "f":
            cell.formula = text
        elif tag == "t" and not self._phonetic:
            cell.text = (cell.text or "") + text
        elif tag == "rPh":
            self._phonetic -= 1

    def finish(self) -> Sheet:
        """The sheet, after its last tag.

        Raises: WorkbookError for arrays and shared formulas beyond any workbook of ours.
        """
        sheet = self.sheet
        self._write_out_shared()
        arrays = {at: ref for at, ref in self._arrays.items() if at in sheet.formulas and ref != cell_address(*at)}
        try:
            filled = array_cells(arrays.values())
            areas = {at: area_of("", ref) for at, ref in arrays.items()}
        except ValueError as reason:
            raise WorkbookError(f"{self.file} cannot be read: sheet {self.name}: {reason}; build it anew") from None
        if sum(area.n_rows * area.n_cols for area in areas.values()) > len(filled):
            self.odd(f"sheet {self.name}", "two array formulas fill one cell")
        for at, area in areas.items():
            if at != (area.row, area.col):
                self.odd(self._where(at), f"an array formula over {arrays[at]}, which begins elsewhere")
        for at in sorted(filled & set(sheet.formulas) - set(arrays)):
            self.odd(self._where(at), "a formula in a cell that an array formula fills")
        sheet.covered = filled - set(sheet.formulas)
        if sheet.covered:
            read, sheet.values = sheet.values, {}
            for at, value in read.items():
                (sheet.stored if at in sheet.covered else sheet.values)[at] = value
        return sheet

    # ---- where

    def _where(self, at: Cell) -> str:
        return where(self.name, *at)

    def _row_number(self, text: str | None) -> int:
        if text is None:
            return self._row + 1
        if not (text.isascii() and text.isdigit() and len(text) <= 8):
            raise WorkbookError(f"{self.file} cannot be read: {text!r} is no row of sheet {self.name}; build it anew")
        return int(text) - 1

    def _at(self, address: str | None) -> Cell:
        """The place of a cell; one without an address stands right of the last."""
        if address is None:
            self._col += 1
            return max(self._row, 0), self._col
        if (found := self._address(address)) is None:
            raise WorkbookError(
                f"{self.file} cannot be read: {address!r} is no cell of sheet {self.name}; build it anew"
            )
        letters, digits = found.groups()
        self._col = self._columns[letters] if letters in self._columns else self._column(letters)
        return int(digits) - 1, self._col

    def _column(self, letters: str) -> int:
        """The column of some letters, counted from 0, as kept from now on."""
        return self._columns.setdefault(letters, column_of(letters.upper()))

    # ---- what

    def _run(self, n: str | None) -> None:
        """Take the plain cells of a run, as if their tags had come one after the other."""
        sheet, seen, row, columns = self.sheet, self._seen, self._row, self._columns
        at = row, self._col
        if self._open and self._cell is not None:
            self.odd(self._where(self._cell.at), f"cells within its <{self._open}>: programs differ in what they read")
        for letters, digits, _, kind, array, formula, value in self._bared.cells(n):
            at = int(digits) - 1, columns[letters] if letters in columns else self._column(letters)
            usual = kind is None and array is None and at[0] == row < MAX_ROWS and at[1] < MAX_COLS and at not in seen
            if usual and (not value or (len(value) <= MAX_DIGITS and self._number(value))):
                seen.add(at)  # as _take does
                if formula:
                    self._check_length(formula, at)
                    self._keep(at, formula, None)
                if value:
                    (sheet.stored if formula else sheet.values)[at] = float(value)
                continue
            cell = _Open(at, kind or "n")
            cell.formula, cell.value = formula, value
            if array is not None:
                cell.how = {"t": "array", "ref": array}
            self._take(cell)
        self._cell, self._col = None, at[1]

    def _take(self, cell: _Open) -> None:
        at, sheet = cell.at, self.sheet
        row, col = at
        if not (0 <= row < MAX_ROWS and col < MAX_COLS):
            self.odd(f"{self.name}!{cell_address(*at)}", "a cell beyond the edge of the sheet")
            return
        if row != self._row:
            self.odd(self._where(at), f"the cell stands among those of row {self._row + 1} in the file")
        if at in self._seen:
            self.odd(self._where(at), "this cell stands twice in the file: programs differ in which they read")
            for kept in (sheet.values, sheet.formulas, sheet.stored):
                kept.pop(at, None)
        self._seen.add(at)
        if cell.formula is not None and self._is_formula(cell, cell.formula):
            try:
                value = self._value(cell)
            except WorkbookError:  # nobody needs it: it is calculated anew
                value = cell.value
            if value is not None:
                sheet.stored[at] = value
        elif (value := self._value(cell)) is not None:
            sheet.values[at] = value

    def _is_formula(self, cell: _Open, text: str) -> bool:
        """Whether a formula stands in the cell, which is then kept. An empty one outside of what is shared is none."""
        how, at = cell.how, cell.at
        self._check_length(text, at)
        kind = how.get("t", "normal")
        if kind == "shared":
            if text:
                self._masters.setdefault(how.get("si", ""), (at, text))
                self._keep(at, text, None)
            else:
                self._sharing.append((at, how.get("si", "")))
            return True
        if kind == "array":
            self._arrays[at] = how.get("ref") or cell_address(*at)
            self._keep(at, text, self._arrays[at])
            return True
        if kind == "dataTable":
            self._arrays[at] = how.get("ref") or cell_address(*at)
            self._keep(at, f"TABLE({how.get('r1', '')},{how.get('r2', '')})", self._arrays[at])
            return True
        if text:
            self._keep(at, text, None)
        return bool(text)

    def _keep(self, at: Cell, text: str, fills: str | None) -> None:
        self.sheet.formulas[at] = FormulaCell(text if text.startswith("=") else "=" + text, fills)

    def _check_length(self, text: str, at: Cell) -> None:
        if len(text) > MAX_FORMULA and len(_PREFIX.sub("", text)) > MAX_FORMULA:
            raise WorkbookError(
                f"{self.file}: {self._where(at)} holds a formula of {len(text):,} characters; spreadsheets take"
                f" {MAX_FORMULA:,}. Delete it, or build the workbook anew"
            )

    def _write_out_shared(self) -> None:
        """Each cell that shares another's formula gets its own, with the references that move along."""
        if not self._sharing:
            return
        from openpyxl.formula.tokenizer import TokenizerError
        from openpyxl.formula.translate import Translator, TranslatorError

        left, translators = MAX_SHARED, {}
        for at, index in self._sharing:
            if index not in self._masters:
                self.odd(self._where(at), "the cell shares a formula that is not there")
                continue
            origin, text = self._masters[index]
            if (left := left - len(text)) < 0:
                raise WorkbookError(
                    f"{self.file}: the shared formulas of sheet {self.name} have more than {MAX_SHARED:,} characters;"
                    " this is no workbook of ours"
                )
            try:
                if index not in translators:
                    translators[index] = Translator("=" + text.removeprefix("="), cell_address(*origin))
                moved = translators[index].translate_formula(cell_address(*at))
            except (TokenizerError, TranslatorError, ValueError, IndexError):
                moved = "=" + text  # no formula that a program could read: as it stands
            self._keep(at, moved, None)

    def _value(self, cell: _Open) -> Value:
        """What a cell holds besides a formula; None for a blank."""
        kind, text = cell.kind, cell.value
        if kind == "inlineStr":
            return None if cell.text is None else plain(cell.text)
        if text is None or (not text and kind != "str"):
            return None
        if kind == "n":
            if len(text) > MAX_DIGITS or not self._number(text):
                raise self._no(cell, "number")
            return float(text)
        if kind == "s":
            if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 10):
                raise self._no(cell, "place in the list of texts")
            if (number := int(text)) >= len(self.strings):
                raise self._no(cell, "place in the list of texts")
            return self.strings[number]
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "e":
            return CellError(text)
        if kind in ("str", "d"):
            return plain(text)
        raise WorkbookError(f"{self.file} cannot be read: {self._where(cell.at)} is of an unknown kind {kind!r:.40}")

    def _no(self, cell: _Open, what: str) -> WorkbookError:
        return WorkbookError(
            f"{self.file} cannot be read: {self._where(cell.at)} holds {cell.value!r:.60}, which is no {what};"
            " type the cell anew"
        )


def plain(text: str) -> str:
    """A text of the file with what stands for characters that XML cannot hold: _x000D_ is a carriage return."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda found: found[0] if "D8" <= found[1][:2].upper() <= "DF" else chr(int(found[1], 16)), text)
