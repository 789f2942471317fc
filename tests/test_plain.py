"""Plain cells, which one pattern finds, are read as the parser reads them, whatever stands beside them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from conftest import Made

from sheetnet.book import package, plain, reader
from sheetnet.book.package import open_package
from sheetnet.book.plain import Bared, bared
from sheetnet.checking.looks import looks
from sheetnet.errors import WorkbookError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
ONE = '<c r="A1"><v>1</v></c>'

ROWS = {  # what stands in a sheet's data
    "numbers": '<row r="1"><c r="A1" s="1"><v>1</v></c><c r="B1"><v>-2.5E-3</v></c><c r="C1" s="2"/></row>',
    "no number": f'<row r="1">{ONE}<c r="B1"><v>1_0</v></c></row>',
    "nan": '<row r="1"><c r="A1"><v>nan</v></c></row>',
    "texts": '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="str"><v></v></c><c r="C1" t="b"><v>1</v></c></row>',
    "an error": '<row r="1"><c r="A1" t="e"><v>#NUM!</v></c></row>',
    "a text that is not there": '<row r="1"><c r="A1" t="s"><v>7</v></c></row>',
    "formulas": '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f></f><v>3</v></c><c r="C1"><f>A1</f></c></row>',
    "a formula beside a text": '<row r="1"><c r="A1" t="str"><f>"a"&amp;"b"</f><v>a &lt; b &quot;</v></c></row>',
    "what only looks like a letter's name": '<row r="1"><c r="A1" t="str"><v>&amp;lt;</v></c></row>',
    "a letter by its number": '<row r="1"><c r="A1" t="str"><v>&#65;</v></c></row>',
    "a letter of an unknown name": f'<row r="1">{ONE}<c r="B1" t="str"><v>&what;</v></c></row>',
    "an array": '<row r="1"><c r="A1"><f t="array" ref="A1:B2">{1,2;3,4}</f><v>1</v></c><c r="B1"><v>2</v></c></row>',
    "an array of one cell": '<row r="1"><c r="A1"><f t="array" ref="A1">B1</f><v>1</v></c><c r="B1"><v>1</v></c></row>',
    "an array from elsewhere": '<row r="2"><c r="A2"><f t="array" ref="A1:A2">1</f><v>1</v></c></row>',
    "a shared formula": '<row r="1"><c r="A1"><f t="shared" si="0">1</f></c><c r="B1"><f t="shared" si="0"/></c></row>',
    "twice": f'<row r="1">{ONE}{ONE}</row>',
    "twice in two rows": f'<row r="1">{ONE}</row><row r="1">{ONE}</row>',
    "in another row": f'<row r="2">{ONE}</row>',
    "in no row": ONE,
    "beyond the edge": '<row r="1"><c r="XFE1"><v>1</v></c></row><row r="1048577"><c r="A1048577"><v>1</v></c></row>',
    "small letters": f'<row r="1"><c r="b1"><v>2</v></c>{ONE}</row>',
    "right of the one before": f'<row r="1">{ONE}<c><v>2</v></c><c><v>3</v></c></row>',
    "in a comment": f'<row r="1"><!-- {ONE} --><c r="B1"><v>2</v></c></row>',
    "as letters": f'<row r="1"><c r="B1" t="str"><v><![CDATA[{ONE}]]></v></c></row>',
    "in an instruction": f'<row r="1"><?see {ONE}?><c r="B1"><v>2</v></c></row>',
    "in a value": f'<row r="1"><c r="B1"><v>2{ONE}</v></c></row>',
    "in a cell": f'<row r="1"><c r="B1">{ONE}<v>2</v></c></row>',
    "in a tag": f'<row r="1" {ONE}><c r="B1"><v>2</v></c></row>',
    "in an attribute": f"<row r='1' x='{ONE}'><c r='B1'><v>2</v></c></row>",
    "of another vocabulary": f'<row r="1"><x xmlns="urn:x">{ONE}</x></row>',
    "the end of letters": '<row r="1"><c r="A1" t="str"><v>]]></v></c></row>',
    "no letter": '<row r="1"><c r="A1" t="str"><v>\x01</v></c></row>',
    "lines of Windows": '<row r="1"><c r="A1" t="str"><v>a\r\nb</v></c></row>',
    "other digits": '<row r="1"><c r="A1"><v>\u0661</v></c></row>',
    "our own tag": f'<row r="1">{ONE}<plain-cells n="0"/></row>',
    "an end too many": f'<row r="1">{ONE}</c></row>',
    "without an end": f'<row r="1">{ONE}<c r="B1"><v>2</v></row>',
    "too long a formula": f'<row r="1"><c r="A1"><f>{"1+" * 5000}1</f></c></row>',
    "too long a text": f'<row r="1"><c r="A1" t="str"><v>{"a" * (2**20 + 1)}</v></c></row>',
    "too long a number": f'<row r="1"><c r="A1"><v>{"1" * 401}</v></c></row>',
    "tags of Excel": f'<row r="1" spans="1:2" x14ac:dyDescent="0.25" xmlns:x14ac="urn:y">{ONE}</row>',
}  # fmt: skip


def written(folder: Path, rows: str) -> Path:
    """A workbook of one sheet with such data, and the texts a and b."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"/>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>a</t></si><si><t>b</t></si></sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }  # fmt: skip
    with zipfile.ZipFile(folder / "plain.xlsx", "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, head + text)
    return folder / "plain.xlsx"


def as_read(path: Path) -> object:
    """What stands in a file and how it looks, or in which words it is refused; where in a line is another matter."""
    try:
        contents = reader.read(path)
        odd = bool(contents.oddities)  # then it is never as it was built, however it looks
        return contents.sheets, odd or looks(contents.package)
    except WorkbookError as reason:
        return str(reason).partition(": line")[0].partition("(")[0]


@pytest.mark.parametrize("kind", ROWS)
def test_cells_are_read_as_the_parser_reads_them(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, ROWS[kind])
    found = as_read(file)
    monkeypatch.setattr(package, "bared", lambda content: Bared(content, []))
    assert found == as_read(file)


@pytest.mark.parametrize(("kind", "fault"), [("in a comment", "<!"), ("in an instruction", "<?")])
def test_a_cell_that_is_none_would_be_noticed(
    kind: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, ROWS[kind])
    expected = as_read(file)

    def careless(content: bytes) -> Bared:
        runs = [found[0] for found in plain._RUN.finditer(content.decode())]
        text = plain._RUN.sub(f'<{plain.MARK} n="0"/>', content.decode().replace("<!--", "").replace("-->", ""))
        return Bared(text.replace("<?see", "").replace("?><c", "<c").encode(), runs)

    monkeypatch.setattr(package, "bared", careless)
    assert as_read(file) != expected


def test_nearly_all_cells_that_we_write_are_plain(small: Made) -> None:
    parts = open_package(small.path).parts
    for name in (name for name in parts if name.startswith("xl/worksheets/sheet")):
        bare = bared(parts[name])
        assert b"<c " not in bare.content
        assert sum(1 for n in range(len(bare.runs)) for _ in bare.cells(str(n))) == parts[name].count(b"<c ")
