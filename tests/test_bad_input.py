"""What a user got wrong gives exit code 2 and one message that names the place; no file is lost or half written."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from conftest import PICKED, ROOT, Made, edit, edit_xml, part_of, rezip, run_sheetnet
from openpyxl import load_workbook

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.book import reader
from sheetnet.book import xlsx as workbook
from sheetnet.book.package import MAX_PARTS, MAX_UNPACKED
from sheetnet.checking.poison import poison
from sheetnet.errors import SheetnetError, WorkbookError
from sheetnet.graph.node import variable
from sheetnet.page.area import area_of
from sheetnet.page.book import Book

Spoil = Callable[[Made, Path], object]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in; after the test no half-written file is in it."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def message_of(result: Result) -> str:
    """The one message of a refused command."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


def refused(*args: str | Path) -> str:
    """The one message of sheetnet for what it refuses."""
    message = message_of(CliRunner().invoke(main, [*map(str, args)]))
    assert message.startswith("sheetnet: ")
    assert message.count("sheetnet:") == 1
    assert "Traceback" not in message
    return message


# ---- files that are no workbook of ours


def zipped(out: Path, **parts: bytes) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)


def others_workbook(_: Made, out: Path) -> None:
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("Data").write_number(0, 0, 1)


def flipped(made: Made, out: Path) -> None:
    """One bit is another in the middle of the compressed sheet MMULT."""
    with zipfile.ZipFile(made.path) as archive:
        part = archive.getinfo(part_of(made, "MMULT"))
    content = bytearray(made.path.read_bytes())
    content[part.header_offset + 30 + len(part.filename) + part.compress_size // 2] ^= 4
    out.write_bytes(content)


def lying_about_its_size(made: Made, out: Path) -> None:
    """The zip's directory says that the last part is small; it is not."""
    zipped(out, xl__workbook="", **{"xl__workbook.xml": b"<a>" + b" " * 50_000})
    content = bytearray(out.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    out.write_bytes(content)


def with_a_document_type(encoding: str) -> Spoil:
    def spoil(made: Made, out: Path) -> None:
        def change(name: str, content: bytes) -> bytes:
            if name != "xl/worksheets/sheet1.xml":
                return content
            head, rest = content.decode().split("?>", 1)
            head = head.replace("UTF-8", encoding)
            return (head + '?><!DOCTYPE a [<!ENTITY b "c">]>' + rest).encode(encoding)

        rezip(made.path, out, change)

    return spoil


def in_utf16(made: Made, out: Path) -> None:
    def change(name: str, content: bytes) -> bytes:
        whole = content.decode().replace("UTF-8", "UTF-16")
        return whole.encode("UTF-16") if name == "xl/worksheets/sheet1.xml" else content

    rezip(made.path, out, change)


def array_over_the_whole_sheet(made: Made, out: Path) -> None:
    old = '<f t="array" ref="G7:H9">'
    edit_xml(made.path, out, part_of(made, "MMULT"), old, old.replace("I9", "XFD1048576"))


def a_cell(id: str, text: str) -> Spoil:
    """The number of an input cell, as XML may hold it and Excel never would."""

    def spoil(made: Made, out: Path) -> None:
        sheet, _, address = made.cell(id).rpartition("!")
        cell = re.compile(rf'(<c r="{address}"[^>]*><v>)[^<]*'.encode())
        part = part_of(made, sheet)
        rezip(made.path, out, lambda name, old: cell.sub(rb"\g<1>" + text.encode(), old) if name == part else old)

    return spoil


NOT_OURS: dict[str, tuple[Spoil, str]] = {
    "absent": (lambda made, out: None, "no such file"),
    "folder": (lambda made, out: out.mkdir(), "folder"),
    "empty": (lambda made, out: out.write_bytes(b""), "no .xlsx workbook"),
    "text": (lambda made, out: out.write_text("Age,Fare\n22,7.25\n"), "no .xlsx workbook"),
    "zip": (lambda made, out: zipped(out, a=b"a"), "no .xlsx workbook"),
    "truncated": (lambda made, out: out.write_bytes(made.path.read_bytes()[:-2000]), "damaged"),
    "cut in half": (lambda made, out: out.write_bytes(made.path.read_bytes()[:30_000]), "damaged"),
    "flipped bit": (flipped, "damaged"),
    "another's workbook": (others_workbook, "not made by sheetnet"),
    "bomb": (lambda made, out: zipped(out, **{"xl__workbook.xml": bytes(MAX_UNPACKED + 1)}), "unpacks to more than"),
    "many parts": (lambda made, out: zipped(out, **{f"p{i}": b"" for i in range(MAX_PARTS + 1)}), "no workbook"),
    "lying bomb": (lying_about_its_size, "damaged"),
    "DOCTYPE": (with_a_document_type("UTF-8"), "xl/worksheets/sheet1.xml declares a document type"),
    "DOCTYPE in UTF-16": (with_a_document_type("UTF-16"), "xl/worksheets/sheet1.xml"),
    "a sheet in UTF-16": (in_utf16, "xl/worksheets/sheet1.xml"),
    "a part missing": (lambda made, out: zipped(out, **{"xl__workbook.xml": b"<a/>"}), "cannot be read"),
    "a number that is none": (a_cell("start.linear.lr", "nan"), "cannot be read"),
    "a number out of bounds": (a_cell("start.linear.lr", "1e999"), "Start!B9"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_OURS)
def test_a_file_that_cannot_be_checked_is_named(small: Made, kind: str) -> None:
    spoil, words = NOT_OURS[kind]
    spoil(small, Path("bad.xlsx"))
    message = refused("check", "bad.xlsx")
    assert "bad.xlsx" in message
    assert words in message


READ = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
from sheetnet.book.reader import WorkbookError, read
try:
    read(Path(sys.argv[1]))
except WorkbookError as reason:
    print(reason)
"""


def test_an_array_formula_over_a_whole_sheet_takes_no_whole_memory(small: Made, tmp_path: Path) -> None:
    array_over_the_whole_sheet(small, Path("bad.xlsx"))
    command = [sys.executable, "-c", READ, str(tmp_path / "bad.xlsx")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "MemoryError" not in done.stdout


@pytest.mark.parametrize("share", np.linspace(0.01, 0.99, 25))
def test_a_flipped_bit_anywhere_never_ends_in_a_traceback(small: Made, share: float) -> None:
    content = bytearray(small.path.read_bytes())
    content[int(share * len(content))] ^= 16
    Path("bad.xlsx").write_bytes(content)
    result = CliRunner().invoke(main, ["check", "bad.xlsx"])
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)
    assert result.exit_code in (0, 2)  # a bit of a date, or of the name of a part that nobody reads, harms nothing


# ---- the hidden manifest


def with_manifest(change: Callable[[str], str]) -> Spoil:
    def spoil(made: Made, out: Path) -> None:
        book = load_workbook(made.path)
        sheet = book["_sheetnet"]
        text = change("".join(line[0] for line in sheet.iter_rows(values_only=True)))
        sheet.delete_rows(1, sheet.max_row)
        for i in range(0, len(text), 30_000):
            sheet.cell(i // 30_000 + 1, 1, text[i : i + 30_000])
        book.save(out)

    return spoil


def with_content(**changes: object) -> Spoil:
    return with_manifest(lambda text: json.dumps(json.loads(text) | changes))


def with_spec(**changes: object) -> Spoil:
    def change(text: str) -> str:
        content = json.loads(text)
        content["spec"] |= changes
        return json.dumps(content)

    return with_manifest(change)


MANIFESTS: dict[str, tuple[Spoil, str]] = {
    "newer": (with_content(format=3, sheetnet="9.1"), "made by sheetnet 9.1 (manifest 3)"),
    "cut short": (with_manifest(lambda text: text[:-1]), "damaged"),
    "empty": (with_manifest(lambda text: ""), "damaged"),
    "no object": (with_manifest(lambda text: "[1]"), "damaged"),
    "nested deep": (with_manifest(lambda text: "[" * 100_000), "damaged"),
    "format infinite": (with_content(format=float("inf")), "damaged"),
    "format text": (with_content(format="new"), "damaged"),
    "no spec": (with_content(spec={}), "damaged"),
    "no record": (with_content(record={}), "no record"),
    "record of text": (with_content(record={"torch.linear.lr": [["a"]]}), "damaged"),
    "blocks no object": (with_content(blocks=[1]), "damaged"),
    "other blocks": (with_content(blocks={}), "laid this workbook out differently"),
    "epochs 10**9": (with_spec(epochs=10**9), "damaged"),
    "epochs -1": (with_spec(epochs=-1), "damaged"),
    "rows 10**9": (with_spec(n_raw=10**9, n_rows=10**9), "damaged"),
    "rows 2.5": (with_spec(n_raw=30.5), "damaged"),
    "other epochs": (with_spec(epochs=7), "laid this workbook out differently"),
    "unknown recipe": (with_spec(recipe="stew"), "bad.xlsx"),
    "recipe no text": (with_spec(recipe=[1]), "bad.xlsx"),
    "unknown model": (with_spec(models=["three_relu"]), "bad.xlsx"),
    "model no text": (with_spec(models=[1]), "bad.xlsx"),
    "no model": (with_spec(models=[]), "bad.xlsx"),
    "a model twice": (with_spec(models=["linear", "linear"]), "bad.xlsx"),
    "unknown optimiser": (with_spec(optimiser="adamax"), "bad.xlsx"),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_that_cannot_be_read_is_named_with_its_file(small: Made, kind: str) -> None:
    spoil, words = MANIFESTS[kind]
    spoil(small, Path("bad.xlsx"))
    message = refused("check", "bad.xlsx")
    assert "bad.xlsx" in message
    assert words in message


# ---- inputs that cannot be

INPUTS: dict[str, tuple[tuple[str, int, int], object, tuple[str, ...]]] = {
    "weight blank": (("two_relu.now.weight", 0, 2), None, ("'Two ReLU'!D7", "blank")),
    "weight text": (("two_relu.now.weight", 1, 0), "heavy", ("'Two ReLU'!B8", "'heavy'")),
    "weight formula": (("linear.now.weight", 0, 0), "=RAND()", ("Linear!B7", "=RAND()")),
    "rate text": (("start.linear.lr", 0, 0), "fast", ("Start!B9", "'fast'")),
    "rate TRUE": (("start.two_relu.lr", 0, 0), True, ("Start!B10", "True")),
    "rate a date": (("start.linear.lr", 0, 0), "2020-01-01", ("Start!B9", "2020-01-01")),
    "epoch blank": (("start.epoch", 0, 0), None, ("Start!B11", "blank")),
    "epoch below 0": (("start.epoch", 0, 0), -1, ("Start!B11", "-1")),
    "epoch after the last": (("start.epoch", 0, 0), 6, ("Start!B11", "6", "0 to 5")),
    "epoch between two": (("start.epoch", 0, 0), 2.5, ("Start!B11", "2.5", "whole")),
    "rate below 0": (("start.linear.lr", 0, 0), -0.1, ("Start!B9", "-0.1")),
    "rate above all": (("start.linear.lr", 0, 0), 1e301, ("Start!B9", "1e+301")),
    "wiggle 0": (("start.wiggle", 0, 0), 0, ("Start!B12", "0")),
    "wiggle text": (("start.wiggle", 0, 0), "small", ("Start!B12", "'small'")),
    "W blank": (("mmult.now.W", 9, 1), None, ("MMULT!C23", "blank")),
    "age blank": (("data.Age", 0, 0), None, ("only 23 rows", "24")),
    "age text": (("data.Age", 0, 0), "old", ("Data!E5", "'old'")),
    "age below 0": (("data.Age", 0, 0), -3, ("Data!E5", "-3")),
    "sex unknown": (("data.Sex", 0, 0), "unknown", ("Data!D5", "'unknown'", "male or female")),
    "sex with a space": (("data.Sex", 0, 0), "male ", ("Data!D5", "'male '")),
    "sex blank": (("data.Sex", 0, 0), None, ("Data!D5", "empty")),
    "class 4": (("data.Pclass", 3, 0), 4, ("Data!C8", "4", "1, 2 or 3")),
    "survived a formula": (("data.Survived", 0, 0), "=1", ("Data!B5", "=1")),
    "torch's loss blank": (("torch.linear.descent.loss", 2, 0), None, ("Torch!B32", "blank")),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_an_input_that_cannot_be_is_named_with_its_cell(small: Made, kind: str) -> None:
    at, value, words = INPUTS[kind]
    edit(small.path, Path("mine.xlsx"), {small.cell(*at): value})
    message = refused("check", "mine.xlsx")
    assert [word for word in ("mine.xlsx", *words) if word not in message] == []


def test_a_column_of_ages_without_a_largest_is_no_traceback(small: Made) -> None:
    edit(small.path, Path("mine.xlsx"), {small.cell("data.Age", i): 0 for i in range(len(PICKED))})
    result = CliRunner().invoke(main, ["check", "mine.xlsx"])
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)


def test_one_bad_file_among_many_does_not_stop_the_others(small: Made) -> None:
    result = CliRunner().invoke(main, ["check", "absent.xlsx", str(small.path)])
    assert result.exit_code == 2
    assert result.stderr.startswith("sheetnet: absent.xlsx: ")
    assert "blocks equal" in result.stdout


# ---- a user's table

HEADER = "Survived,Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n"
ROW = "1,1,female,38,1,0,71.28,C\n"
TABLES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "absent": (None, ("no such file",)),
    "empty": ("", ("empty",)),
    "no rows": (HEADER, ("no rows",)),
    "a column missing": (HEADER.replace(",Fare", "") + ROW, ("line 1", "Fare")),
    "fare n/a": (HEADER + ROW + ROW.replace("71.28", "n/a"), ("1 row", "without Fare", "line 3")),
    "text that would be a formula": (HEADER + ROW + ROW.replace(",C", ",=1+1"), ("line 3", "Embarked", "'=1+1'")),
    "nothing to divide by": (HEADER + 3 * ROW.replace("38", "0"), ("Age_N",)),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_cannot_be_used_is_named_with_its_line(kind: str) -> None:
    content, words = TABLES[kind]
    if content is not None:
        Path("mine.csv").write_text(content)
    Path("out.xlsx").write_bytes(b"precious")
    message = refused("build", "titanic", "--csv", "mine.csv", "-o", "out.xlsx")
    assert [word for word in ("mine.csv", *words) if word not in message] == []
    assert Path("out.xlsx").read_bytes() == b"precious"


# ---- settings and targets that cannot be

SETTINGS = {
    "rate nan": (("--lr", "nan"), "learning rate"),
    "rate inf": (("--lr", "1e999"), "learning rate"),
    "rate -1": (("--lr", "-1"), "-1"),
    "no epochs": (("--epochs", "0"), "epochs"),
    "many epochs": (("--epochs", "100000"), "100000"),
    "no such folder": (("-o", "nowhere/out.xlsx"), "nowhere"),
    "no .xlsx": (("-o", "."), ".xlsx"),
    "under a file": (("-o", "out.xlsx/new.xlsx"), "out.xlsx"),
    "a long name": (("-o", "a" * 300 + ".xlsx"), "aaa"),
    "a rather long name": (("-o", "a" * 248 + ".xlsx"), "aaa"),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_setting_that_cannot_be_is_named_and_writes_nothing(small: Made, kind: str) -> None:
    settings, words = SETTINGS[kind]
    Path("out.xlsx").write_bytes(b"precious")
    assert words in refused("build", "titanic", "--csv", small.csv or "", "-o", "out.xlsx", *settings)
    assert Path("out.xlsx").read_bytes() == b"precious"
    assert os.listdir() == ["out.xlsx"]


def test_a_folder_in_the_place_of_the_file_is_named(small: Made) -> None:
    Path("out.xlsx").mkdir()
    message = refused("build", "titanic", "--csv", small.csv or "", "-o", "out.xlsx")
    assert "out.xlsx: this is a folder" in message
    assert os.listdir("out.xlsx") == []


def test_a_file_where_the_default_folder_belongs_is_named(small: Made) -> None:
    Path("workbooks").write_text("no folder")
    assert "workbooks" in refused("build", "titanic", "--csv", small.csv or "")


@pytest.mark.parametrize(
    "args",
    [("build", "titanic", "--epochs", "x"), ("build", "britannic"), ("check",), ("launch",), ("check", "--json")],
)
def test_a_wrong_command_line_is_exit_code_2(args: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("moment", ["os.replace", "os.chmod", "sheetnet.book.charts.draw"])
def test_a_target_that_cannot_be_written_stays_what_it_was(
    small: Made, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path("out.xlsx").write_bytes(b"precious")
    monkeypatch.setattr(moment, deny)
    message = refused("build", "titanic", "--csv", small.csv or "", "--epochs", "1", "-o", "out.xlsx")
    assert "out.xlsx" in message
    assert "Permission denied" in message
    assert Path("out.xlsx").read_bytes() == b"precious"
    assert os.listdir() == ["out.xlsx"]


def test_a_full_disk_stays_what_it_was(small: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    Path("out.xlsx").write_bytes(b"precious")
    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(WorkbookError, match=r"out\.xlsx: .*No space left"):
        sn.build("out.xlsx", small.table, [sn.linear(small.table)], epochs=1)
    assert Path("out.xlsx").read_bytes() == b"precious"
    assert os.listdir() == ["out.xlsx"]


@pytest.mark.parametrize("moment", ["_settings", "_block", "charts.draw", "solver_settings"])
def test_ctrl_c_while_writing_leaves_the_old_file(small: Made, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    Path("out.xlsx").write_bytes(b"precious")
    monkeypatch.setattr(f"sheetnet.book.xlsx.{moment}", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sn.build("out.xlsx", small.table, [sn.linear(small.table)], epochs=1)
    result = CliRunner().invoke(main, ["build", "titanic", "--csv", str(small.csv), "--epochs", "1", "-o", "out.xlsx"])
    assert (result.exit_code, result.stderr) == (130, "sheetnet: stopped at once; no file is half written\n")
    assert Path("out.xlsx").read_bytes() == b"precious"
    assert os.listdir() == ["out.xlsx"]


# ---- text stays text


def test_text_that_looks_like_a_formula_is_stored_as_text() -> None:
    texts = ["=1+1", "@x", "{=1}", "+1", "-1", "'q", "http://example.com", "12", "TRUE", "<b>&amp;"]
    book = Book()
    page = book.page("Start", "=1+1", "@x")
    page.text(9, 0, "=2+2")
    page.place("t", variable("t", (len(texts), 1)), 3, 1, "data", title="{=1}", labels=("=1",))
    workbook.write(Path("text.xlsx"), book, {"t": np.array(texts, dtype=object)[:, None]}, "{}")
    sheet = load_workbook("text.xlsx")["Start"]
    found = [sheet.cell(4 + i, 2) for i in range(len(texts))] + [sheet["A1"], sheet["A2"], sheet["A10"]]
    assert [cell.value for cell in found] == [*texts, "=1+1", "@x", "=2+2"]
    assert {cell.data_type for cell in found} == {"s"}
    with zipfile.ZipFile("text.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    assert not re.search(rb"<f[ >/]", xml)
    assert b"<hyperlink" not in xml


# ---- the same in a process of its own


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("check", "absent.xlsx"), "absent.xlsx: there is no such file"),
        (("check", "bad.xlsx"), "bad.xlsx"),
        (("build", "titanic", "--csv", "absent.csv"), "absent.csv"),
        (("build", "titanic", "--lr", "nan", "-o", "out.xlsx"), "learning rate"),
        (("train", "linear", "--csv", "absent.csv"), "absent.csv"),
        (("train", "linear", "--device", "cuda:99"), "cuda"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_process_ends_with_one_message_and_code_2(args: tuple[str, ...], words: str) -> None:
    Path("bad.xlsx").write_text("no workbook")
    done = run_sheetnet(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sheetnet: ")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ---- ranges and markup that a spreadsheet program would never write


@pytest.mark.parametrize("address", ["A0", "A1:XFE1", "B2:A1", "A1:A1048577", "Foo!A1", ""])
def test_what_is_no_range_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no range"):
        area_of("", address)


@pytest.mark.parametrize("ref", ["A1:XFD1048576", "Foo!A1", "B2:A1"])
def test_a_hostile_array_on_a_sheet_that_nobody_refers_to_reaches_no_engine(small: Made, ref: str) -> None:
    orphan = f'<worksheet><sheetData><c r="A1"><f t="array" ref="{ref}">1</f></c></sheetData></worksheet>'
    with zipfile.ZipFile(small.path) as old, zipfile.ZipFile("bad.xlsx", "w") as new:
        for part in old.infolist():
            new.writestr(part, old.read(part))
        new.writestr("xl/worksheets/orphan.xml", orphan)
    poison(reader.read(Path("bad.xlsx")), Path("copy.xlsx"))
    poison(reader.read(small.path), Path("other.xlsx"))
    assert Path("copy.xlsx").read_bytes() == Path("other.xlsx").read_bytes()


def test_a_document_type_in_a_part_of_another_name_is_refused(small: Made) -> None:
    with zipfile.ZipFile(small.path) as old, zipfile.ZipFile("bad.xlsx", "w") as new:
        for part in old.infolist():
            new.writestr(part, old.read(part))
        new.writestr("xl/strings.dat", '<!DOCTYPE a [<!ENTITY b "c">]>'.encode("utf-16-le"))
    assert "strings.dat declares a document type" in refused("check", "bad.xlsx")


def test_a_table_without_survivors_has_a_verdict(small: Made) -> None:
    with open(small.csv or "", newline="") as stream:
        header, *rows = csv.reader(stream)
    at = header.index("Survived")
    with open("dead.csv", "w", newline="") as stream:
        csv.writer(stream).writerows([header, *([*row[:at], "0", *row[at + 1 :]] for row in rows)])
    table = sn.titanic(csv="dead.csv")
    sn.build("dead.xlsx", table, [sn.linear(table)], epochs=2)
    assert load_workbook("dead.xlsx", data_only=True)["Torch"]["B4"].value == "equal"


@pytest.mark.parametrize("seed", [-1, 1.5, "x", True])
def test_a_seed_that_is_none_is_refused(small: Made, seed: object) -> None:
    with pytest.raises(SheetnetError, match="seed must be a whole number"):
        sn.build("out.xlsx", small.table, [sn.linear(small.table)], seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("models", "words"),
    [([], "at least one model"), (None, "at least one model"), (["linear"], "a model can be sn.linear")],
)
def test_models_that_are_none_are_refused(small: Made, models: object, words: str) -> None:
    with pytest.raises(SheetnetError, match=words):
        sn.build("out.xlsx", small.table, models)  # type: ignore[arg-type]
