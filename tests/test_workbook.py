"""The contract of the file: nothing to enable, everything in it, exact stored values, the same bytes again."""

from __future__ import annotations

import html
import io
import json
import math
import re
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Made, converted, edit_xml, part_of, rezip, run_sheetnet
from openpyxl import load_workbook
from openpyxl.formula import Tokenizer
from openpyxl.workbook import Workbook as OpenBook
from xlsxwriter import Workbook as XlsxWriter

from sheetnet.book import charts, reader, xlsx
from sheetnet.book.reader import FormulaCell
from sheetnet.checking.compare import floor_of
from sheetnet.engines import CellError, Engine
from sheetnet.errors import GraphError
from sheetnet.graph.magnitude import NOISE, with_magnitudes
from sheetnet.page.area import Area, area_of, cell_address
from sheetnet.page.book import Block
from sheetnet.page.chart import Chart, Series

pytestmark = pytest.mark.usefixtures("one_office")

SHEETS = ["Start", "Predict", "Data", "Features", "Linear", "Two ReLU", "MMULT", "Small", "Gradient Linear"]
SHEETS += ["Gradient Two ReLU"]
SHEETS += ["Descent Linear", "Descent Two ReLU", "Passenger", "Torch", "Words", "Exercises"]
COMMITTED = ROOT / "workbooks" / "04_titanic.xlsx"


def parts(path: Path) -> dict[str, str]:
    """The text of every part by name, in order."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module", params=["small", "titanic_file"])
def book(request: pytest.FixtureRequest) -> Made:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def opened(book: Made) -> OpenBook:
    """The workbook as openpyxl reads it."""
    return load_workbook(book.path)


@pytest.fixture(scope="module")
def formulas(book: Made) -> dict[str, FormulaCell]:
    """Every formula by cell."""
    contents = reader.read(book.path)
    return {reader.where(s, *at): f for s, sheet in contents.sheets.items() for at, f in sheet.formulas.items()}


# ---- sheets, headings, links, settings


def test_sheets_stand_in_order_and_only_the_manifest_is_hidden(opened: OpenBook) -> None:
    assert opened.sheetnames == [*SHEETS, "_sheetnet"]
    assert [sheet.sheet_state for sheet in opened] == ["visible"] * len(SHEETS) + ["veryHidden"]
    assert opened.active.title == "Start"


def test_every_sheet_has_a_heading_and_a_sentence(opened: OpenBook) -> None:
    for name in SHEETS:
        heading, sentence = opened[name]["A1"], opened[name]["A2"]
        assert (heading.font.sz, heading.font.b) == (16, True), name
        assert len(heading.value) > 10
        assert sentence.value.endswith("."), name
        assert sentence.font.color.rgb == "FF595959", name


def test_the_map_leads_to_every_other_sheet(book: Made) -> None:
    links = re.findall(r'<hyperlink ref="P\d+" location="([^"]*)"', parts(book.path)["xl/worksheets/sheet1.xml"])
    assert [html.unescape(link).rpartition("!")[0].strip("'") for link in links] == SHEETS[1:]


def test_titles_are_frozen_and_the_active_cell_is_an_input(opened: OpenBook, book: Made) -> None:
    inputs = {f"{s}!{cell_address(r, c)}" for s, r, c in input_cells(book)}
    for name in SHEETS:
        assert opened[name].freeze_panes not in (None, "A1"), name
    for name in ("Start", "Linear", "Two ReLU", "MMULT"):
        assert f"{name}!{opened[name].sheet_view.selection[-1].activeCell}" in inputs


def input_cells(book: Made) -> Iterator[tuple[str, int, int]]:
    for block in book.workbook.book.blocks:
        if block.role == "input":
            yield from ((block.area.sheet, *at) for at in block.area.cells())


def test_what_may_be_edited_is_yellow_and_nothing_else(opened: OpenBook, book: Made) -> None:
    yellow = {
        (sheet.title, cell.row - 1, cell.column - 1)
        for sheet in opened
        for line in sheet.iter_rows()
        for cell in line
        if cell.fill.fgColor.rgb == "FFFFF9D6" and isinstance(cell.value, int | float)
    }
    assert yellow == set(input_cells(book))


def test_the_epoch_can_only_be_a_whole_number_of_the_descent(opened: OpenBook, book: Made) -> None:
    rules = {str(rule.sqref): rule for rule in opened["Start"].data_validations.dataValidation}
    rule = rules[book.cell("start.epoch").rpartition("!")[2]]
    wanted = ("whole", "between", "0", str(book.workbook.spec.epochs))
    assert (rule.type, rule.operator or "between", rule.formula1, rule.formula2) == wanted
    assert str(book.workbook.spec.epochs) in rule.error
    for model in ("linear", "two_relu"):
        rate = rules[book.cell(f"start.{model}.lr").rpartition("!")[2]]
        assert (rate.type, rate.formula1) == ("decimal", "0")


def test_nothing_has_to_be_enabled(book: Made) -> None:
    content = parts(book.path)
    assert [name for name in content if re.search(r"vba|macro|externalLink|activeX|embedding|connection", name)] == []
    assert [n for n, text in content.items() if re.search(r'TargetMode="External"|macroEnabled|oleObject', text)] == []
    settings = re.search(r"<calcPr[^>]*>", content["xl/workbook.xml"])
    assert settings is not None
    assert not re.search(r"iterat|fullPrecision|manual", settings[0])


# ---- names


def test_names_are_unique_and_do_not_look_like_cells(book: Made) -> None:
    found = re.findall(r'<definedName name="([^"]+)"( localSheetId="\d+")?', parts(book.path)["xl/workbook.xml"])
    public = [name for name, local in found if not local]
    assert sorted(public) == sorted(book.workbook.book.names)
    assert len({name.lower() for name in public}) == len(public) > 40
    cell_like = re.compile(r"[A-Z]{1,3}\d+|[RC]\d*|R\d*C\d*|TRUE|FALSE", re.IGNORECASE)
    assert [name for name in public if cell_like.fullmatch(name) or not re.fullmatch(r"[A-Za-z_]\w*", name)] == []
    locals_ = [(name.lower(), local) for name, local in found if local]
    assert len(set(locals_)) == len(locals_)


def test_a_new_row_of_the_table_is_filled(book: Made) -> None:
    """Each column of formulas keeps its formula for new rows, and every row of it reads alike, as the Table does."""
    page = next(page for page in book.workbook.book.pages if page.table)
    table = parts(book.path)["xl/tables/table1.xml"]
    kept = dict(re.findall(
        r'name="([^"]+)"><calculatedColumnFormula>([^<]+)</calculatedColumnFormula>', table
    ))  # fmt: skip
    columns = {block.name: block for block in page.blocks if block.style == "cells" and block.name.endswith("]")}
    assert [f"passengers[{name}]" for name in kept] == [*columns] == ["passengers[Complete]", "passengers[Count]"]
    sheet = reader.read(book.path).sheets[page.name]
    for name, text in kept.items():
        cells = columns[f"passengers[{name}]"].area.cells()
        assert {sheet.formulas[at].text for at in cells} == {"=" + html.unescape(text)}
        assert "[#This Row]" in text


def test_a_table_whose_rows_have_different_formulas_is_refused(small: Made) -> None:
    book = small.workbook.book
    block = next(block for block in book.blocks if block.name == "passengers[Count]")
    with pytest.raises(GraphError, match=r"data.Count has 2 formulas; the rows of a Table share one"):
        xlsx.ExactSheet().fill_new_rows(block, {"=A1", "=A2"})


def test_a_cell_that_is_written_twice_is_told(small: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a page says of its blocks: the writer itself lets no number or formula go over another."""
    book, honest = small.workbook.book, xlsx._block
    monkeypatch.setattr(xlsx, "_block", lambda *args: (honest(*args), honest(*args)))
    with pytest.raises(GraphError, match=r"on the sheet \w+, two numbers or formulas would stand in [A-Z]+\d+"):
        xlsx.write(tmp_path / "twice.xlsx", book, small.values, "{}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sheet", "changing", "target"),
    [
        ("Linear", "linear.now.weight", "linear.now.loss"),
        ("Two ReLU", "two_relu.now.weight", "two_relu.now.loss"),
        ("MMULT", "mmult.now.W", "mmult.now.loss"),
    ],
)
def test_solver_is_preset(book: Made, sheet: str, changing: str, target: str) -> None:
    pattern = rf'<definedName name="solver_(\w+)" localSheetId="{SHEETS.index(sheet)}" hidden="1">([^<]*)<'
    preset = dict(re.findall(pattern, parts(book.path)["xl/workbook.xml"]))
    assert [preset[key] for key in ("typ", "eng", "neg", "num")] == ["2", "1", "2", "0"]
    yellow, loss = book.workbook.book.block(changing), book.workbook.book.block(target)
    assert (yellow.role, loss.node.shape) == ("input", (1, 1))
    assert (preset["adj"], preset["opt"]) == (yellow.area.full(), loss.area.full())


def test_only_three_sheets_have_solver_settings(book: Made) -> None:
    found = re.findall(r'name="solver_adj" localSheetId="(\d+)" hidden="1"', parts(book.path)["xl/workbook.xml"])
    assert sorted(SHEETS[int(i)] for i in found) == ["Linear", "MMULT", "Two ReLU"]


# ---- formulas

VOLATILE = r"\b(RAND|RANDBETWEEN|RANDARRAY|NOW|TODAY|OFFSET|INDIRECT|CELL|INFO)\("
OLD = {"ABS", "AVERAGE", "COS", "COUNTIF", "IF", "IFERROR", "INDEX", "ISNUMBER", "LN", "LOG10", "LOOKUP", "MATCH"}
OLD |= {"MAX", "MDETERM", "MEDIAN", "MID", "MIN", "MINVERSE", "MMULT", "MOD", "ROUND", "SIGN", "SIN", "SQRT", "SUM"}
OLD |= {"EXP", "INT", "PI", "SUMPRODUCT", "TANH", "TRANSPOSE", "TRIM"}
TAKES_RANGES = {"SUMPRODUCT(", "LOOKUP(", "MATCH(", "INDEX(", "SUM(", "AVERAGE(", "MAX(", "MIN(", "MEDIAN(", "COUNTIF("}


def test_formulas_are_short_old_and_never_volatile(formulas: dict[str, FormulaCell]) -> None:
    assert len(formulas) > 500
    for cell, formula in formulas.items():
        assert len(formula.text) <= 8192, cell
        assert not re.search(VOLATILE, formula.text), cell
        assert set(re.findall(r"([A-Z][A-Z0-9.]*)\(", formula.text)) <= OLD, cell
        assert not re.search(r"_xlfn|_xlws|@|#REF!|\[\d+\]", formula.text), cell


def ranges_out_of_place(text: str, wide: set[str]) -> list[str]:
    """Ranges of a plain formula that are no whole argument of a function that takes ranges: Excel would put @ there."""
    tokens = [token for token in Tokenizer(text).items if token.type != "WHITE-SPACE"]
    inside, found = [""], []
    for i, token in enumerate(tokens):
        if token.type == "FUNC" or token.type == "PAREN":
            inside = [*inside, token.value] if token.subtype == "OPEN" else inside[:-1]
        elif token.type == "OPERAND" and token.subtype == "RANGE":
            is_wide = token.value in wide or (":" in token.value and "[" not in token.value)
            is_wide |= "[" in token.value and "#This Row" not in token.value
            edges = [t.type if t.type == "SEP" else t.subtype for t in (tokens[i - 1], *tokens[i + 1 : i + 2])]
            whole = len(edges) == 2 and edges[0] in ("SEP", "OPEN") and edges[1] in ("SEP", "CLOSE")
            if is_wide and not (whole and inside[-1].upper() in TAKES_RANGES):
                found.append(token.value)
    return found


def test_plain_formulas_use_no_range_as_an_array(book: Made, formulas: dict[str, FormulaCell]) -> None:
    wide = {name for name, area in book.workbook.book.names.items() if (area.n_rows, area.n_cols) != (1, 1)}
    plain = {cell: formula.text for cell, formula in formulas.items() if formula.fills is None}
    assert len(plain) > 200
    assert {cell: text for cell, text in plain.items() if ranges_out_of_place(text, wide)} == {}


@pytest.mark.parametrize(
    "text", ["=X", "=SUM(X*2)", "=IF(X>0,1,0)", "=MMULT(A1:B2,X)", "=A1:A3+1", "=2*passengers[Age]", "=SUM((X))"]
)
def test_a_range_out_of_place_would_be_noticed(text: str) -> None:
    assert ranges_out_of_place(text, {"X"}) != []


@pytest.mark.parametrize("text", ["=SUM(X)", "=MAX(0,A1)", "=LOOKUP(B7,t[No],X)", "=t[[#This Row],[a]]+1", "=lr*2"])
def test_a_range_in_its_place_is_fine(text: str) -> None:
    assert ranges_out_of_place(text, {"X"}) == []


# ---- stored values

CELL = re.compile(r'<c r="([A-Z]+\d+)"([^>/]*)(?:/>|>(.*?)</c>)')
STORED = re.compile(r"<v>(.*?)</v>")


def stored_cells(book: Made, sheet: str) -> dict[tuple[int, int], tuple[str, bool, str | None]]:
    """Of every cell: its type as the file has it, whether a formula stands in it, and the stored text."""
    out = {}
    for address, attributes, inside in CELL.findall(parts(book.path)[part_of(book, sheet)]):
        area = area_of(sheet, address)
        kind, value = re.search(r' t="(\w+)"', attributes), STORED.search(inside)
        out[area.row, area.col] = kind[1] if kind else "n", "<f" in inside, value and value[1]
    return out


def wrongly_stored(book: Made) -> list[str]:
    """The cells whose stored value is not, to the last bit, what the graph gives."""
    strings = re.findall(r"<si><t[^>]*>(.*?)</t></si>", parts(book.path)["xl/sharedStrings.xml"], re.DOTALL)
    sheets = {name: stored_cells(book, name) for name in SHEETS}
    wrong = []
    for block in book.workbook.book.blocks:
        for at, value in zip(block.area.cells(), book.values[block.id].flat, strict=True):
            kind, has_formula, text = sheets[block.area.sheet].get(at, ("n", False, None))
            if isinstance(value, str) and (has_formula or not value):
                fine = (kind, text) == ("str", html.escape(value, quote=False)) if has_formula else text is None
            elif isinstance(value, str):
                fine = kind == "s" and strings[int(text or -1)] == value
            elif not math.isfinite(value):
                blank = block.style == "values" and block.role != "torch"
                fine = text is None if blank else (kind, text) == ("e", "#NUM!")
            else:
                bits = struct.pack("<d", value + 0.0)
                fine = kind == "n" and text is not None and struct.pack("<d", float(text)) == bits
            if not fine:
                wrong.append(f"{reader.where(block.area.sheet, *at)}: {kind} {text}, not {value!r}")
    return wrong


def test_every_stored_value_is_exact(book: Made) -> None:
    assert wrongly_stored(book) == []


def test_a_stored_value_that_is_off_by_one_bit_would_be_noticed(small: Made, tmp_path: Path) -> None:
    loss = float(small.values["linear.now.loss"][0, 0])
    nearly = repr(math.nextafter(loss, 1))
    edit_xml(small.path, tmp_path / "off.xlsx", part_of(small, "Linear"), f"<v>{loss!r}</v>", f"<v>{nearly}</v>")
    [wrong] = wrongly_stored(Made(tmp_path / "off.xlsx", small.table))
    assert wrong.startswith(small.cell("linear.now.loss"))


def test_no_cell_is_an_error_as_delivered(book: Made) -> None:
    for name in SHEETS:
        kinds = {kind for kind, _, _ in stored_cells(book, name).values()}
        assert kinds <= {"n", "s", "str"}
        cells = parts(book.path)[part_of(book, name)].partition("<hyperlinks>")[0]  # whose words may speak of errors
        assert not re.search(r"#(NUM|VALUE|REF|NAME|N/A|DIV)", cells)


def test_a_diverging_descent_stores_errors_also_inside_array_formulas(diverging: Made) -> None:
    assert wrongly_stored(diverging) == []
    cells = stored_cells(diverging, "Descent Linear").values()
    assert ("e", True, "#NUM!") in cells
    assert ("e", False, "#NUM!") in cells
    assert not any(re.search(r"<v>-?(nan|inf)", text) for text in parts(diverging.path).values())


@pytest.mark.parametrize("model", ["linear", "two_relu"])
def test_where_a_loss_is_no_number_the_accuracy_is_none_either(diverging: Made, model: str) -> None:
    """Also at epochs whose predictions are numbers, but not their squares."""
    loss, accuracy = (diverging.values[f"{model}.descent.{what}"][:, 0] for what in ("loss", "accuracy"))
    assert np.isfinite(accuracy).tolist() == np.isfinite(loss).tolist()
    assert model != "linear" or 1 < np.isfinite(loss).sum() < len(loss)


def test_charts_keep_only_numbers_among_their_numbers(diverging: Made) -> None:
    for name, text in parts(diverging.path).items():
        if name.startswith("xl/charts/"):
            numbers = re.findall(r'<c:pt idx="\d+"><c:v>([^<]*)</c:v>', text)
            assert [number for number in numbers if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", number)] == []


# ---- charts


def test_a_chart_of_equal_units_draws_them_as_long_across_as_up() -> None:
    area = Area("Sheet", 0, 0, 2, 1)
    series = (Series("a", area, area),)
    chart = Chart(0, 0, "t", "x", "y", series, "alt", "0", 8, -8, -2, 4, width=500, height=420, equal=True)
    file = XlsxWriter(io.BytesIO())
    charts.draw(file, file.add_worksheet("Sheet"), replace(chart, x_step=4))
    file.close()
    with zipfile.ZipFile(file.filename) as packed:
        text = packed.read("xl/charts/chart1.xml").decode()
    sizes = {key: float(re.findall(f'<c:{key} val="([^"]+)"', text)[0]) for key in ("x", "y", "w", "h")}
    assert sizes["w"] * 500 / 16 == pytest.approx(sizes["h"] * 420 / 6, rel=1e-4)
    assert sizes["x"] + sizes["w"] < 1
    assert sizes["y"] + sizes["h"] < 1
    assert '<c:majorUnit val="4"/>' in text
    with pytest.raises(GraphError, match="four bounds"):
        charts.draw(file, file.add_worksheet(), replace(chart, y_max=None))


@pytest.mark.parametrize("model", ["linear", "two_relu"])
@pytest.mark.parametrize(("what", "lines"), [("loss", 3), ("accuracy", 2)])
def test_the_charts_draw_the_descent_and_torch(book: Made, model: str, what: str, lines: int) -> None:
    sheet = book.workbook.book.block(f"{model}.descent.loss").area.sheet
    content = parts(book.path)
    number = SHEETS.index(sheet) + 1
    [drawing] = re.findall(r"drawings/(drawing\d+)\.xml", content[f"xl/worksheets/_rels/sheet{number}.xml.rels"])
    charts = re.findall(r"charts/chart\d+\.xml", content[f"xl/drawings/_rels/{drawing}.xml.rels"])
    assert len(charts) == 2
    assert content[f"xl/drawings/{drawing}.xml"].count(' descr="Line chart of the ') == 2
    [chart] = [text for name in charts if f"<a:t>{what.title()} of" in (text := content[f"xl/{name}"])]

    def full(id: str) -> str:
        return book.workbook.book.block(id).area.full()

    epochs, chosen = full(f"{model}.descent.epoch"), (full("start.epoch"), full(f"start.{model}.{what}.chosen"))
    wanted = [(epochs, full(f"{model}.descent.{what}")), (epochs, full(f"torch.{model}.descent.loss")), chosen]
    found = [html.unescape(ref) for ref in re.findall(r"<c:f>([^<]*)</c:f>", chart)]
    drawn = list(zip(found[::2], found[1::2], strict=True))
    assert drawn == (wanted if lines == 3 else [wanted[0], wanted[2]])
    assert chart.count("<a:t>epoch</a:t>") == 1


# ---- in LibreOffice


@pytest.mark.office
def test_libreoffice_opens_it_without_an_error(office: Engine, small: Made) -> None:
    with office.open(small.path) as session:
        assert session.sheets == [*SHEETS, "_sheetnet"]
        session.recalculate()
        for sheet in SHEETS:
            lines = session.read(sheet, 0, 0, 60, 60)
            assert not [value for line in lines for value in line if isinstance(value, CellError)]


@pytest.mark.office
def test_every_number_fits_its_column(office: Engine, titanic_file: Made, tmp_path: Path) -> None:
    def print_all(name: str, content: bytes) -> bytes:
        """All rows and columns, on as many pages as they need."""
        pattern = rb'<definedName name="_xlnm.Print_Area"[^>]*>[^<]*</definedName>'
        content = re.sub(pattern, b"", content) if name == "xl/workbook.xml" else content
        return re.sub(rb"<pageSetup (?![^>]*fitToHeight)", rb'<pageSetup fitToHeight="0" ', content)

    pdf = converted(rezip(titanic_file.path, tmp_path / "all.xlsx", print_all), tmp_path / "pdf", "pdf")
    command = ["pdftotext", "-layout", str(pdf), "-"]
    pages = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\f")
    text = "\n".join(pages)
    assert [line for line in text.splitlines() if re.search(r"###|#(VALUE|REF|NAME|N/A|DIV)|Err:\d", line)] == []
    assert [
        name for name in SHEETS if not re.search(rf"^ *{name}( \(.*\))? +Page \d+ of \d+$", text, re.MULTILINE)
    ] == []


# ---- the same again


def test_the_same_input_gives_the_same_bytes(small: Made, tmp_path: Path) -> None:
    def built(setting: dict[str, str]) -> bytes:
        out = tmp_path / setting["PYTHONHASHSEED"] / "built.xlsx"
        out.parent.mkdir()
        epochs = str(small.workbook.spec.epochs)
        args = ("build", "titanic", "--csv", str(small.csv), "--epochs", epochs, "--seed", "0", "-o", str(out))
        assert run_sheetnet(*args, **setting).returncode == 0
        return out.read_bytes()

    settings = ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "2", "TZ": "America/Lima", "LANG": "C"})
    with ThreadPoolExecutor() as pool:
        one, two = pool.map(built, settings)
    assert one == two == small.path.read_bytes()


def stored_numbers(book: Made, name: str, text: str) -> tuple[str, list[tuple[str, float, str]]]:
    """A part without the numbers that a machine computed; and those, each with its place and what is near zero there.

    They are the stored values of formulas and of torch's blocks, the numbers that charts keep, and the record.
    """
    numbers: list[tuple[str, float, str]] = []
    if name.startswith("xl/charts/"):

        def point(found: re.Match[str]) -> str:
            numbers.append((f"{name}, point {found[1]}", NOISE, found[2]))
            return f'<c:pt idx="{found[1]}"/>'

        return re.sub(r'<c:pt idx="(\d+)"><c:v>([^<]*)</c:v></c:pt>', point, text), numbers
    if name == "xl/sharedStrings.xml":
        strings = re.findall(r"<si><t[^>]*>(.*?)</t></si>", text, re.DOTALL)
        own = next(i for i, string in enumerate(strings) if string.startswith('{"sheetnet":'))
        content = json.loads(html.unescape("".join(strings[own:])))  # the manifest is written last, in pieces
        for key, value in content.pop("record").items():
            flat = [x for line in value for x in line]
            floor = NOISE * max(abs(x) for x in flat if x is not None)
            numbers += [(f"record of {key}, entry {i}", floor, repr(x)) for i, x in enumerate(flat)]
        return "\n".join([*strings[:own], json.dumps(content)]), numbers
    sheets = {part_of(book, sheet): sheet for sheet in SHEETS}
    if name not in sheets:
        return text, numbers
    floors = computed_cells(book)[sheets[name]]

    def cell(found: re.Match[str]) -> str:
        area = area_of("", found[1])
        if found[3] is None or (area.row, area.col) not in floors:
            return found[0]

        def stored(value: re.Match[str]) -> str:
            numbers.append((f"{sheets[name]}!{found[1]}", floors[area.row, area.col], value[1]))
            return "<v/>"

        return STORED.sub(stored, found[0])

    return CELL.sub(cell, text), numbers


def computed_cells(book: Made) -> dict[str, dict[tuple[int, int], float]]:
    """By sheet, the cells whose numbers a machine computed, with what counts as zero in their column."""
    given = {node: book.inputs[id] for id, node in book.workbook.inputs.items()}
    blocks: list[Block] = [b for b in book.workbook.book.blocks if b.style != "values" or b.role == "torch"]
    found = with_magnitudes([block.node for block in blocks], given)
    out: dict[str, dict[tuple[int, int], float]] = {name: {} for name in SHEETS}
    for block, (value, magnitude) in zip(blocks, found, strict=True):
        floors = np.broadcast_to(floor_of(magnitude), value.shape)
        out[block.area.sheet].update(zip(block.area.cells(), floors.flat, strict=True))
    return out


def differences(book: Made, one: Path, other: Path) -> list[str]:
    """Where two files differ: in parts, formulas, constants or formats at all, in computed numbers beyond 1e-12."""
    first, second = parts(one), parts(other)
    found = [f"part {name}" for name in sorted(set(first) ^ set(second))]
    for name in sorted(set(first) & set(second)):
        (text_1, numbers_1), (text_2, numbers_2) = (stored_numbers(book, name, p[name]) for p in (first, second))
        if text_1 != text_2:
            at = next((i for i, (a, b) in enumerate(zip(text_1, text_2, strict=False)) if a != b), 0)
            found.append(f"{name}: {text_1[at - 60 : at + 60]!r} and {text_2[at - 60 : at + 60]!r}")
        elif len(numbers_1) != len(numbers_2):
            found.append(f"{name}: {len(numbers_1)} and {len(numbers_2)} numbers")
        else:
            found += [
                f"{at}: {x} and {y}"
                for (at, floor, x), (_, _, y) in zip(numbers_1, numbers_2, strict=True)
                if x != y and not near(x, y, floor)
            ]
    return found


def near(x: str, y: str, floor: float) -> bool:
    try:
        return abs(float(x) - float(y)) <= 1e-12 * abs(float(x)) + floor
    except ValueError:
        return False


def test_the_committed_workbook_is_what_build_writes(titanic_file: Made) -> None:
    if COMMITTED.read_bytes() != titanic_file.path.read_bytes():
        assert differences(titanic_file, COMMITTED, titanic_file.path) == []


LOSS = "linear.now.loss"
PLANTED = {
    "formula": ("MMULT", ">MMULT(A,B)</f>", ">MMULT(A,B)+0</f>", "sheet7.xml: "),
    "array range": ("MMULT", 'ref="G7:H9"', 'ref="G7:H8"', "sheet7.xml: "),
    "constant": ("MMULT", '<c r="A7" s="9"><v>1</v>', '<c r="A7" s="9"><v>1.0000000000000002</v>', "sheet7.xml: "),
    "format": ("MMULT", '<c r="A7" s="9">', '<c r="A7" s="8">', "sheet7.xml: "),
    "stored value": ("Linear", "<v>{loss!r}</v>", "<v>{off!r}</v>", "Linear!"),
    "stored value gone": ("Linear", "<v>{loss!r}</v>", "", "sheet5.xml: "),
    "stored error": ("Linear", "<v>{loss!r}</v>", "<v>#NUM!</v>", "Linear!"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_difference_to_the_committed_workbook_would_be_noticed(small: Made, tmp_path: Path, planted: str) -> None:
    sheet, old, new, where = PLANTED[planted]
    loss = float(small.values[LOSS][0, 0])
    old, new = (text.format(loss=loss, off=loss * (1 + 1e-11)) for text in (old, new))
    other = edit_xml(small.path, tmp_path / "other.xlsx", part_of(small, sheet), old, new)
    [found] = differences(small, small.path, other)
    assert where in found


@pytest.mark.parametrize(
    ("part", "pattern", "replacement"),
    [
        ("xl/styles.xml", rb"FFF9D6", rb"FFF9D7"),
        ("xl/charts/chart1.xml", rb"\$B\$7", rb"$B$8"),
        ("xl/charts/chart1.xml", rb'<c:pt idx="3"><c:v>0.\d\d', rb'<c:pt idx="3"><c:v>0.99'),
        ("xl/sharedStrings.xml", rb"Change a yellow weight", rb"Change a yellow number"),
        ("xl/sharedStrings.xml", rb"(two_relu.start&quot;:|two_relu.start\":)\[\[", rb"\1[[1"),
        ("xl/sharedStrings.xml", rb"(epochs&quot;|epochs\"):5", rb"\1:6"),
        ("xl/workbook.xml", rb"Features!\$L\$13", rb"Features!$L$14"),
        ("docProps/core.xml", rb"2000-01-01", rb"2001-01-01"),
    ],
)
def test_a_difference_in_any_part_would_be_noticed(
    small: Made, tmp_path: Path, part: str, pattern: bytes, replacement: bytes
) -> None:
    def change(name: str, content: bytes) -> bytes:
        changed = re.sub(pattern, replacement, content, count=1) if name == part else content
        assert name != part or changed != content
        return changed

    assert differences(small, small.path, rezip(small.path, tmp_path / "other.xlsx", change)) != []


def test_numbers_of_another_machine_are_not_a_difference(small: Made, tmp_path: Path) -> None:
    loss = float(small.values[LOSS][0, 0])
    old, new = f"<v>{loss!r}</v>", f"<v>{math.nextafter(loss, 2)!r}</v>"
    other = edit_xml(small.path, tmp_path / "other.xlsx", part_of(small, "Linear"), old, new)
    assert differences(small, small.path, other) == []
