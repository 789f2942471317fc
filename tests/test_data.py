"""The shipped table is the one it says it is; a user's copy is read alike, and a bad one is refused in words."""

from __future__ import annotations

import csv
import hashlib
import math
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sheetnet.errors import DataError
from sheetnet.tables import SCHEMA, Raw, read_passengers

SHIPPED = files("sheetnet.tables") / "titanic.csv"
SHA256 = "4d4c5987da6d3f94c3f3ccab7dea8fdffda93ea9f09450005dd05f99ab7886cc"
HEADER = "Survived,Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
ROW = "0,3,male,22,1,0,7.25,S"
ROWS = f"{ROW}\n1,1,female,38,1,0,71.2833,C\n"
GOOD = f"{HEADER}\n{ROWS}"


@pytest.fixture(scope="module")
def shipped() -> Raw:
    return read_passengers()


def assert_same(left: Raw, right: Raw) -> None:
    assert list(left.columns) == list(right.columns)
    for name in left.columns:
        np.testing.assert_array_equal(left.columns[name], right.columns[name])


def load(folder: Path, content: str | bytes) -> Raw:
    path = folder / "mine.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_passengers(path)


def test_shipped_file_is_the_known_one() -> None:
    content = SHIPPED.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256
    assert SHA256 in (files("sheetnet.tables") / "README.md").read_text(encoding="utf-8")


def test_shipped_table_has_the_known_counts(shipped: Raw) -> None:
    columns = shipped.columns
    no_age, no_port = np.isnan(columns["Age"]), columns["Embarked"] == ""
    assert shipped.n_rows == 891
    assert shipped.source == "titanic.csv"
    assert columns["Survived"].sum() == 342
    assert (no_age.sum(), no_port.sum(), (~no_age & ~no_port).sum()) == (177, 2, 712)


def test_columns_have_one_shape_and_the_dtype_of_their_kind(shipped: Raw) -> None:
    assert list(shipped.columns) == list(SCHEMA) == HEADER.split(",")
    for name, column in shipped.columns.items():
        assert column.shape == (891, 1)
        assert column.dtype == (np.float64 if SCHEMA[name].kind == "number" else object)
        if SCHEMA[name].kind == "text":
            assert {type(text) for text in column[:, 0]} == {str}


def test_every_cell_is_what_pandas_reads(shipped: Raw) -> None:
    with SHIPPED.open("rb") as stream:
        expected = pd.read_csv(stream)
    frame = shipped.frame
    assert frame.shape == (891, 8)
    assert list(frame.columns) == list(expected.columns)
    for name in expected:
        for mine, theirs in zip(frame[name], expected[name], strict=True):
            assert mine == theirs or (pd.isna(mine) and pd.isna(theirs))


def test_frame_marks_what_is_missing(shipped: Raw) -> None:
    frame = shipped.frame
    assert frame.isna().sum().sum() == 177 + 2
    assert frame["Embarked"].dtype == object
    assert frame["Embarked"][61] is None
    frame.loc[0, "Age"] = 99.0
    assert shipped.columns["Age"][0, 0] == 22


def test_reading_does_not_import_pandas() -> None:
    code = "import sys; from sheetnet.tables import read_passengers; read_passengers(); print('pandas' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_a_file_shaped_as_kaggles_gives_the_same_arrays(tmp_path: Path, shipped: Raw, bom: str, end: str) -> None:
    order = ["PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Parch"]
    order += ["Ticket", "Fare", "Cabin", "Embarked"]
    path = tmp_path / "train.csv"
    with SHIPPED.open(encoding="utf-8") as source, path.open("w", encoding="utf-8", newline="") as target:
        target.write(bom)
        writer = csv.DictWriter(target, order, lineterminator=end)
        writer.writeheader()
        for number, row in enumerate(csv.DictReader(source), start=1):
            name = f'Ödegård, Mrs. "Née" {number} (Anna, the elder)'
            writer.writerow(row | {"PassengerId": number, "Name": name, "Ticket": "A/5 21171", "Cabin": "C23 C25"})
    mine = read_passengers(path)
    assert_same(mine, shipped)
    assert mine.source == "train.csv"


def test_order_of_columns_blanks_and_empty_lines_do_not_matter(tmp_path: Path) -> None:
    lines = [line.split(",")[::-1] for line in GOOD.splitlines()]
    turned = "\n" + "\n\n".join(" , ".join(line) for line in lines) + "\n\n"
    assert_same(load(tmp_path, turned), load(tmp_path, GOOD))


def test_a_path_may_be_a_text(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(GOOD, encoding="utf-8")
    assert read_passengers(str(tmp_path / "mine.csv")).n_rows == 2


def with_cell(column: str, cell: str) -> str:
    """A good table in which one cell of line 3 is another."""
    first, second = ROWS.splitlines()
    cells = dict(zip(SCHEMA, second.split(","), strict=True)) | {column: cell}
    return f"{HEADER}\n{first}\n{','.join(cells.values())}\n"


BAD_CELLS = [
    ("Survived", "2", ["'2'", "0 or 1"]),
    ("Survived", "", ["an empty cell", "0 or 1"]),
    ("Pclass", "4", ["'4'", "1, 2 or 3"]),
    ("Pclass", "1.5", ["'1.5'", "1, 2 or 3"]),
    ("Sex", "M", ["'M'", "male or female"]),
    ("Sex", "  ", ["an empty cell", "male or female"]),
    ("Sex", "x" * 1000, ["'" + "x" * 39 + "…'", "male or female"]),
    ("Age", "-1", ["'-1'", "a number of 0 or more, or nothing"]),
    ("Age", "unknown", ["'unknown'", "a number of 0 or more, or nothing"]),
    ("SibSp", "0.5", ["'0.5'", "a whole number of 0 or more"]),
    ("Parch", "", ["an empty cell", "a whole number of 0 or more"]),
    ("Fare", "inf", ["'inf'", "a number of 0 or more;"]),
    ("Fare", "1e999", ["'1e999'", "a number of 0 or more;"]),
    ("Fare", "1_000", ["'1_000'", "a number of 0 or more;"]),
    ("Fare", "٣", ["'٣'", "a number of 0 or more;"]),
    ("Fare", '"7,25"', ["'7,25'", "a number of 0 or more;"]),
    ("Embarked", "=1+1", ["'=1+1'", "C, Q or S, or nothing"]),
    ("Embarked", '"C\nQ"', [r"'C\nQ'", "C, Q or S, or nothing"]),
]


@pytest.mark.parametrize(("column", "cell", "words"), BAD_CELLS, ids=[f"{c}={v[:8]!r}" for c, v, _ in BAD_CELLS])
def test_a_bad_cell_is_refused_in_words(tmp_path: Path, column: str, cell: str, words: list[str]) -> None:
    place = f"mine.csv, line {3 + cell.count(chr(10))}, column {column}: found"
    assert_refused(tmp_path, with_cell(column, cell), [place, *words, "mend"])


BAD_FILES: dict[str, tuple[str | bytes, list[str]]] = {
    "workbook": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00", ["Excel workbook", "not utf-8", "CSV UTF-8"]),
    "half of utf-16": (GOOD.encode("utf-16")[:-1], ["line 3 is not utf-16 text", "CSV UTF-8"]),
    "zero bytes": (GOOD + "\0", ["binary", "not utf-8", "CSV UTF-8"]),
    "no encoding at all": (GOOD.encode() + b"0,3,\x81de", ["line 4 is not utf-8 text", "0x81", "CSV UTF-8"]),
    "empty": ("", ["the file is empty", "header"]),
    "only a BOM": (b"\xef\xbb\xbf", ["the file is empty", "header"]),
    "only blanks": (" \n\r\n", ["the file is empty", "header"]),
    "header only": (HEADER, ["has no rows", "at least 2", "add"]),
    "one row": (f"{HEADER}\n{ROW}", ["has 1 row,", "at least 2", "add"]),
    "no Fare": (GOOD.replace("Fare", "Price"), ["line 1", "no column Fare", "'Price'", "'Embarked'", "add"]),
    "spaces": (GOOD.replace("SibSp", "Sib Sp"), ["no column SibSp", "rename 'Sib Sp' to SibSp", "only spaces"]),
    "spaces and more": (GOOD.replace("Fare", "F are").replace("Sex", "S"), ["column Sex, Fare", "'F are'", "the rest"]),
    "test.csv": (GOOD.replace("Survived", "PassengerId"), ["no column Survived among", "train.csv", "test.csv"]),
    "one column": (GOOD.replace(",", "#"), ["no column Survived", "add what is missing"]),
    "no header": (ROWS, ["no column Survived, Pclass", "'0', '3', 'male'", "add"]),
    "wide header": (",".join(map(str, range(999))), ["'19' and 979 more"]),
    "twice": (f"{HEADER},Age\n{ROW},1\n{ROW},1\n", ["line 1", "column Age 2 times", "each column once", "rename"]),
    "twice but for case": (f"{HEADER},age\n{ROW},1\n{ROW},1\n".replace("Age", "AGE"), ["line 1", "column Age 2 times"]),
    "no Fares": (GOOD.replace("7.25", "").replace("71.2833", "?"), ["has no rows", "without Fare", "line 2, line 3"]),
    "too few": (f"{GOOD}0,3,male\n", ["line 4", "found 3 fields", "8 as in the header", "quotes"]),
    "too many": (f"{GOOD}{ROW},\n", ["line 4", "found 9 fields", "8 as in the header", "quotes"]),
    "one field": (f"{GOOD}0\n", ["line 4", "found 1 field,"]),
    "long text": (with_cell("Sex", "x" * 200_000), ["line 3", "field larger", "131,072", "shorten"]),
    "open quote": (with_cell("Sex", '"male'), ["line 3", "unexpected end", "close the quote"]),
    "after quote": (with_cell("Sex", '"ma"le'), ["line 3", "expected after", "close the quote"]),
    "too many rows": (f"{HEADER}\n" + f"{ROW}\n" * 16_385, ["line 16386", "more than 16,384 rows", "for learning"]),
    "too many bytes": (b"," * (16 * 2**20 + 1), ["larger than 16 MiB", "at most 16,384 rows"]),
}


AS_PEOPLE_WRITE: dict[str, tuple[str | bytes, str]] = {
    "utf-16": (GOOD.encode("utf-16"), "utf-16"),
    "windows": (f"{HEADER},Näme\n{ROW},a\n1,1,female,38,1,0,71.2833,C,b\n".encode("cp1252"), "cp1252"),
    "lower case": (GOOD.lower().replace(",s\n", ",S\n"), "'c' is C"),
    "upper case": (GOOD.upper(), "'FEMALE' is female"),
    "semicolons": (GOOD.replace(",", ";"), "semicolons"),
    "decimal commas": (GOOD.replace(",", ";").replace(".", ","), "Fare: commas are decimal marks"),
    "tabs": (GOOD.replace(",", "\t"), "tabs"),
    "a row without Fare": (f"{HEADER}\n{ROW.replace('7.25', 'n/a')}\n{ROWS}", "without Fare, left out: line 2"),
}


@pytest.mark.parametrize(("content", "word"), AS_PEOPLE_WRITE.values(), ids=AS_PEOPLE_WRITE)
def test_files_as_people_write_them_are_read_with_a_word(tmp_path: Path, content: str | bytes, word: str) -> None:
    mine = load(tmp_path, content)
    assert_same(mine, load(tmp_path, GOOD))
    assert word in "; ".join(mine.said)


@pytest.mark.parametrize(("content", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_in_words(tmp_path: Path, content: str | bytes, words: list[str]) -> None:
    assert_refused(tmp_path, content, ["mine.csv", *words])


def assert_refused(folder: Path, content: str | bytes, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        load(folder, content)
    message = str(caught.value)
    assert [word for word in [*words, "expected", "; "] if word not in message] == [], message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 600 + len(str(folder))


def test_the_largest_table_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, f"{HEADER}\n" + f"{ROW}\n" * 16_384).n_rows == 16_384


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: there is no such file, expected .*train\.csv; check the path\."):
        read_passengers(tmp_path / "none.csv")


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"this is a folder, expected .*train\.csv; name a file in it\."):
        read_passengers(tmp_path)


def test_what_the_system_will_not_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text("Age\n22\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"mine\.csv: it cannot be read \(Permission denied\), expected .*rights\."):
        read_passengers(tmp_path / "mine.csv")


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("Pclass", 3.0, 3.0),
        ("Pclass", 3, 3.0),
        ("Pclass", "3.0", 3.0),
        ("Fare", " 7.25 ", 7.25),
        ("Fare", "-0", 0.0),
        ("Fare", np.float64(1.5), 1.5),
        ("Age", None, math.nan),
        ("Age", math.nan, math.nan),
        ("Age", "", math.nan),
        ("Embarked", None, ""),
        ("Embarked", math.nan, ""),
        ("Embarked", "S ", "S"),
    ],
)
def test_a_cell_has_its_value(column: str, cell: str | float | None, value: float | str) -> None:
    got = SCHEMA[column].value(cell)
    assert type(got) in (float, str)
    assert repr(got) == repr(value)
    assert repr(SCHEMA[column].value(got)) == repr(value)


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("Survived", True, "found True"),
        ("Survived", 0.5, "found 0.5"),
        ("Survived", None, "found an empty cell"),
        ("Survived", math.nan, "found an empty cell"),
        ("Sex", 1.0, "found 1.0"),
        ("Fare", math.inf, "found inf"),
        ("Fare", np.float64(-2), "found -2.0"),
        ("Fare", "#DIV/0!", "found '#DIV/0!'"),
    ],
)
def test_a_cell_of_a_sheet_is_refused_in_words(column: str, cell: str | float | None, words: str) -> None:
    with pytest.raises(DataError) as caught:
        SCHEMA[column].value(cell)
    assert str(caught.value).startswith(f"column {column}: {words}, expected {SCHEMA[column].expected};")
