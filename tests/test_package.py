"""Files from others are hostile: each is read within bounds of time and memory, or ends in a message."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from conftest import ROOT, Made, rezip, run_here

import sheetnet as sn
from sheetnet.book import package, reader
from sheetnet.book.contents import Contents, FormulaCell, Sheet
from sheetnet.book.package import walk
from sheetnet.checking.poison import MAX_DEPTH, MAX_SIGNS, check_formula, poison
from sheetnet.errors import WorkbookError

SECONDS, MEMORY = 10.0, 2**30  # that a hostile file may take, with Python and numpy
PART = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook of another, with a number and a text."""
    path = tmp_path_factory.mktemp("plain") / "plain.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Start")
        sheet.write_number("A1", 1)
        sheet.write_string("A2", "one")
    return path


def sheet_of(cells: str) -> bytes:
    """A sheet's XML, from what stands between its tags."""
    return f"{HEAD}{cells}</sheetData></worksheet>".encode()


def cell(attributes: str, inside: str) -> bytes:
    """A sheet whose first cell is this."""
    return sheet_of(f'<row r="1"><c r="A1"{attributes}>{inside}</c></row>')


def formula(text: str, how: str = "") -> bytes:
    return cell("", f"<f{how}>{text}</f>")


def shared(count: int) -> bytes:
    """Cells that share a long formula."""
    first = f'<row r="1"><c r="A1"><f t="shared" si="0" ref="A1:A9">{"1+" * 4000}1</f></c></row>'
    rest = (f'<row r="{i}"><c r="A{i}"><f t="shared" si="0"/></c></row>' for i in range(2, count))
    return sheet_of(first + "".join(rest))


SHEETS: dict[str, tuple[Callable[[], bytes], str]] = {
    "parentheses by the thousand": (lambda: formula("(" * 4000 + "1" + ")" * 4000), "Start!A1 holds a formula with"),
    "braces and parentheses": (lambda: formula("({" * 40 + "1" + "})" * 40), "Start!A1 holds a formula with more"),
    "signs": (lambda: formula("-" * 20_000 + "1"), "Start!A1 holds a formula of 20,001 characters"),
    "fewer signs": (lambda: formula("1" + "- " * 100 + "1"), "Start!A1 holds a formula with more"),
    "signs behind": (lambda: formula("1" + "%" * 8000), "Start!A1 holds a formula with more"),
    "a formula of a megabyte": (lambda: formula("1+" * 500_000 + "1"), "Start!A1 holds a formula of 1,000,001"),
    "a formula of ten megabytes": (lambda: formula("1+" * 1_000_000 + "1"), "has a text of more"),
    "formulas in a comment": (lambda: sheet_of("<!--" + '<f t="array" ' * 6000 + "-->"), ""),
    "cells in a comment": (lambda: sheet_of("<!--" + "<c >" * 20_000 + "-->"), ""),
    "cells in a long comment": (lambda: sheet_of("<!--" + "<c >" * 2_000_000 + "-->"), "has a tag of more than"),
    "cells": (lambda: sheet_of(20 * ("<row>" + "<c><v>1</v></c>" * 16_000 + "</row>")), ""),
    "a cell again and again": (lambda: sheet_of("<row>" + '<c r="A1"><v>1</v></c>' * 100_000 + "</row>"), ""),
    "tags in each other": (lambda: sheet_of("<a>" * 100_000 + "</a>" * 100_000), "tags within each other"),
    "attributes": (lambda: sheet_of("<a " + " ".join(f'a{i}="1"' for i in range(300_000)) + "/>"), "has a tag of"),
    "an attribute": (lambda: sheet_of(f'<a b="{"c" * 4_000_000}"/>'), "has a tag of more than"),
    "a tag without an end": (lambda: HEAD.encode() + b"<c " + b"r" * 4_000_000, "has a tag of more than"),
    "a text": (lambda: cell(' t="str"', f"<v>{'a' * 2_000_000}</v>"), "has a text of"),
    "a text in pieces": (lambda: cell(' t="str"', f"<v>{'&amp;' * 2_000_000}</v>"), "has a text of"),
    "entities": (lambda: b'<!DOCTYPE a [<!ENTITY b "c">]>' + sheet_of(""), "declares a document type"),
    "an array over the whole sheet": (lambda: formula("1", ' t="array" ref="A1:XFD1048576"'), "array formulas over"),
    "an array over no range": (lambda: formula("1", ' t="array" ref="A1:"'), "is no range"),
    "formulas that are shared": (lambda: shared(3000), "the shared formulas of sheet Start"),
    "a long number": (lambda: cell("", f"<v>{'1' * 900_000}</v>"), "is no number"),
    "a number of another script": (lambda: cell("", "<v>\u0661</v>"), "is no number"),
    "a row of another script": (lambda: sheet_of('<row r="\u0661"><c r="A1"/></row>'), "is no row"),
    "a cell of no address": (lambda: sheet_of('<row r="1"><c r="A0x"/></row>'), "is no cell"),
    "a cell above the first row": (lambda: sheet_of('<row r="1"><c r="A0"/><c><v>2</v></c></row>'), "is no cell"),
    "a text that is not there": (lambda: cell(' t="s"', "<v>7</v>"), "no place in the list"),
    "a kind that is not there": (lambda: cell(' t="z"', "<v>7</v>"), "unknown kind"),
}
STRINGS, LISTS, BOOK = "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels", "xl/workbook.xml"
DEEP = b"</sheets><definedNames><definedName name='deep'>" + b"(" * 9000 + b"</definedName></definedNames>"
HOSTILE: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    **{kind: (PART, lambda _, make=make: make(), words) for kind, (make, words) in SHEETS.items()},
    "empty texts": (STRINGS, lambda old: old.replace(b"<si>", b"<si/>" * 15_000_000 + b"<si>", 1), "tags"),
    "texts": (STRINGS, lambda old: old.replace(b"<si>", b"<si><t>a</t></si>" * 300_000 + b"<si>", 1), ""),
    "tags in each other elsewhere": ("docProps/app.xml", lambda _: b"<a>" * 1000 + b"</a>" * 1000, "app.xml has over"),
    "a name of parentheses": (BOOK, lambda old: old.replace(b"</sheets>", DEEP), "the name deep holds"),
    "a sheet that is not there": (LISTS, lambda old: old.replace(b"sheet1", b"sheet9"), "the sheet Start is listed"),
    "a sheet outside": (LISTS, lambda old: old.replace(b"worksheets/", b"../../../etc/"), "the sheet Start is listed"),
}  # fmt: skip

READ = """
import json, resource, sys, time
from pathlib import Path
from sheetnet.book.reader import read
from sheetnet.checking.poison import poison
from sheetnet.errors import WorkbookError
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
for path in map(Path, sys.argv[2:]):
    begin, said = time.process_time(), ""
    try:
        contents = read(path)
        poison(contents, path.with_suffix(".copy"))
        del contents
    except WorkbookError as reason:
        said = str(reason)
    print(json.dumps([said, time.process_time() - begin]), flush=True)
"""


@pytest.fixture(scope="module")
def said(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float]]:
    """What one process of little memory says of each hostile file, and the seconds that it takes."""
    folder = tmp_path_factory.mktemp("hostile")
    for i, (part, change, _) in enumerate(HOSTILE.values()):
        rezip(
            plain,
            folder / f"{i:03}.xlsx",
            lambda name, old, part=part, change=change: change(old) if name == part else old,
        )
    files = sorted(folder.glob("*.xlsx"))
    command = [sys.executable, "-c", READ, str(MEMORY), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 20, cwd=ROOT)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(answers)) == (0, len(files)), f"{[*HOSTILE][len(answers)]}: {done.stderr[-2000:]}"
    return dict(zip(HOSTILE, answers, strict=True))


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_or_read_within_time_and_memory(
    said: dict[str, tuple[str, float]], kind: str
) -> None:
    words, seconds = said[kind]
    expected = HOSTILE[kind][2]
    assert expected in words, words
    assert bool(expected) == bool(words), words
    assert len(words) < 400
    assert seconds < SECONDS


def test_a_bound_that_is_gone_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content, words in (
        ("MAX_DEPTH", b"<a>" * 200 + b"</a>" * 200, "tags within each other"),
        ("MAX_TAG", b'<a b="' + b"c" * 4 * package.MAX_TAG + b'"/>', "has a tag"),
        ("MAX_TEXT", b"<a>" + b"c" * 2 * package.MAX_TEXT + b"</a>", "has a text"),
    ):
        with pytest.raises(WorkbookError, match=words):
            walk(content, "here")
        monkeypatch.setattr(package, name, 2**40)
        walk(content, "here")


def test_a_formula_is_bounded_where_excel_bounds_it() -> None:
    check_formula("=" + "(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH, "here")
    check_formula("=" + "-" * MAX_SIGNS + "1", "here")
    check_formula('="' + "(" * 1000 + "-" * 1000 + "\"&'((((((((((" + "(" * 100 + "'!A1", "here")
    check_formula("=" + "+".join(["(1)"] * 1000), "here")
    with pytest.raises(WorkbookError, match="here holds a formula with more than 64 parentheses"):
        check_formula("=" + "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1), "here")
    with pytest.raises(WorkbookError, match="here holds a formula with more than 64 signs"):
        check_formula("=" + "-" * (MAX_SIGNS + 1) + "1", "here")


FORMULAS = {
    "powers": "1" + "^1" * 4000,
    "a sum": "1" + "+1" * 4000,
    "conditions": "IF(1," * 63 + "1" + ")" * 63,
    "commas": "SUM(" + "," * 8000 + ")",
}


def test_what_a_formula_may_be_ends_no_engine(tmp_path: Path) -> None:
    cells = {(i, 0): FormulaCell(f"={text}", None) for i, text in enumerate(FORMULAS.values())}
    chain = {(i, 1): FormulaCell(f"=B{i + 2}+1", None) for i in range(20_000)}
    contents = Contents("f.xlsx", {"S": Sheet({(20_000, 1): 1.0}, {**cells, **chain})}, {})
    poison(contents, tmp_path / "copy.xlsx")
    parts = [("S", i, 0, 1, 1) for i in range(len(cells))] + [("S", 0, 1, 1, 1)]
    with sn.engines.get("ironcalc").calculating(tmp_path / "copy.xlsx", parts) as answer:
        assert [value for [[value]] in answer()] == [1.0, 4001.0, 1.0, 0.0, 20_001.0]


# ---- check itself: what stops it is a message, and its exit codes mean what they say


def edited(small: Made, out: Path, old: str, new: str, part: str = PART) -> Path:
    """The small workbook, in whose first sheet a pattern, found once at least, reads otherwise."""

    def change(name: str, content: bytes) -> bytes:
        return re.sub(old.encode(), lambda _: new.encode(), content, count=1) if name == part else content

    return rezip(small.path, out, change)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ('<c r="Z900"><f>' + "(" * 3000 + "1" + ")" * 3000 + "</f></c>", "Start!Z900 holds a formula with more"),
        ('<c r="Z900"><f>' + "-" * 5000 + "1</f></c>", "Start!Z900 holds a formula with more than 64 signs"),
        ('<c r="Z900"><f t="array" ref="Z900">ROW(1:1048576)*COLUMN(A:XFD)</f></c>', "IronCalc cannot recalculate"),
    ],
)  # fmt: skip
def test_a_formula_that_would_end_the_engine_is_a_message_and_exit_2(
    small: Made, tmp_path: Path, cell: str, words: str
) -> None:
    bad = edited(small, tmp_path / "bad.xlsx", "</sheetData>", f'<row r="900">{cell}</row></sheetData>')
    begin = time.monotonic()
    done = run_here("check", bad, small.path)
    assert time.monotonic() - begin < 3 * SECONDS
    assert done.returncode == 2
    assert f"sheetnet: {bad}" in done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "blocks equal" in done.stdout  # of the next file, in a new process


def test_a_comment_of_many_formulas_takes_no_time(small: Made, tmp_path: Path) -> None:
    comment = "<!--" + '<f t="array" ' * 6000 + "<c >" * 6000 + "-->"
    begin = time.monotonic()
    assert sn.check(edited(small, tmp_path / "slow.xlsx", "<sheetData>", comment + "<sheetData>")).findings == []
    assert time.monotonic() - begin < SECONDS


@pytest.fixture
def devices(tmp_path: Path) -> list[Path]:
    os.mkfifo(tmp_path / "pipe.xlsx")
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "loop.xlsx").symlink_to(tmp_path / "loop.xlsx")
    names = ("pipe.xlsx", "folder.xlsx", "loop.xlsx", "n" * 300)
    return [*(tmp_path / name for name in names), Path("/dev/zero")]


def test_only_a_regular_file_is_read_and_nothing_is_waited_for(devices: list[Path]) -> None:
    begin = time.monotonic()
    for path in devices:
        with pytest.raises(WorkbookError, match=re.escape(str(path))):
            reader.read(path)
    assert time.monotonic() - begin < 1


def test_parts_that_are_packed_otherwise_are_damaged_files(plain: Path, tmp_path: Path) -> None:
    for kind in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(tmp_path / "packed.xlsx", "w", kind) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))
        with pytest.raises(WorkbookError, match="packed in a way"):
            reader.read(tmp_path / "packed.xlsx")


def test_a_file_that_is_too_large_is_not_read(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_FILE", 1000)
    with pytest.raises(WorkbookError, match="is larger than"):
        reader.read(plain)


def test_no_place_for_the_copy_is_a_message(small: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = zipfile.ZipFile.writestr

    def full(archive: zipfile.ZipFile, part: zipfile.ZipInfo, data: bytes) -> None:
        if "sheet3" in part.filename:
            raise OSError(28, "No space left on device")
        honest(archive, part, data)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    done = run_here("check", small.path)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr


# ---- damages of bytes and of XML, anywhere

DAMAGES = int(os.environ.get("DAMAGES", "60"))  # 1200 for a longer look


VALUES = [
    b"",
    b"-1",
    b"0",
    b"1e999",
    b"nan",
    b"99999999999",
    b"A0",
    b"XFE1",
    b"A1:XFD1048576",
    b"&#0;",
    b"\xff",
    b"true",
]


def damaged(random: random.Random, part: bytes) -> bytes:
    """A part of which something is gone, doubled, swapped, or another."""
    if not part:
        return b"<"
    tags = [found.span() for found in re.finditer(rb"<[^>]{1,400}>", part)]
    a, b = random.choice(tags) if tags else (0, len(part))
    at, byte = random.randrange(len(part)), bytes([random.randrange(256)])
    c, d = random.choice(tags) if tags else (0, len(part))
    attributes = [found.span(1) for found in re.finditer(rb'="([^"]*)"', part[a:b])]
    e, f = random.choice(attributes) if attributes else (0, 0)
    value = random.choice(VALUES)
    kinds: list[Callable[[], bytes]] = [
        lambda: part[:at] + byte + part[at + 1 :],
        lambda: part[:at],
        lambda: part[:a] + part[b:],
        lambda: part[:b] + part[a:b] + part[b:],
        lambda: part[:a] + part[c:d] + part[b:],
        lambda: part[: a + e] + value + part[a + f :],
        lambda: part[: a + e] + value + part[a + f :],
        lambda: part[:b] + value + part[b:],
        lambda: re.sub(rb"(<v>)[^<]*", rb"\g<1>" + value, part, count=random.randrange(1, 9)),
        lambda: part[: min(a, c)] + part[max(b, d) :],
    ]  # fmt: skip
    return random.choice(kinds)()


@pytest.mark.parametrize("name", ["quadratic", "small", "own"])
def test_a_damage_anywhere_ends_in_no_traceback_hang_or_wrong_exit(
    small: Made, lesson_file: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    path = small.path if name == "small" else lesson_file("quadratic")
    if name == "own":
        table = sn.table({"a": [1.0, 2.0, 3.0, 5.0], "b": [2.0, 1.0, 4.0, 3.0], "t": [1.0, 2.0, 2.5, 4.0]}, target="t")
        path = tmp_path / "own.xlsx"
        sn.build(path, table, sn.linear(table), epochs=2)
    for seed in range(DAMAGES // 3):
        dice = random.Random(f"{name} {seed}")
        with zipfile.ZipFile(path) as archive:
            part = dice.choice(archive.namelist())
        bad = rezip(
            path, tmp_path / "bad.xlsx", lambda n, old, part=part, dice=dice: damaged(dice, old) if n == part else old
        )
        begin = time.monotonic()
        done = run_here("check", bad)
        seconds = time.monotonic() - begin
        place = f"{name} {seed} {part}: {done.stderr or done.stdout[-300:]}"
        assert seconds < 3 * SECONDS, place
        assert done.returncode in (0, 1, 2), place
        if done.returncode == 2:
            assert done.stdout == "", place
            assert done.stderr.startswith(f"sheetnet: {bad}"), place
            assert len(done.stderr.splitlines()) == 1, place
        else:
            assert done.stderr == "", place
            assert ("blocks equal" in done.stdout) == (done.returncode == 0), place
