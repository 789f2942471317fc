"""Green triangles: by Excel's documented rules no cell earns one that Excel is not told to leave out.

The rules stand here a second time, from Microsoft's words ("Detect errors in formulas"), over what openpyxl reads and
with its translator of formulas; what the writer thinks of a cell plays no part.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from conftest import Made, rezip
from openpyxl import Workbook as OpenBook
from openpyxl import load_workbook
from openpyxl.formula import Tokenizer
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula

import sheetnet as sn
from sheetnet.book.triangles import Content, marked

Place = tuple[int, int]  # from 1
Marks = dict[str, set[Place]]
RULES = {"numberStoredAsText", "twoDigitTextYear", "evalError", "formula", "formulaRange"}


Formula = tuple[str, Place]  # its text as it reads in the cell where it begins: an array formula fills others too


def earned(formulas: dict[Place, Formula], values: dict[Place, object]) -> Marks:
    """The cells that earn a triangle, by rule."""
    out: Marks = {rule: set() for rule in RULES}
    for place, value in values.items():
        if isinstance(value, str) and place not in formulas:
            out["numberStoredAsText"] |= {place} if is_number(value) else set()
            out["twoDigitTextYear"] |= {place} if is_short_date(value) else set()
        elif isinstance(value, str) and value.startswith("#"):
            out["evalError"].add(place)
    for (row, col), (text, origin) in formulas.items():
        for a, b in (((row, col - 1), (row, col + 1)), ((row - 1, col), (row + 1, col))):
            if a in formulas and b in formulas and len({formulas[a][1], formulas[b][1], origin}) == 3:
                here, there = (moved(*formulas[a], to) for to in (origin, formulas[b][1]))
                if there == formulas[b][0] and here != text:
                    out["formula"].add((row, col))
        beside = {place for place in omitted(text) if place != (row, col)}
        if any(isinstance(values.get(p), int | float) or str(values.get(p)).startswith("#") for p in beside):
            out["formulaRange"].add((row, col))
    return out


def is_number(text: str) -> bool:
    try:
        float(text.strip().strip("$€£%() ").replace(",", ""))
    except ValueError:
        return False
    return bool(re.search(r"\d", text))


def is_short_date(text: str) -> bool:
    for form in ("%d/%m/%y", "%d-%m-%y", "%d-%b-%y", "%d %b %y", "%b-%y", "%B %y"):
        try:
            datetime.strptime(text.strip(), form)
        except ValueError:
            continue
        return True
    return False


def name_of(place: Place) -> str:
    return f"{get_column_letter(place[1])}{place[0]}"


def moved(text: str, origin: Place, to: Place) -> str:
    """The formula as it reads when it is copied to another cell; nothing where it would read beyond the sheet."""
    try:
        return Translator(text, origin=name_of(origin)).translate_formula(name_of(to)) if origin != to else text
    except TranslatorError:
        return ""


def omitted(text: str) -> Iterator[Place]:
    """The cells in line with each range of the formula's own sheet, right before and after it."""
    for token in Tokenizer(text).items:
        if token.type == "OPERAND" and token.subtype == "RANGE" and re.fullmatch(r"[$A-Z\d]+:[$A-Z\d]+", token.value):
            left, top, right, bottom = range_boundaries(token.value.replace("$", ""))
            if top == bottom or left != right:
                yield from ((row, col) for row in range(top, bottom + 1) for col in (left - 1, right + 1))
            if left == right or top != bottom:
                yield from ((row, col) for row in (top - 1, bottom + 1) for col in range(left, right + 1))


@cache
def of_file(path: Path) -> list[tuple[str, Marks, Marks]]:
    """Of each sheet: its name, the cells that earn a triangle, those that Excel is told to leave out."""
    return [(name, earned(formulas, values), told) for name, formulas, values, told in read(path)]


def read(path: Path) -> Iterator[tuple[str, dict[Place, Formula], dict[Place, object], Marks]]:
    """Of each sheet: its name, formulas, values, and the cells that Excel is told to leave out, by rule."""
    book, stored = load_workbook(path), load_workbook(path, data_only=True)
    for number, sheet in enumerate(book.worksheets, start=1):
        formulas: dict[Place, Formula] = {}
        for cell in (cell for line in sheet.iter_rows() for cell in line):
            if isinstance(cell.value, ArrayFormula):
                left, top, right, bottom = range_boundaries(cell.value.ref)
                origin = cell.row, cell.column
                for place in ((row, col) for row in range(top, bottom + 1) for col in range(left, right + 1)):
                    formulas[place] = str(cell.value.text), origin
            elif isinstance(cell.value, str) and cell.value.startswith("=") and cell.data_type == "f":
                formulas[cell.row, cell.column] = cell.value, (cell.row, cell.column)
        values = {
            (cell.row, cell.column): cell.value
            for line in stored.worksheets[number - 1].iter_rows()
            for cell in line
            if cell.value is not None
        }
        yield sheet.title, formulas, values, told(path, number)


def told(path: Path, number: int) -> Marks:
    out: Marks = {}
    text = zipfile.ZipFile(path).read(f"xl/worksheets/sheet{number}.xml").decode()
    for ranges, rule in re.findall(r'<ignoredError sqref="([^"]+)" (\w+)="1"/>', text):
        for one in ranges.split():
            left, top, right, bottom = range_boundaries(one)
            out.setdefault(rule, set()).update((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
    return out


def frightening(path: Path) -> list[str]:
    """What earns a triangle and is not left out."""
    return [
        f"{sheet}!{name_of(place)}: {rule}"
        for sheet, found, left_out in of_file(path)
        for rule, places in found.items()
        for place in sorted(places - left_out.get(rule, set()))
    ]


@pytest.fixture(scope="module", params=[0.1, 1e300], ids=["steady", "diverging"])
def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with a blank, numbers as text, short dates; headings that are numbers."""
    frame = pd.DataFrame({
        "1": [1.0, 2, 3, 4, 5, 6, 7, None], "size": ["10", "20", "10", "20", "10", "20", "30", "30"],
        "day": ["01/02/99", "5-Mar-21", "01/02/99", "5-Mar-21", "01/02/99", "5-Mar-21", "01/02/99", "5-Mar-21"],
        "y": [1.0, 2, 3, 5, 8, 13, 21, 34],
    })  # fmt: skip
    path = tmp_path_factory.mktemp("own") / "own.xlsx"
    table = sn.table(frame, target="y", columns={"size": sn.dummies(), "day": sn.dummies()})
    sn.build(path, table, sn.mlp(table, 2), epochs=3, lr=request.param)
    return path


def test_no_cell_of_ones_own_workbook_frightens_nor_is_a_rule_off_without_need(own: Path) -> None:
    """A formula that a learner spoils must still be marked."""
    assert frightening(own) == []
    seen = set()
    for sheet, found, left_out in of_file(own):
        assert left_out == {rule: places for rule, places in found.items() if places}, sheet
        seen |= left_out.keys()
    assert seen - {"formula", "evalError"} == {"numberStoredAsText", "twoDigitTextYear", "formulaRange"}


def test_no_cell_of_a_lesson_frightens(small: Made, lesson_file: Callable[[str], Path]) -> None:
    for path in (small.path, *map(lesson_file, ("quadratic", "matmul"))):
        assert frightening(path) == [], path.name


def test_a_triangle_that_nobody_left_out_is_found(own: Path, tmp_path: Path) -> None:
    pattern = re.compile(rb"<ignoredErrors>.*?</ignoredErrors>")
    found = frightening(rezip(own, tmp_path / "bare.xlsx", lambda _, content: pattern.sub(b"", content)))
    assert {one.rpartition(" ")[2] for one in found} >= {"numberStoredAsText", "twoDigitTextYear", "formulaRange"}
    assert any(one.startswith("Data!") for one in found)


CASES: dict[str, tuple[dict[str, object], dict[str, str]]] = {  # cells, and what is marked
    "a formula unlike its neighbours": ({"B1": "=A1*2", "B2": "=A2*3", "B3": "=A3*2"}, {"B2": "formula"}),
    "side by side": ({"A2": "=A1", "B2": "=A1", "C2": "=C1"}, {"B2": "formula"}),
    "filled down": ({"B1": "=A1*$C$1", "B2": "=A2*$C$1", "B3": "=A3*$C$1"}, {}),
    "the first and the last of a column": ({"B1": "=A1*3", "B2": "=A2*2", "B3": "=A3*2", "B4": "=A4*3"}, {}),
    "a running sum": ({"A1": 1, "A2": 2, "B1": "=SUM($A$1:$A1)", "B2": "=SUM($A$1:$A2)"}, {"B1": "formulaRange"}),
    "a sum of all": ({"A1": 1, "A2": 2, "A3": "=SUM(A1:A2)"}, {}),
    "a year over a sum": ({"A1": 2001, "A2": 2, "A3": 3, "A4": "=SUM(A2:A3)"}, {"A4": "formulaRange"}),
    "a sum of another sheet": ({"A1": 1, "A2": 2, "A3": 3, "B1": "=SUM(Other!A1:A2)"}, {}),
    "words that are numbers": (
        {"A1": "1", "A2": "-1.5e3", "A3": "12%", "A4": "1,234", "A5": "$5", "B1": "1 x", "B2": "epoch 1", "B3": "-"},
        {f"A{row}": "numberStoredAsText" for row in range(1, 6)},
    ),
    "dates of two digits": (
        {"A1": "01/02/99", "A2": "5-Mar-21", "B1": "8 pieces", "B2": "5-Mar-2021"},
        {"A1": "twoDigitTextYear", "A2": "twoDigitTextYear"},
    ),
}  # fmt: skip
WORDS = {"number_stored_as_text": "numberStoredAsText", "two_digit_text_year": "twoDigitTextYear"}
WORDS |= {"formula_differs": "formula", "formula_range": "formulaRange", "eval_error": "evalError"}


@pytest.mark.parametrize("case", CASES)
def test_both_tellings_of_the_rules_know_the_plain_cases(case: str) -> None:
    cells, want = CASES[case]
    sheet = OpenBook().active
    at = {name: (sheet[name].row, sheet[name].column) for name in cells}
    formulas = {at[name]: (str(text), at[name]) for name, text in cells.items() if str(text).startswith("=")}
    values = {at[name]: 1.0 if at[name] in formulas else content for name, content in cells.items()}
    contents = {}
    for (row, col), value in values.items():
        text = formulas.get((row, col), ("", ()))[0].removeprefix("=")
        held = float(value) if isinstance(value, int | float) else str(value)
        contents[row - 1, col - 1] = Content(held, text, (row - 1, col - 1))
    referee = {name_of(place): rule for rule, places in earned(formulas, values).items() for place in places}
    writer = {name_of((r + 1, c + 1)): WORDS[rule] for rule, places in marked(contents).items() for r, c in places}
    assert referee == want
    assert writer == want
