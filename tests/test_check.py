"""check: silent on what is right and on what a learner may edit, and never silent on a fault."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import EACH_ENGINE, Made, beside, block_at, changed, converted, edit, edit_xml, part_of, value_at
from openpyxl import load_workbook
from openpyxl.worksheet.formula import ArrayFormula

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.book import reader
from sheetnet.checking.poison import POISON, poison
from sheetnet.checking.report import BlockReport, Finding, Report
from sheetnet.course.titanic import witness
from sheetnet.engines import Engine, Session
from sheetnet.errors import WorkbookError
from sheetnet.graph import evaluate
from sheetnet.models.optimisers import OPTIMISERS, Step
from sheetnet.motifs.predictions import GUESSES
from sheetnet.motifs.verdicts import CHANGED

pytestmark = pytest.mark.usefixtures("one_office")

Changes = dict[str, object]


def places(report: Report) -> list[str]:
    """Where something was found."""
    return [finding.where for finding in report.findings]


# ---- many files


def test_an_engine_is_at_the_next_file_while_one_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    @contextmanager
    def checking(file: str, *_: object, **__: object) -> Iterator[Callable[[], Report]]:
        said.append(f"begin {file}")
        if file == "bad":
            raise WorkbookError("bad: this is no workbook")

        def finished() -> Report:
            said.append(f"finish {file}")
            return Report(file, "ironcalc", 0)

        yield finished
        said.append(f"close {file}")

    monkeypatch.setattr("sheetnet.checking.checking", checking)
    result = CliRunner().invoke(main, ["check", "a", "bad", "c", "d"])
    assert result.exit_code == 2
    assert "bad: this is no workbook" in result.stderr
    steps = "begin a, begin bad, finish a, close a, begin c, begin d, finish c, close c, finish d, close d"
    assert said == steps.split(", ")


# ---- what is right passes


@pytest.mark.parametrize("name", ["small", "titanic_file", "diverging"])
def test_a_workbook_as_delivered_is_right(engine: Engine, name: str, request: pytest.FixtureRequest) -> None:
    book: Made = request.getfixturevalue(name)
    report = sn.check(book.path, engine.name)
    assert report.findings == []
    assert report.ok
    assert {block.verdict for block in report.blocks} == {"equal"}
    assert sum(block.torch_abs is not None for block in report.blocks) >= 40
    losses = [block for block in report.blocks if block.id in ("linear.descent.loss", "two_relu.descent.loss")]
    assert [(block.torch_rel or 0.0) < 1e-12 for block in losses] == [True, True]


@pytest.mark.parametrize("recipe", ["sheet", "notebook"])
def test_both_recipes_and_one_model_alone_are_right(small: Made, tmp_path: Path, recipe: str) -> None:
    assert small.csv is not None
    table = sn.titanic(recipe, small.csv)
    sn.build(tmp_path / "one.xlsx", table, [sn.two_relu(table)], epochs=2, seed=3)
    assert sn.check(tmp_path / "one.xlsx").findings == []


def test_the_last_loss_is_that_of_torch(live: Session, small: Made) -> None:
    table, last = small.table, small.workbook.spec.epochs
    for model in (sn.linear(table), sn.two_relu(table)):
        run = sn.train(model, table, model.init(0), epochs=last, lr=0.1, device="cpu")
        got = value_at(live, small.cell(f"{model.name}.descent.loss", last))
        assert got == pytest.approx(run.losses[last], rel=1e-12, abs=0)


@pytest.mark.parametrize("name", ["small", "titanic_file"])
def test_every_formula_cell_belongs_to_a_block(name: str, request: pytest.FixtureRequest) -> None:
    book: Made = request.getfixturevalue(name)
    contents = reader.read(book.path)
    got = {(s, *at) for s, sheet in contents.sheets.items() for at in {*sheet.formulas, *sheet.covered}}
    live = [block.area for block in book.workbook.book.blocks if block.style != "values"]
    assert got == {(area.sheet, *at) for area in live for at in area.cells()}
    assert len(got) == contents.n_formula_cells


def test_an_edit_is_of_its_copy_alone(small: Made, tmp_path: Path) -> None:
    cell = small.cell("linear.now.weight")
    for name, content in (("one", 0.5), ("two", "=1+1"), ("three", None)):
        edit(small.path, tmp_path / f"{name}.xlsx", {cell: content})
    edit(small.path, tmp_path / "none.xlsx", {})
    found = [load_workbook(tmp_path / f"{name}.xlsx")["Linear"]["B7"].value for name in ("one", "two", "three", "none")]
    assert found == [0.5, "=1+1", None, load_workbook(small.path)["Linear"]["B7"].value]


def test_saved_by_openpyxl_it_still_passes(engine: Engine, small: Made, tmp_path: Path) -> None:
    assert sn.check(edit(small.path, tmp_path / "saved.xlsx", {}), engine.name).findings == []


@pytest.mark.office
def test_saved_by_libreoffice_it_still_passes(office: Engine, small: Made, tmp_path: Path) -> None:
    saved = converted(small.path, tmp_path / "saved", "xlsx")
    assert [sn.check(saved, name).findings for name in ("ironcalc", "libreoffice")] == [[], []]


def test_checking_leaves_the_file_alone(small: Made) -> None:
    before = small.path.read_bytes()
    sn.check(small.path)
    assert small.path.read_bytes() == before


# ---- what a learner may edit passes, and the sheet says so itself

EDITS: dict[str, tuple[Callable[[Made], Changes], str]] = {
    "weight": (lambda m: {m.cell("two_relu.now.weight"): 0.25, m.cell("linear.now.weight", 0, 9): -3}, CHANGED),
    "rate": (lambda m: {m.cell("start.linear.lr"): 0.05}, CHANGED),
    "rate 0": (lambda m: {m.cell("start.linear.lr"): 0, m.cell("start.two_relu.lr"): 0}, CHANGED),
    "rate 50": (lambda m: {m.cell("start.linear.lr"): 50, m.cell("start.two_relu.lr"): 50}, CHANGED),
    "largest rate": (lambda m: {m.cell("start.two_relu.lr"): 1e6}, CHANGED),
    "epoch 0": (lambda m: {m.cell("start.epoch"): 0}, "equal"),
    "epoch 2": (lambda m: {m.cell("start.epoch"): 2}, "equal"),
    "last epoch": (lambda m: {m.cell("start.epoch"): 5}, "equal"),
    "wiggle 1e-3": (lambda m: {m.cell("start.wiggle"): 1e-3}, "equal"),
    "wiggle 1e-7": (lambda m: {m.cell("start.wiggle"): 1e-7}, "equal"),
    "A, B": (lambda m: {m.cell("mmult.A", 2, 1): -3.5, m.cell("mmult.B"): 1e9}, "equal"),
    "W": (lambda m: {m.cell("mmult.now.W", 3, 1): 0.125}, "equal"),
    "ages": (lambda m: {m.cell("data.Age"): 80, m.cell("data.Age", 1): 0.42}, CHANGED),
    "age removed, another filled in": (lambda m: {m.cell("data.Age", 5): 33, m.cell("data.Age"): None}, CHANGED),
    "age filled in": (lambda m: {m.cell("data.Age", 5): 33}, CHANGED),
    "one more complete row": (lambda m: {m.cell("data.Embarked", 29): "C"}, "equal"),
    "survivor": (lambda m: {m.cell("data.Survived"): 1}, CHANGED),
    "fare, sex, class": (
        lambda m: {m.cell("data.Fare", 2): 512, m.cell("data.Sex", 2): "male", m.cell("data.Pclass", 2): 1},
        CHANGED,
    ),
}


TOGETHER = [  # every edit once, in as few files as can be: LibreOffice takes seconds for each
    ("weight", "rate", "epoch 2", "wiggle 1e-3", "A, B", "ages", "fare, sex, class", "one more complete row"),
    ("rate 0", "epoch 0", "wiggle 1e-7", "W", "age filled in", "survivor"),
    ("rate 50", "last epoch", "age removed, another filled in"),
    ("largest rate",),
]


@pytest.mark.parametrize("edited", EDITS)
def test_a_learners_edit_passes(small: Made, tmp_path: Path, edited: str) -> None:
    assert sn.check(edit(small.path, tmp_path / "mine.xlsx", EDITS[edited][0](small))).findings == []


@pytest.mark.parametrize("edits", TOGETHER, ids=lambda edits: edits[0])
def test_several_edits_together_pass(engine: Engine, small: Made, tmp_path: Path, edits: tuple[str, ...]) -> None:
    changes = {cell: value for name in edits for cell, value in EDITS[name][0](small).items()}
    assert sn.check(edit(small.path, tmp_path / "mine.xlsx", changes), engine.name).findings == []


def test_no_edit_is_left_out() -> None:
    assert sorted(name for edits in TOGETHER for name in edits) == sorted(EDITS)


@pytest.mark.parametrize("edited", EDITS)
def test_the_sheet_says_whether_the_inputs_were_changed(live: Session, small: Made, edited: str) -> None:
    changes, verdict = EDITS[edited]
    assert value_at(live, small.cell("start.verdict")) == "equal"
    with changed(live, changes(small)):  # type: ignore[arg-type]
        assert value_at(live, small.cell("start.verdict")) == verdict
        assert value_at(live, small.cell("torch.verdict")) == verdict
    assert CHANGED == "you changed something: torch's numbers are for the original"


# ---- planted faults

Fault = Callable[[Made, Path], Path]


def cells(changes: Callable[[Made], Changes]) -> Fault:
    return lambda made, out: edit(made.path, out, changes(made))


def xml(part: Callable[[Made], str], old: str, new: str) -> Fault:
    return lambda made, out: edit_xml(made.path, out, part(made), old, new)


def sheets(change: Callable[[object], None]) -> Fault:
    def fault(made: Made, out: Path) -> Path:
        book = load_workbook(made.path)
        change(book)
        book.save(out)
        return out

    return fault


def descent_with_its_own_rate(made: Made) -> Changes:
    cell = made.cell("linear.descent.W_1", 2)
    found = load_workbook(made.path)["Descent Linear"][cell.rpartition("!")[2]].value
    return {cell: ArrayFormula(found.ref, found.text.replace("lr_linear", "0.1"))}


def workbook_xml(_: Made) -> str:
    return "xl/workbook.xml"


def table_xml(_: Made) -> str:
    return "xl/tables/table1.xml"


X_NAME = '<definedName name="X">Features!$L$13:$U$36</definedName>'
# what is planted: (the fault, where it must be found, whether nothing else may be found)
FAULTS: dict[str, tuple[Fault, str, bool]] = {
    "a formula replaced by its own number": (
        cells(lambda m: {m.cell("two_relu.now.pred", 3): float(m.values["two_relu.now.pred"][3, 0])}),
        "'Two ReLU'!Q18",
        True,
    ),
    "a verdict replaced by its own word": (cells(lambda m: {m.cell("torch.verdict"): "equal"}), "Torch!B4", True),
    "a formula that agrees today": (
        cells(lambda m: {m.cell("two_relu.now.relu"): "=MAX(0,M15)+0"}),
        "'Two ReLU'!O15",
        True,
    ),
    "an array formula that agrees today": (
        cells(lambda m: {m.cell("mmult.AB"): ArrayFormula("G7:H9", "=MMULT(A,B)+0")}),
        "MMULT!G7",
        True,
    ),
    "an array formula made plain": (cells(lambda m: {m.cell("mmult.AB"): "=MMULT(A,B)"}), "MMULT!G7", False),
    "a plain formula made an array": (
        cells(lambda m: {m.cell("two_relu.now.relu"): ArrayFormula("O15:O16", "=MAX(0,M15)")}),
        "'Two ReLU'!O15",
        False,
    ),
    "an array formula cut short": (
        xml(lambda m: part_of(m, "MMULT"), '<f t="array" ref="G7:H9">', '<f t="array" ref="G7:H8">'),
        "MMULT!G7",
        False,
    ),
    "a SUMPRODUCT one row down": (
        cells(lambda m: {m.cell("two_relu.now.lin"): "=SUMPRODUCT(B16:K16,$B$7:$K$7)"}),
        "'Two ReLU'!M15",
        False,
    ),
    "a feature of another column": (
        cells(lambda m: {m.cell("features.Age", 4): "=LOOKUP(B17,passengers[No],passengers[Fare])"}),
        "Features!F17",
        False,
    ),
    "a rate of its own in one row": (cells(descent_with_its_own_rate), "'Descent Linear'!O9", True),
    "a name one row down": (
        xml(workbook_xml, X_NAME, X_NAME.replace("$13", "$14").replace("$36", "$37")),
        "name X",
        False,
    ),
    "a name removed": (xml(workbook_xml, X_NAME, ""), "name X", False),
    "a name hidden by one of its sheet": (
        xml(workbook_xml, X_NAME, X_NAME + '<definedName name="X" localSheetId="6">MMULT!$A$1:$B$2</definedName>'),
        "name MMULT!X",
        False,
    ),
    "a sheet renamed": (sheets(lambda book: setattr(book["MMULT"], "title", "Product")), "MMULT", True),  # type: ignore[index]
    "a sheet deleted": (sheets(lambda book: book.remove(book["Descent Linear"])), "Descent Linear", True),  # type: ignore[attr-defined, index]
    "another number in No of Data": (cells(lambda m: {m.cell("data.No", 2): 99}), "Data!A7", False),
    "another number in No of Features": (cells(lambda m: {m.cell("features.no", 5): 1}), "Features!A18", False),
    "another number in Epoch": (cells(lambda m: {m.cell("linear.descent.epoch", 3): 4}), "'Descent Linear'!A10", True),
    "a loss of torch overwritten": (
        cells(lambda m: {m.cell("torch.linear.descent.loss", 1): 0.5}),
        "Torch!B31",
        True,
    ),
    "a loss of torch off by 1e-11": (
        cells(
            lambda m: {
                m.cell("torch.linear.descent.loss", 1): m.inputs["torch.linear.descent.loss"][1, 0] * (1 + 1e-11)
            }
        ),
        "Torch!B31",
        True,
    ),
    "a start weight overwritten": (cells(lambda m: {m.cell("two_relu.start", 0, 3): 0.5}), "'Two ReLU'!E9", True),
    "a formula in an empty cell": (cells(lambda m: {beside("Start!B12", 30): "=1+1"}), "Start!B42", True),
    "a formula on the hidden sheet": (cells(lambda m: {"_sheetnet!C5": "=1+1"}), "_sheetnet!C5", True),
    "a table one row shorter": (
        xml(table_xml, 'id="1" name="passengers" displayName="passengers" ref="A4:K34"',
            'id="1" name="passengers" displayName="passengers" ref="A4:K33"'),
        "table passengers",
        False,
    ),
    "a column of the table renamed": (
        xml(table_xml, '<tableColumn id="5" name="Age"', '<tableColumn id="5" name="Alter"'),
        "table passengers",
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("planted", FAULTS)
def test_a_planted_fault_is_found_in_its_cell(small: Made, tmp_path: Path, planted: str) -> None:
    fault, where, alone = FAULTS[planted]
    report = sn.check(fault(small, tmp_path / "spoilt.xlsx"))
    assert not report.ok
    assert where in places(report)
    if alone:
        assert places(report) == [where]


@pytest.mark.office
def test_a_planted_fault_is_found_in_libreoffice_too(office: Engine, small: Made, tmp_path: Path) -> None:
    fault, where, _ = FAULTS["a SUMPRODUCT one row down"]
    report = sn.check(fault(small, tmp_path / "spoilt.xlsx"), office.name)
    assert where in places(report)
    assert len(report.findings) > 1  # the numbers after it differ as well


def test_a_finding_says_what_was_got_and_expected(small: Made, tmp_path: Path) -> None:
    fault, _, _ = FAULTS["a formula that agrees today"]
    [finding] = sn.check(fault(small, tmp_path / "spoilt.xlsx")).findings
    assert (finding.got, finding.expected) == ("=MAX(0,M15)+0", "=MAX(0,M15)")


# ---- faults of an engine, the graph and torch


@pytest.mark.parametrize("name", EACH_ENGINE)
def test_wrong_stored_values_do_not_matter(small: Made, tmp_path: Path, name: str) -> None:
    count = poison(reader.read(small.path), tmp_path / "wrong.xlsx")
    assert sn.check(small.path).formula_cells == count
    assert sn.check(tmp_path / "wrong.xlsx", name).findings == []


class StoredOnly(Engine):
    """An engine that never calculates: it hands out the values that are stored in the file."""

    name = "stored"

    def missing(self) -> None:
        return None

    def _open(self, path: Path) -> Session:
        return StoredSession(path)


class StoredSession(Session):
    def __init__(self, path: Path) -> None:
        self._book = load_workbook(path, data_only=True)
        super().__init__(path, self._book.sheetnames)

    def _set(self, *_: object) -> None: ...
    def _recalculate(self) -> None: ...
    def _close(self) -> None: ...

    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[object]]:  # type: ignore[override]
        cells = self._book[sheet].iter_rows(row + 1, row + n_rows, col + 1, col + n_cols, values_only=True)
        return [[float(v) if type(v) is int else v for v in line] for line in cells]


def test_an_engine_that_hands_out_stored_values_is_caught(small: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetnet.engines.get", lambda name: StoredOnly())
    report = sn.check(small.path)
    live = {block.id for block in small.workbook.book.blocks if block.style != "values"}
    assert {block.id for block in report.blocks if not block.ok} == live
    assert {finding.got for finding in report.findings} == {repr(POISON)}


def test_a_fault_of_the_graph_is_caught(small: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    relu = evaluate.NUMERIC["relu"]
    monkeypatch.setitem(evaluate.NUMERIC, "relu", lambda xp, a: relu(xp, a) * (1 + 1e-9))
    report = sn.check(small.path)
    assert small.cell("mmult.now.relu", 0, 1) in places(report) or small.cell("mmult.now.relu") in places(report)
    assert not [block for block in report.blocks if block.id.startswith("linear.") and not block.ok]


def test_a_fault_of_torch_is_caught(small: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = witness.run
    monkeypatch.setattr(witness, "run", lambda m, t, s, lr, *rest: honest(m, t, s, lr * (1 + 1e-8), *rest))
    report = sn.check(small.path)
    assert small.cell("linear.descent.loss", 1) in places(report)
    assert small.cell("two_relu.descent.loss", 1) in places(report)
    assert small.cell("torch.linear.descent.loss", 1) in places(report)
    assert {finding.what for finding in report.findings} == {
        "the sheet's value differs from torch's",
        "the value on record is not what torch says today",
    }


def test_a_record_changed_in_sheet_and_manifest_alike_is_caught_by_torch(small: Made, tmp_path: Path) -> None:
    book = load_workbook(small.path)
    hidden = book["_sheetnet"]
    content = json.loads("".join(line[0] for line in hidden.iter_rows(values_only=True)))
    content["record"]["torch.linear.descent.loss"][3] = [0.25]
    text = json.dumps(content)
    for row, at in enumerate(range(0, len(text), 30_000), 1):
        hidden.cell(row, 1, text[at : at + 30_000])
    book.save(tmp_path / "forged.xlsx")
    where = small.cell("torch.linear.descent.loss", 3)
    report = sn.check(edit(tmp_path / "forged.xlsx", tmp_path / "forged.xlsx", {where: 0.25}))
    assert where in places(report)


def test_a_fault_shared_by_sheet_and_graph_is_caught_by_torch(
    small: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(OPTIMISERS["sgd"], rule=lambda W, grad, state, lr, t, s: Step(W - lr * (grad * 1.001)))
    monkeypatch.setitem(OPTIMISERS, "sgd", wrong)
    table = small.table
    sn.build(tmp_path / "wrong.xlsx", table, [sn.linear(table)], epochs=2)
    report = sn.check(tmp_path / "wrong.xlsx")
    assert {f.what for f in report.findings} == {"the sheet's value differs from torch's"}
    assert "'Descent Linear'!B8" in places(report)


# ---- the report


def test_the_report_names_file_blocks_and_verdict(small: Made, tmp_path: Path) -> None:
    text = str(sn.check(small.path))
    assert f"{small.path}: all {len(small.workbook.book.blocks)} blocks equal" in text
    assert all(block.id in text and block.area.full(fixed=False) in text for block in small.workbook.book.blocks)
    fault, where, _ = FAULTS["a formula that agrees today"]
    text = str(sn.check(fault(small, tmp_path / "spoilt.xlsx")))
    assert f"{tmp_path / 'spoilt.xlsx'}: 1 difference found" in text
    assert f"{where}: this is not the formula that was built" in text


def test_the_report_is_json_for_programs(small: Made, tmp_path: Path) -> None:
    fault, where, _ = FAULTS["a formula that agrees today"]
    for path, ok in ((small.path, True), (fault(small, tmp_path / "spoilt.xlsx"), False)):
        content = json.loads(sn.check(path).to_json())
        assert (content["ok"], content["file"], content["engine"]) == (ok, str(path), "ironcalc")
        blocks = {block["id"]: block for block in content["blocks"]}
        relu = blocks["two_relu.now.relu"]
        assert (relu["range"], relu["cells"]) == ("'Two ReLU'!O15:P38", 48)
        assert relu["max_abs"] < 1e-12
        assert relu["verdict"] == ("equal" if ok else "differs")
        assert (relu["finding"] or {}).get("where") == (None if ok else where)


def test_json_has_no_numbers_that_json_cannot_hold() -> None:
    report = Report("f", "e", 1, [BlockReport("b", "S!A1", 1, max_abs=float("inf"), max_rel=float("nan"))])
    [block] = json.loads(report.to_json(), parse_constant=pytest.fail)["blocks"]
    assert (block["max_abs"], block["max_rel"]) == (None, None)


def test_findings_come_in_order_structure_first() -> None:
    names, first, last = (Finding(where, "what", "got", "expected") for where in ("name X", "S!A1", "S!B1"))
    blocks = [BlockReport("a", "S!A1", 1, finding=first), BlockReport("b", "S!B1", 1, finding=last)]
    report = Report("f", "e", 2, blocks, [names])
    assert report.findings == [names, first, last]
    assert [block.verdict for block in blocks] == ["differs", "differs"]
    assert BlockReport("c", "S!C1", 1).verdict == "not compared"
    assert not report.ok


def test_a_block_that_was_compared_shows_its_numbers(engine: Engine, small: Made, live: Session) -> None:
    for id in ("linear.descent.loss", "two_relu.then.grad_W"):
        got = block_at(live, small.workbook.book.block(id)).astype(float)
        assert got == pytest.approx(small.values[id], rel=1e-10)


def test_columns_that_come_to_depend_on_each_other_have_no_least_squares(
    small: Made, tmp_path: Path, engine: Engine
) -> None:
    classes = small.table.raw.columns["Pclass"][:, 0]
    edits: Changes = {small.cell("data.Pclass", i): 1 for i in range(len(classes)) if classes[i] == 3}
    edits |= {small.cell(GUESSES, i): 1 for i in range(len(small.workbook.predictions))}
    mine = edit(small.path, tmp_path / "mine.xlsx", edits)
    assert sn.check(mine, engine.name).findings == []
    with engine.open(mine) as session:
        session.recalculate()
        assert value_at(session, small.cell("start.best.loss")) == "not unique"


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    with pytest.raises(WorkbookError, match=r"pipe\.xlsx: this is no regular file"):
        sn.check(tmp_path / "pipe.xlsx")
