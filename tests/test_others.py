"""What another program writes of an untouched workbook is untouched: optional parts, other forms of the same cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Made, edit, edit_xml, part_of, run_here
from openpyxl import load_workbook
from openpyxl.comments import Comment

import sheetnet as sn
from sheetnet.book import reader
from sheetnet.book.contents import Contents
from sheetnet.checking.examined import examine
from sheetnet.checking.poison import poison
from sheetnet.engines import CellError

Parts = dict[str, str]
SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")


def as_another_wrote_it(path: Path, out: Path, *changes: Callable[[Parts], None]) -> Path:
    """A copy whose parts, as text by name, were changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    for change in changes:
        change(parts)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out


def without(part: str) -> Callable[[Parts], None]:
    """A part is not there, nor what refers to it."""

    def change(parts: Parts) -> None:
        gone = [name for name in parts if part in name]
        assert gone
        for name in gone:
            del parts[name]
        for name in parts:
            if name.endswith(".rels") or name.startswith("["):
                refers = rf'<(Relationship|Override) [^>]*"[^"]*{re.escape(part)}[^"]*"[^>]*/>'
                parts[name] = re.sub(refers, "", parts[name])

    return change


def replaced(part: str, old: str, new: str | Callable[[re.Match[str]], str]) -> Callable[[Parts], None]:
    """In parts of that name a pattern, which is there, reads otherwise."""

    def change(parts: Parts) -> None:
        names = [name for name in parts if re.fullmatch(part, name) and re.search(old, parts[name], re.DOTALL)]
        assert names, f"{old} is in no {part}"
        for name in names:
            parts[name] = re.sub(old, new, parts[name], flags=re.DOTALL)

    return change


def texts_in_their_cells(parts: Parts) -> None:
    """No list of texts: each stands in its cell, one of them in two pieces with a superscript."""
    texts = re.findall(r"<si>(.*?)</si>", parts["xl/sharedStrings.xml"], re.DOTALL)
    for name in filter(SHEET.fullmatch, parts):
        parts[name] = re.sub(
            r'<c ([^>]*?) t="s"><v>(\d+)</v></c>',
            lambda found: f'<c {found[1]} t="inlineStr"><is>{texts[int(found[2])]}</is></c>',
            parts[name],
        )
    without("sharedStrings.xml")(parts)


def in_pieces(parts: Parts) -> None:
    """Each text of the list in two pieces, the second raised, and with how it is said beside it."""
    parts["xl/sharedStrings.xml"] = re.sub(
        r"<si><t([^>]*)>([^<])([^<]*)</t></si>",
        r'<si><r><t\1>\2</t></r><r><rPr><vertAlign val="superscript"/></rPr><t xml:space="preserve">\3</t></r>'
        r'<rPh sb="0" eb="1"><t>said</t></rPh></si>',
        parts["xl/sharedStrings.xml"],
    )


def empty_formulas_in_arrays(parts: Parts) -> None:
    """As ONLYOFFICE writes the cells that an array formula fills besides its first."""
    for name in filter(SHEET.fullmatch, parts):
        arrays = set(re.findall(r'<f t="array" ref="[A-Z]+\d+:([A-Z]+\d+)"', parts[name]))
        for last in arrays:
            parts[name] = re.sub(rf'(<c r="{last}"[^>]*>)(<v>)', r"\1<f/>\2", parts[name])


def with_prefixes(parts: Parts) -> None:
    """As the Open XML SDK writes sheets: <x:c> for <c>."""
    for name in filter(SHEET.fullmatch, parts):
        tags = re.sub(r"<(/?)(?![?!])(\w+)(?=[\s/>])", r"<\1x:\2", parts[name])
        parts[name] = tags.replace('xmlns="', 'xmlns:x="', 1)


def without_addresses(parts: Parts) -> None:
    """Rows without numbers, and cells without addresses where none is left out before them."""
    for name in filter(SHEET.fullmatch, parts):
        parts[name] = re.sub(r'(<row [^>]*>)<c r="A\d+"', r"\1<c", parts[name])


def in_another_folder(parts: Parts) -> None:
    """xl/workbook.xml is xl/book/workbook2.xml, and what it refers to is named from the root."""
    parts["xl/book/workbook2.xml"] = parts.pop("xl/workbook.xml")
    parts["xl/book/_rels/workbook2.xml.rels"] = parts.pop("xl/_rels/workbook.xml.rels").replace(
        'Target="', 'Target="/xl/'
    )
    parts["_rels/.rels"] = parts["_rels/.rels"].replace("xl/workbook.xml", "/xl/book/workbook2.xml")


OTHERS: dict[str, tuple[Callable[[Parts], None], ...]] = {
    "no settings of calculation": (replaced("xl/workbook.xml", "<calcPr[^>]*/>", ""),),
    "no styles": (without("styles.xml"), replaced(SHEET.pattern, r' s="\d+"', "")),
    "no named styles": (replaced("xl/styles.xml", "<cellStyles.*</cellStyles>", ""),),
    "no theme": (without("theme1.xml"),),
    "no properties": (without("docProps/"),),
    "no charts": (without("drawing"), without("charts/"), replaced(SHEET.pattern, "<drawing [^>]*/>", "")),
    "no list of texts": (texts_in_their_cells,),
    "texts in pieces": (in_pieces,),
    "no stored values": (replaced(SHEET.pattern, r"(</f>)<v>[^<]*</v>", r"\1"),),
    "a table that has one name": (replaced("xl/tables/table1.xml", r' name="passengers"', ""),),
    "empty formulas in arrays": (empty_formulas_in_arrays,),
    "another form of numbers": (replaced(SHEET.pattern, r"<v>0\.1</v>", "<v>1e-1</v>"),),
    "blanks around numbers": (replaced(SHEET.pattern, r"<v>0\.1</v>", "<v> 0.1\n</v>"),),
    "tags with a prefix": (with_prefixes,),
    "cells without addresses": (without_addresses,),
    "strict": (replaced(".*xml", "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),),
    "another folder": (in_another_folder,),
    "parts in capitals": (replaced("xl/_rels/workbook.xml.rels", "worksheets/sheet", "Worksheets/Sheet"),),
    "absolute targets": (replaced("xl/_rels/workbook.xml.rels", 'Target="', 'Target="/xl/'),),
}  # fmt: skip
ALL = ("no settings of calculation", "no styles", "no theme", "no properties", "no charts", "texts in pieces",
       "a table that has one name", "empty formulas in arrays", "absolute targets")  # fmt: skip


def engines_get(contents: Contents, folder: Path) -> bytes:
    """The copy that engines get."""
    poison(contents, folder / "copy.xlsx")
    with zipfile.ZipFile(folder / "copy.xlsx") as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("how", OTHERS)
def test_another_form_of_the_same_workbook_is_read_and_calculated_as_the_same(
    small: Made, tmp_path: Path, how: str
) -> None:
    as_built = reader.read(small.path)
    contents = reader.read(as_another_wrote_it(small.path, tmp_path / "other.xlsx", *OTHERS[how]))
    assert contents.sheets.keys() == as_built.sheets.keys()
    for name, sheet in contents.sheets.items():
        stored = sheet.stored if how == "no stored values" else as_built.sheets[name].stored
        tables = as_built.sheets[name].tables
        assert sheet == replace(as_built.sheets[name], stored=stored, tables=tables), name
        assert sheet.tables == tables
    assert contents.names == as_built.names
    assert contents.calculation == as_built.calculation
    assert contents.oddities == []
    assert engines_get(contents, tmp_path) == engines_get(as_built, tmp_path)


def test_a_workbook_without_any_optional_part_goes_through_every_command(small: Made, tmp_path: Path) -> None:
    path = as_another_wrote_it(small.path, tmp_path / "bare.xlsx", *(change for how in ALL for change in OTHERS[how]))
    assert sn.check(path).findings == []
    for args in (["params", path], ["predict", path, "--csv", small.csv, "-o", tmp_path / "out.csv"]):
        done = run_here(*args)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.office
def test_libreoffice_calculates_the_copy_that_engines_get(small: Made, tmp_path: Path, office: object) -> None:
    path = as_another_wrote_it(small.path, tmp_path / "bare.xlsx", *(change for how in ALL for change in OTHERS[how]))
    assert sn.check(path, "libreoffice").findings == []


def test_a_note_made_by_openpyxl_stops_no_engine(small: Made, tmp_path: Path) -> None:
    book = load_workbook(small.path)
    book["Start"]["B2"].comment = Comment("a note", "a teacher")
    book.save(tmp_path / "noted.xlsx")
    with zipfile.ZipFile(tmp_path / "noted.xlsx") as archive:
        assert b'Target="/xl/comments' in archive.read("xl/worksheets/_rels/sheet1.xml.rels")
    assert sn.check(tmp_path / "noted.xlsx").findings == []


def test_a_raised_letter_prints_nothing_before_the_json(
    small: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = as_another_wrote_it(small.path, tmp_path / "raised.xlsx", in_pieces)
    with sn.live(path, "ironcalc") as session:  # the file itself, in the engine
        session.loss()
    assert sn.check(path)
    assert capfd.readouterr() == ("", "")


# ---- one form that is not the same


def test_stored_values_are_kept_as_the_file_has_them(small: Made, tmp_path: Path) -> None:
    def change(parts: Parts) -> None:
        name = next(filter(SHEET.fullmatch, parts))
        cells = [
            't="e"><f>1/0</f><v>#DIV/0!</v>', 't="b"><f>TRUE</f><v>1</v>', 't="str"><f>"a"</f><v>a_x0041_</v>',
            "><f>1</f>", "><f>2</f><v>none</v>",
        ]  # fmt: skip
        row = "".join(f'<c r="{column}900" {cell}</c>' for column, cell in zip("ABCDE", cells, strict=True))
        parts[name] = parts[name].replace("</sheetData>", f'<row r="900">{row}</row></sheetData>')

    sheet = reader.read(as_another_wrote_it(small.path, tmp_path / "other.xlsx", change)).sheets["Start"]
    stored = {col: sheet.stored.get((899, col)) for col in range(5)}
    assert stored == {0: "#DIV/0!", 1: True, 2: "aA", 3: None, 4: "none"}
    assert isinstance(stored[0], CellError)
    assert {at for at in sheet.formulas if at[0] == 899} == {(899, col) for col in range(5)}


def test_shared_formulas_move_along(small: Made, tmp_path: Path) -> None:
    def change(parts: Parts) -> None:
        name = next(filter(SHEET.fullmatch, parts))
        first = (
            '<row r="900"><c r="A900"><f t="shared" ref="A900:A902" si="0">B900*$B$1&amp;"B900"</f><v>1</v></c></row>'
        )
        rest = "".join(f'<row r="{i}"><c r="A{i}"><f t="shared" si="0"/><v>1</v></c></row>' for i in (901, 902))
        parts[name] = parts[name].replace("</sheetData>", f"{first}{rest}</sheetData>")

    sheet = reader.read(as_another_wrote_it(small.path, tmp_path / "other.xlsx", change)).sheets["Start"]
    assert [sheet.formulas[i, 0].text for i in (899, 900, 901)] == [f'=B{i}*$B$1&"B900"' for i in (900, 901, 902)]


def test_a_table_tells_its_heads_totals_and_formulas(small: Made, tmp_path: Path) -> None:
    part, head = "xl/tables/table1.xml", 'totalsRowShown="0"'
    path = edit_xml(small.path, tmp_path / "a.xlsx", part, head, 'headerRowCount="0" totalsRowCount="1"')
    path = edit_xml(
        path, tmp_path / "b.xlsx", part, '<tableColumn id="1" name="No"/>',
        '<tableColumn id="1" name="No" totalsRowFunction="sum">'
        "<calculatedColumnFormula>ROW()</calculatedColumnFormula></tableColumn>",
    )  # fmt: skip
    table = reader.read(path).sheets["Data"].tables["passengers"]
    assert (table.header_rows, table.totals_rows, table.totals) == (0, 1, {"No": "sum"})
    assert table.formulas["No"] == "ROW()"


SAID_TWICE: dict[str, tuple[str, str, str, tuple[str, str]]] = {
    "a cell": (SHEET.pattern, r'(<c r="B9" [^>]*>.*?</c>)', r"\1\1", ("Start!B9", "twice")),
    "a name": (
        "xl/workbook.xml", r'(<definedName name="X">.*?</definedName>)', r"\1\1", ("name X", "second definition"),
    ),
    "a name in capitals": (
        "xl/workbook.xml", r'(<definedName name=")X(">.*?</definedName>)', r"\1X\2\1x\2", ("name x", "second"),
    ),
    "a name of no sheet": (
        "xl/workbook.xml", r'(<definedName name="X")>', r'\1 localSheetId="0000099">', ("name X", "not there"),
    ),
    "settings of calculation": ("xl/workbook.xml", r"(<calcPr[^>]*/>)", r"\1\1", ("calculation settings", "twice")),
    "a part of two sheets": (
        "xl/workbook.xml", r'<sheet name="Start"([^>]*)/>', r'\g<0><sheet name="Again"\1/>', (
            "sheet Again", "another sheet's"
        ),
    ),
    "beyond the edge": (SHEET.pattern, r'<c r="B9" ', '<c r="XFE9"/><c r="B9" ', ("Start!XFE9", "edge")),
    "below the edge": (SHEET.pattern, r"</sheetData>", '<row r="1048577"><c r="A1048577"/></row></sheetData>',
                       ("Start!A1048577", "edge")),
    "another row's": (SHEET.pattern, r'<c r="B9" ', '<c r="Z7"/><c r="B9" ', ("Start!Z7", "row 9")),
    "a formula in an array": (
        SHEET.pattern, r"</sheetData>",
        '<row r="900"><c r="A900"><f t="array" ref="A900:B900">1</f></c><c r="B900"><f>1</f></c></row></sheetData>',
        ("Start!B900", "array formula"),
    ),
    "arrays over each other": (
        SHEET.pattern, r"</sheetData>",
        '<row r="900"><c r="A900"><f t="array" ref="A900:B900">1</f></c></row>'
        '<row r="901"><c r="A901"><f t="array" ref="A900:A901">1</f></c></row></sheetData>',
        ("sheet Start", "fill one"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID_TWICE)
def test_what_a_file_says_twice_or_outside_of_a_sheet_is_an_oddity(small: Made, tmp_path: Path, what: str) -> None:
    part, old, new, (place, words) = SAID_TWICE[what]

    def change(parts: Parts) -> None:
        name = next(name for name in parts if re.fullmatch(part, name))
        parts[name], count = re.subn(old, new, parts[name], count=1, flags=re.DOTALL)
        assert count == 1

    oddities = reader.read(as_another_wrote_it(small.path, tmp_path / "odd.xlsx", change)).oddities
    assert [where for where, said in oddities if words in said] == [place], oddities


@pytest.mark.parametrize("how", OTHERS)
def test_what_is_shown_is_looked_at_in_every_form(small: Made, tmp_path: Path, how: str) -> None:
    """A link is led elsewhere: whatever the parts are called, that is seen."""
    old, new = 'location="Predict!A1"', 'location="Words!Z9"'

    def edited(parts: Parts) -> None:
        name = next(name for name, content in parts.items() if old in content)
        parts[name] = parts[name].replace(old, new)

    path = as_another_wrote_it(small.path, tmp_path / "other.xlsx", *OTHERS[how], edited)
    assert any("WORDS!Z9" in str(finding.got) for finding in examine(path).presentation)


def test_a_part_that_stands_twice_in_the_zip_is_an_oddity(small: Made, tmp_path: Path) -> None:
    path = as_another_wrote_it(small.path, tmp_path / "twice.xlsx")
    part = part_of(small, "Start")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(part, archive.read(part))
    assert [where for where, _ in reader.read(path).oddities] == [part]


def test_a_sheet_of_a_name_that_there_is_is_an_oddity(small: Made, tmp_path: Path) -> None:
    change = replaced("xl/workbook.xml", r'name="Linear"', 'name="START"')
    contents = reader.read(as_another_wrote_it(small.path, tmp_path / "twice.xlsx", change))
    assert ("sheet START", "a second sheet of that name") in contents.oddities


def test_a_file_that_is_swapped_while_it_is_checked_is_the_one_that_was_read(
    small: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.xlsx"
    mine.write_bytes(small.path.read_bytes())
    other = edit(small.path, tmp_path / "other.xlsx", {small.cell("linear.now.weight"): 9})
    honest = reader.read

    def read(path: Path) -> Contents:
        contents = honest(path)
        other.replace(path)
        return contents

    monkeypatch.setattr(reader, "read", read)
    assert sn.check(mine).findings == []
    assert not other.exists()
