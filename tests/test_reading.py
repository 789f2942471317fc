"""Text files as people write them are read as they are meant, or refused with what to say."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sheetnet as sn
from sheetnet.errors import DataError
from sheetnet.tables import reading, sources
from sheetnet.tables.memory import Given
from sheetnet.tables.names import MAX_NAME, safe_names, unique
from sheetnet.tables.sources import Reading, given

GOOD = "size,kind,price\n1.5,a,10.25\n2.5,b,20\n3.5,a,30.125\n"
EXPECTED = {"size": [1.5, 2.5, 3.5], "kind": ["a", "b", "a"], "price": [10.25, 20.0, 30.125]}


def load(folder: Path, content: str | bytes, name: str = "mine.csv", **said: Any) -> Given:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return given(path, reading=Reading(**said))


def assert_holds(found: Given, expected: dict[str, list[Any]]) -> None:
    assert found.names == tuple(expected)
    for column, entries in zip(found.columns, expected.values(), strict=True):
        want: Any = np.array(entries, dtype=object if isinstance(entries[0], str) else float)
        np.testing.assert_array_equal(column.entries, want, err_msg=column.name)


def zipped(content: bytes, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("mine.csv", *more):
            archive.writestr(name, content)
    return out.getvalue()


EUROPEAN = GOOD.replace(",", ";").replace(".", ",")
FILES: dict[str, tuple[str | bytes, str, str]] = {  # content, name, a word that is said
    "commas": (GOOD, "mine.csv", ""),
    "semicolons": (GOOD.replace(",", ";"), "mine.csv", "semicolons"),
    "tabs": (GOOD.replace(",", "\t"), "mine.tsv", ""),
    "tabs in a txt": (GOOD.replace(",", "\t"), "mine.txt", "tabs"),
    "bars": (GOOD.replace(",", "|"), "mine.csv", "bars"),
    "as Excel says it": ("sep=;\r\n" + GOOD.replace(",", ";"), "mine.csv", ""),
    "decimal commas": (EUROPEAN, "mine.csv", ""),
    "decimal commas in quotes": ('size,kind,price\n"1,5",a,"10,25"\n"2,5",b,20\n"3,5",a,"30,125"\n', "mine.csv", ""),
    "BOM": (b"\xef\xbb\xbf" + GOOD.encode(), "mine.csv", ""),
    "utf-16": (GOOD.encode("utf-16"), "mine.csv", "utf-16"),
    "utf-16 from the other end": (b"\xfe\xff" + GOOD.encode("utf-16-be"), "mine.csv", "utf-16"),
    "utf-32": (GOOD.encode("utf-32"), "mine.csv", "utf-32"),
    "old mac": (GOOD.replace("\n", "\r"), "mine.csv", ""),
    "windows": (GOOD.replace("\n", "\r\n"), "mine.csv", ""),
    "no last line end": (GOOD.rstrip(), "mine.csv", ""),
    "empty lines": ("\n\n" + GOOD.replace("\n", "\n\n"), "mine.csv", ""),
    "lines without entries": (GOOD + ",,\n , ,\n", "mine.csv", "2 rows without any entry"),
    "blanks around": (GOOD.replace(",", " , "), "mine.csv", ""),
    "quotes": (GOOD.replace("a", '"a"').replace("kind", '"kind"'), "mine.csv", ""),
    "a comma behind each line": (GOOD.replace("\n", ",\n"), "mine.csv", ""),
    "a comma behind each row": (GOOD.replace("\n", ",\n").replace("price,", "price"), "mine.csv", ""),
    "gz": (gzip.compress(GOOD.encode()), "mine.csv.gz", ""),
    "bz2": (bz2.compress(GOOD.encode()), "mine.csv.bz2", ""),
    "xz": (lzma.compress(GOOD.encode()), "mine.csv.xz", ""),
    "zip": (zipped(GOOD.encode()), "mine.zip", ""),
    "zip of a mac": (zipped(GOOD.encode(), "__MACOSX/._mine.csv"), "mine.csv.zip", ""),
}


@pytest.mark.parametrize(("content", "name", "word"), FILES.values(), ids=FILES)
def test_a_file_is_read_as_it_is_meant(tmp_path: Path, content: str | bytes, name: str, word: str) -> None:
    found = load(tmp_path, content, name)
    assert_holds(found, EXPECTED)
    assert word in "; ".join(found.said)
    assert found.source == name


def test_letters_of_windows_are_read_with_a_word(tmp_path: Path) -> None:
    content = GOOD.replace("a", "ä€")
    found = load(tmp_path, content.encode("cp1252"))
    assert_holds(found, EXPECTED | {"kind": ["ä€", "b", "ä€"]})
    assert any("cp1252" in words and "encoding=" in words for words in found.said)
    assert_holds(
        load(tmp_path, content.encode("cp850", "replace"), encoding="cp850"), EXPECTED | {"kind": ["ä?", "b", "ä?"]}
    )


@pytest.mark.parametrize("token", ["", " ", "NA", "N/A", "NaN", "nan", "null", "None", "?", "-", ".", "#N/A"])
def test_a_word_for_nothing_is_blank_in_numbers_and_texts(tmp_path: Path, token: str) -> None:
    found = load(tmp_path, GOOD + f"{token},{token},40\n")
    assert_holds(
        found, {"size": [1.5, 2.5, 3.5, np.nan], "kind": ["a", "b", "a", ""], "price": [10.25, 20, 30.125, 40]}
    )
    told = [words for column in found.columns for words in column.said]
    assert len(told) == 2 * bool(token.strip())
    assert all(repr(token) in words for words in told)


def test_true_and_false_are_numbers_with_a_word(tmp_path: Path) -> None:
    found = load(tmp_path, "a,b\nTrue,x\nFALSE,y\n,z\n")
    assert_holds(found, {"a": [1.0, 0.0, np.nan], "b": ["x", "y", "z"]})
    assert "True is 1" in found.columns[0].said[0]


NUMBERS: dict[str, tuple[list[str], dict[str, str], list[float]]] = {  # cells, what is said, numbers
    "thousands with commas, told by a fraction": (["1,234.5", "12"], {}, [1234.5, 12]),
    "thousands with points, told by a fraction": (["1.234,5", "12"], {}, [1234.5, 12]),
    "two groups": (["1,234,567", "8"], {}, [1234567, 8]),
    "points that may be either are fractions": (["1.234", "2.345"], {}, [1.234, 2.345]),
    "said to be a fraction": (["1,234", "2,345"], {"decimal": ","}, [1.234, 2.345]),
    "said to be thousands": (["1,234", "2,345"], {"decimal": "."}, [1234, 2345]),
    "a nought in front": (["0,123", "2,345"], {}, [0.123, 2.345]),
    "exponents": (["1e3", "-2.5E-1"], {}, [1000, -0.25]),
    "minus nought": (["-0", "-0.0"], {}, [0, 0]),
    "signs": (["+1", "-.5"], {}, [1, -0.5]),
}


@pytest.mark.parametrize(("cells", "said", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_are_read_by_their_marks(
    tmp_path: Path, cells: list[str], said: dict[str, Any], expected: list[float]
) -> None:
    content = "n;t\n" + "".join(f"{cell};x\n" for cell in cells)
    found = load(tmp_path, content, **said)
    assert repr(found.columns[0].entries.tolist()) == repr([float(v) for v in expected])


def test_one_column_tells_the_mark_of_another(tmp_path: Path) -> None:
    fraction = load(tmp_path, "a;b\n1,234;0,5\n2,345;1,5\n")
    assert_holds(fraction, {"a": [1.234, 2.345], "b": [0.5, 1.5]})
    thousands = load(tmp_path, "a;b\n1,234;0.5\n2,345;1.5\n")
    assert_holds(thousands, {"a": [1234, 2345], "b": [0.5, 1.5]})


NO_NUMBERS = ["1_000", "٣", "0x10", "1 000", "12%", "inf", "1,2,3", "1.2.3", "$5", "1e", "--1"]


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_what_is_no_number_makes_a_column_of_texts_and_is_named(tmp_path: Path, cell: str) -> None:
    column = load(tmp_path, f"n;t\n1;x\n{cell};y\n").columns[0]
    assert column.entries.tolist() == ["1", cell]
    assert column.bad == f"{cell!r} (line 3)"


REFUSED: dict[str, tuple[str | bytes, str, list[str]]] = {
    "thousands or a fraction": (
        'a,b\n"1,234",1\n"2,345",2\n',
        "mine.csv",
        ["column a", "'1,234'", 'decimal=","', 'decimal="."'],
    ),
    "two separators": ("a,b;c\n1,2;3\n4,5;6\n", "mine.csv", ["commas and semicolons", "separator="]),
    "no rows": ("a,b\n", "mine.csv", ["no rows"]),
    "empty": ("", "mine.csv", ["the file is empty"]),
    "only blanks": (" \n\n", "mine.csv", ["the file is empty"]),
    "a cell less": (GOOD + "1,2\n", "mine.csv", ["line 5", "2 fields", "3 as in the header", "quotes"]),
    "a cell more": (GOOD + "1,2,3,4\n", "mine.csv", ["line 5", "4 fields"]),
    "open quote": (GOOD + '"1,a,2\n', "mine.csv", ["line 5", "broken cell", "close the quote"]),
    "binary": (GOOD.encode() + b"\0", "mine.csv", ["binary"]),
    "workbook": (zipped(GOOD.encode()), "mine.csv", ["Excel workbook"]),
    "no archive": (b"no archive", "mine.csv.gz", ["cannot be unpacked"]),
    "half an archive": (gzip.compress(GOOD.encode())[:-9], "mine.csv.gz", ["cannot be unpacked"]),
    "broken xz": (lzma.compress(GOOD.encode())[:-9], "mine.csv.xz", ["cannot be unpacked"]),
    "broken bz2": (bz2.compress(GOOD.encode())[:-9], "mine.csv.bz2", ["cannot be"]),
    "no zip": (b"PK\x03\x04 no zip", "mine.zip", ["cannot be unpacked"]),
    "two in a zip": (zipped(GOOD.encode(), "other.csv"), "mine.zip", ["2 files", "unpack it"]),
    "another format": ("{}", "mine.json", ["'.json'", ".csv", ".parquet"]),
    "no parquet": ("PAR1", "mine.parquet", ["mine.parquet", "cannot be read"]),
    "many columns": (
        ",".join(f"c{i}" for i in range(1025)) + "\n" + "1," * 1024 + "1\n",
        "mine.csv",
        ["1,025 columns", "1,024"],
    ),
    "many rows": ("a,b\n" + "1,2\n" * 16_385, "mine.csv", ["line 16386", "more than 16,384 rows"]),
}


@pytest.mark.parametrize(("content", "name", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_in_words(
    tmp_path: Path, content: str | bytes, name: str, words: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, content, name)
    message = str(caught.value)
    assert [word for word in [*words, "mine", "expected", "; "] if word not in message] == [], message
    assert "\n" not in message
    assert len(message) < 600 + len(str(tmp_path))


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zip"])
def test_a_file_that_unpacks_without_end_is_stopped(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = b"\n" * (reading.MAX_BYTES + 10**6)
    packed = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zip": zipped}[how](bomb)
    assert len(packed) < 10**5
    with pytest.raises(DataError, match="larger than 16 MiB"):
        load(tmp_path, packed, f"mine.csv.{how}")


def test_what_is_said_settles_what_may_be_either(tmp_path: Path) -> None:
    content = "a,b;c\n1,2;3\n4,5;6\n"
    assert load(tmp_path, content, separator=";").names == ("a,b", "c")
    assert load(tmp_path, content, separator=",").names == ("a", "b;c")
    with pytest.raises(DataError, match="one character"):
        load(tmp_path, content, separator="::")
    with pytest.raises(DataError, match="there is no encoding 'utf-9'"):
        load(tmp_path, content, encoding="utf-9")


def test_a_nameless_column_that_counts_is_no_feature(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.5, 2.5, 1.0, 7.0], "y": [1.0, 3.0, 2.0, 9.0]})
    for name in ("with.csv", "unnamed.csv"):
        frame.to_csv(tmp_path / name)
    content = (tmp_path / "unnamed.csv").read_text()
    (tmp_path / "unnamed.csv").write_text("Unnamed: 0" + content)
    for name in ("with.csv", "unnamed.csv"):
        table = sn.table(tmp_path / name, "y")
        assert table.features == ("x",)
        assert "it counts the rows" in str(table)


def test_names_of_rows_as_r_writes_them_are_no_feature(tmp_path: Path) -> None:
    content = 'x,y\n"Mazda",1.5,2\n"Fiat",2.5,3\n"Volvo",0.5,1\n'
    found = load(tmp_path, content)
    assert found.names == ("column 1", "x", "y")
    assert any("the first cells name the rows" in words for words in found.said)
    assert sn.table(tmp_path / "mine.csv", "y").features == ("x",)


def test_an_index_in_parquet_is_no_feature(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.5, 2.5, 1.0], "y": [1.0, 3.0, 2.0]}, pd.Index([7, 8, 9], name="key"))
    frame.to_parquet(tmp_path / "mine.parquet")
    table = sn.table(tmp_path / "mine.parquet", "y", scale="none")
    assert table.features == ("x",)
    assert "the index key is no feature" in table.said
    np.testing.assert_array_equal(table.y[:, 0], frame["y"])


def test_a_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.csv").write_text(GOOD)
    assert sn.table("~/mine.csv", "price").n_rows == 3


def test_a_large_parquet_is_refused_before_it_is_read(tmp_path: Path) -> None:
    pd.DataFrame({"x": np.zeros(16_385)}).to_parquet(tmp_path / "mine.parquet")
    with pytest.raises(DataError, match="16,385 rows"):
        given(tmp_path / "mine.parquet")


def test_a_parquet_file_that_holds_more_than_it_seems_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_UNPACKED", 2**20)
    pd.DataFrame({"x": ["x" * 10**5] * 200, "y": range(200)}).to_parquet(tmp_path / "mine.parquet")
    assert (tmp_path / "mine.parquet").stat().st_size < 10**6
    with pytest.raises(DataError, match="holds more than"):
        given(tmp_path / "mine.parquet")


# ---- names


ODD = [
    "", " ", "a b", "x/y", "s1", "AB12", "abc123", "R1C1", "r", "C", "rc", "TRUE", "false", "=1+1", "🙂", "Größe",
    "x" * 300, "x" * 301, "y", "X", "No", "epoch", "lr_linear", "linear_weight", "1st", "a\nb", "a-b", "a.b", "A B",
    "_", "__", "Part", "d_lin", "passengers", "Print_Area", "e1", "XFD1048576", "12", "-", "a b", "solver_adj", "W",
    "名前", "é", "b",
]  # fmt: skip


def test_safe_names_can_stand_in_a_formula() -> None:
    names = safe_names(ODD)
    assert len({name.lower() for name in names}) == len(ODD)
    for name in names:
        assert name.isascii()
        assert name.isidentifier()
        assert len(name) <= MAX_NAME
        assert not pd.Series([name]).str.fullmatch(r"(?i)[a-z]{1,3}\d+|[rc]\d*|r\d*c\d*|true|false").any()
        assert name.lower() not in ("x", "y", "no", "epoch", "w", "part", "lr_linear", "linear_weight", "d_lin")


def test_names_that_are_safe_stay_and_the_others_give_way() -> None:
    assert safe_names(["bill length", "bill_length", "Sex", "sex "]) == ("bill_length_2", "bill_length", "Sex", "sex_2")
    assert safe_names(safe_names(ODD)) == safe_names(ODD)


@pytest.mark.parametrize("seed", range(20))
def test_names_of_any_letters_are_made_safe(seed: int) -> None:
    rng = np.random.default_rng(seed)
    letters = list("aAbB12 _-.é🙂RrCc")
    names = ["".join(rng.choice(letters, rng.integers(0, 6))) for _ in range(60)]
    safe = safe_names(names)
    assert len({name.lower() for name in safe}) == 60
    assert all(name.isidentifier() and name.isascii() for name in safe)
    assert len({name.lower() for name in unique(names)}) == 60


# ---- whatever it is, it is read or refused

PIECES = [
    b"a", b"1", b"2.5", b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b'"', b"NA", b"?", b"1,5", b"1.234", b"\xff",
    b"\0", b"\xe4", b" ", b"True", b"yes", b"no", b"=1+1", b"sep=;", b"\xef\xbb\xbf", b"x,y\n", b"1,2\n", b"3,4\n",
    b"1e400", b"-0",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_are_read_or_refused(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    path, kept = tmp_path / "mine.csv", 0
    for _ in range(150):
        content = b"".join(PIECES[at] for at in rng.integers(0, len(PIECES), rng.integers(1, 40)))
        if rng.random() < 0.7:
            rows = rng.choice(
                [b"1", b"2.5", b"NA", b"yes", b"no", b"-0", b"1e400", b"=1+1", b"\xe4"], (rng.integers(1, 9), 2)
            )
            content = b"x;y\n" + b"\n".join(b";".join(row) for row in rows)
        path.write_bytes(content)
        try:
            table = sn.table(path, "y", missing=rng.choice(["drop", "median", "mode", "flag"]))
        except DataError as reason:
            assert "mine.csv" in str(reason)  # noqa: PT017
            continue
        kept += 1
        assert np.isfinite(table.X).all()
        assert str(table)
        assert table._repr_html_()
    assert kept > 5
