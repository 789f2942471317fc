"""Names of cells: which ones no program takes, refused where names are registered; and what columns are called."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

import sheetnet as sn
from sheetnet.course import LISTING, kind_of
from sheetnet.errors import GraphError
from sheetnet.graph.names import unfit
from sheetnet.graph.node import variable
from sheetnet.motifs.net_parts import free_title, sheet_name
from sheetnet.page.area import Area
from sheetnet.page.book import Book, Page
from sheetnet.sweep_book.pen import Pen
from sheetnet.tables.names import safe_names

# what a row and a column are called where cells are counted, by language of Excel; from the lists of people who hit it
COUNTED = {
    "English": "RC", "German": "ZS", "Polish": "WK", "French": "LC", "Spanish": "FC", "Portuguese": "LC",
    "Swedish": "RK", "Finnish": "RS", "Hungarian": "SO", "Turkish": "SS",
}  # fmt: skip
CELLS = [
    name
    for row, column in COUNTED.values()
    for name in (row, column, f"{row}1", f"{column}12", f"{row}{column}", f"{row}3{column}", f"{row}3{column}5")
]
REFUSED = {
    **dict.fromkeys(CELLS, "looks like a cell"),
    **dict.fromkeys(["A1", "x1", "lr1", "XFD1048576"], "looks like a cell"),
    **dict.fromkeys(["Print_Area", "criteria", "TRUE", "_xlnm", "solver_adj"], "Excel keeps for itself"),
    **dict.fromkeys(["sum", "MMULT", "Index"], "function"),
    **dict.fromkeys(["", "1st", "a b", "a-b", "größe", "a.b"], "letters, digits and _"),
    "n" * 256: "256 characters",
}


def page_of(book: Book) -> Page:
    return book.page("Sheet", "T", "")


@pytest.mark.parametrize("case", [str.upper, str.lower], ids=["upper", "lower"])
def test_a_name_that_is_a_cell_or_a_word_of_some_excel_is_refused_where_names_are_registered(case: type) -> None:
    for name, why in REFUSED.items():
        with pytest.raises(GraphError, match=rf"'{re.escape(case(name))}' for Sheet!\$A\$1:\$A\$2 .*{why}"):
            Book().names.give(case(name), Area("Sheet", 0, 0, 2, 1))


def test_what_only_resembles_one_is_taken() -> None:
    for name in ("lin", "W_start", "all_columns", "z_scores", "R2_", "rcs", "abcd1", "x_1", "_1st", "n" * 255):
        assert unfit(name) == "", name


def test_blocks_tables_and_sweeps_register_in_that_place() -> None:
    page = page_of(Book())
    with pytest.raises(GraphError, match="'Z' for Sheet"):
        page.place("a", variable("a", (1, 1)), 3, 0, "input", name="Z")
    with pytest.raises(GraphError, match="'S2' for Sheet"):
        page.tabulate("S2", Area("Sheet", 3, 0, 3, 1), ("No",))
    pen = object.__new__(Pen)
    pen.page = page
    with pytest.raises(GraphError, match="'W' for Sheet"):
        pen.name("W", 0, 0)


def test_a_name_given_twice_is_told_with_both_places_whatever_its_case_and_kind() -> None:
    book = Book()
    page = page_of(book)
    book.names.give("people", Area("Sheet", 0, 0, 2, 1))
    for again in (lambda: book.names.give("People", Area("Sheet", 0, 4, 2, 1)), lambda: page.tabulate(
        "PEOPLE", Area("Sheet", 0, 4, 2, 1), ("No",)
    )):  # fmt: skip
        with pytest.raises(GraphError, match=r"Sheet!\$A\$1:\$A\$2 \('people'\) and Sheet!\$E\$1:\$E\$2"):
            again()


def test_every_name_of_the_lessons_is_one_that_every_excel_takes() -> None:
    """The pattern is written here anew: one letter that counts rows or columns, alone, with digits, or as a pair."""
    cell = re.compile(r"[A-Z]{1,3}\d+|[RZWLFS]\d*[CSKO]?\d*|[CKO]\d*", re.IGNORECASE)
    for name in (name for name in LISTING if name != "titanic"):
        assert not [one for one in kind_of(name)("0").book.names if cell.fullmatch(one)], name


def test_columns_of_ones_own_get_names_that_every_excel_takes_and_no_other_has() -> None:
    names = ["S", "z1", "so", "W", "K2", "max", "print_area", "_xlnm", "one", "age", "data_age", "mean_AGE", "in_train"]
    found = safe_names(names)
    assert found == (
        "S_", "z1_", "so_", "W_", "K2_", "max_", "print_area_", "_xlnm_", "one_", "age", "data_age_", "mean_AGE_",
        "in_train_",
    )  # fmt: skip
    assert not [one for one in found if unfit(one)]


def test_a_column_called_as_what_is_learnt_of_another_is_no_conflict(tmp_path: Path) -> None:
    frame = pd.DataFrame({name: range(8) for name in ("one", "age", "data_age", "mean_age")} | {"y": [1.0, 2.0] * 4})
    table = sn.table(frame, target="y", columns={name: sn.standardised() for name in frame.columns[:4]})
    built = sn.build(f"{tmp_path}/own.xlsx", table, sn.mlp(table, 2), epochs=1)
    assert built.sheets > 3


def test_a_sheet_has_one_table_with_a_different_heading_for_each_column() -> None:
    page = page_of(Book())
    for headers in (("No",), ("No", "no"), ("No", "")):
        with pytest.raises(GraphError, match="the table 'people' needs 2 different headings"):
            page.tabulate("people", Area("Sheet", 3, 0, 3, 2), headers)
    page.tabulate("people", Area("Sheet", 3, 0, 3, 2), ("No", "Age"))
    with pytest.raises(GraphError, match="has the table 'people' already, and 'others' beside it"):
        page.tabulate("others", Area("Sheet", 9, 0, 3, 2), ("No", "Age"))


def test_words_longer_than_a_column_are_wrapped_or_end_in_dots(tmp_path: Path) -> None:
    name = "What is your opinion of the opening hours of the library on Saturdays, and of those on Sundays?"
    frame = pd.DataFrame({name: [1.0, 2, 3, 4, 5, 6], "y": [1.0, 2, 3, 5, 8, 13]})
    table = sn.table(frame, target="y")
    sn.build(tmp_path / "long.xlsx", table, sn.mlp(table, 2), epochs=1)
    book = load_workbook(tmp_path / "long.xlsx")
    widths = [column.width for sheet in book for column in sheet.column_dimensions.values()]
    assert max(widths) < 100  # of Words; Excel takes 255
    heads = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value == name]
    wrapped = [cell for cell in heads if cell.alignment.wrap_text]
    assert {cell.parent.title for cell in wrapped} == {"Data", "Features"}
    assert {cell.parent.row_dimensions[cell.row].height for cell in wrapped} == {30}
    cut = [
        str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line if name[:50] in str(cell.value)
    ]
    assert any(words.endswith("…") and len(words) <= 58 for words in cut)


def test_nets_of_one_beginning_or_of_a_name_that_sheets_have_get_sheets_of_their_own() -> None:
    """A person's module may be of a class Data or History; Excel keeps the latter for itself."""
    long = "a net of a very long name, number"
    titles: list[str] = []
    for title in (
        "Data",
        "History",
        "torch",
        f"{long} one",
        f"{long} two",
        f"{long} three",
        "Net",
        "NET",
        "Gradient Net",
    ):
        titles.append(free_title(title, "net", titles))
    sheets = [sheet_name(title, before).lower() for title in titles for before in ("", "Gradient", "Descent", "Steps")]
    assert len({*sheets}) == len(sheets)
    assert not {*sheets} & {"start", "data", "features", "torch", "words", "exercises", "history"}
    assert titles[:3] == ["Data net", "History net", "torch net"]
