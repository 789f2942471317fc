"""check: does a workbook, as it now stands, say what the graph and torch say?

Inputs, weights and rates are read from the file (a learner may have edited them); the workbook is laid out again from
its manifest; every formula is compared with the one that was built; a copy with wrong stored values is recalculated in
a spreadsheet engine; every block is compared with the graph, and with torch's autograd where torch has a say.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from sheetnet import manifest
from sheetnet.checking import reader
from sheetnet.checking.compare import FLOOR, RECORD, RELATIVE, hold_against, largest
from sheetnet.checking.inputs import read_inputs
from sheetnet.checking.reader import Contents, where
from sheetnet.checking.report import BlockReport, Finding, Report
from sheetnet.data import SCHEMA
from sheetnet.errors import WorkbookError
from sheetnet.evaluate import evaluate
from sheetnet.formula import canonical
from sheetnet.graph import Node
from sheetnet.layout import Block
from sheetnet.lessons.titanic import Plan
from sheetnet.manifest import MANIFEST_SHEET, Manifest

Say = Callable[[str], None]


def check(path: str | Path, engine: str = "ironcalc", say: Say = lambda _: None) -> Report:
    """The report on a workbook; report.ok tells whether everything agrees, str(report) is for people.

    engine: "ironcalc" or "libreoffice". say: called with a few words at each step.
    Raises: WorkbookError when the file cannot be read or an input is no number; EngineError.
    """
    from sheetnet.engines import get

    path = Path(path)
    runner = get(engine)
    if missing := runner.missing():
        raise WorkbookError(f"{path}: not checked, {missing}")
    say(f"reading {path}")
    contents = reader.read(path)
    found = find_manifest(contents)
    plan = Plan(found.spec)
    report = Report(str(path), engine, contents.n_formula_cells)
    _check_sheets(contents, plan, found, report)
    if report.structure:
        return report
    inputs = read_inputs(contents, plan)
    _check_names(contents, plan, report)
    blocks = {block.id: BlockReport(block.id, block.area.full(fixed=False), _size(block)) for block in plan.book.blocks}
    report.blocks = list(blocks.values())
    _check_values_on_record(contents, plan, found, inputs, blocks)
    _check_formulas(contents, plan, blocks, report)
    say(f"recalculating in {engine}")
    got = recalculated(path, contents, plan, engine)
    say("asking the graph and torch")
    _compare(plan, inputs, got, blocks)
    return report


def find_manifest(contents: Contents) -> Manifest:
    """The manifest in a workbook's hidden sheet.

    Raises: WorkbookError when there is none, it is damaged or newer, or lays the workbook out differently.
    """
    sheet = contents.sheets.get(MANIFEST_SHEET)
    if sheet is None:
        raise WorkbookError(
            f"{contents.file}: this workbook was not made by sheetnet (it has no sheet {MANIFEST_SHEET})"
        )
    return manifest.load("".join(str(sheet.values[at]) for at in sorted(sheet.values)), contents.file)


def _size(block: Block) -> int:
    return block.area.n_rows * block.area.n_cols


# ---- structure: sheets, names, tables


def _check_sheets(contents: Contents, plan: Plan, found: Manifest, report: Report) -> None:
    if found.blocks != manifest.ranges(plan.book):
        raise WorkbookError(
            f"{contents.file}: sheetnet {found.version} laid this workbook out differently; build it anew"
        )
    present = ", ".join(name for name in contents.sheets if name != MANIFEST_SHEET)
    for page in plan.book.pages:
        if page.name not in contents.sheets:
            report.structure.append(Finding(page.name, "this sheet is missing: renamed or deleted", present, page.name))


def _check_names(contents: Contents, plan: Plan, report: Report) -> None:
    """Names and tables that formulas read by must mean what they meant."""
    known = {name.lower() for name in contents.names}
    for name, area in plan.book.names.items():
        text = contents.names.get(name, "nothing")
        if _place(text) != _place(area.full()):
            report.structure.append(Finding(f"name {name}", "the name refers to something else", text, area.full()))
        for sheet in contents.sheets:
            if f"{sheet}!{name}".lower() in known:
                text = next(t for n, t in contents.names.items() if n.lower() == f"{sheet}!{name}".lower())
                report.structure.append(
                    Finding(f"name {sheet}!{name}", "a second name hides the first", text, area.full())
                )
    for page in plan.book.pages:
        if page.table:
            name, area, headers = page.table
            found = contents.sheets[page.name]
            if found.tables.get(name) != area.address():
                got = found.tables.get(name, "nothing")
                report.structure.append(Finding(f"table {name}", "the table has another range", got, area.address()))
            elif found.table_columns[name] != headers:
                got, want = ", ".join(found.table_columns[name]), ", ".join(headers)
                report.structure.append(Finding(f"table {name}", "its columns have other names", got, want))


def _place(text: str) -> str:
    return text.lstrip("=").replace("$", "").replace("'", "").upper()


# ---- values that are not for editing


def _check_values_on_record(
    contents: Contents, plan: Plan, found: Manifest, inputs: dict[str, np.ndarray], blocks: Mapping[str, BlockReport]
) -> None:
    """Values that are not for editing: torch's numbers, and the counting columns."""
    by_id = {block.id: block for block in plan.book.blocks}
    for id, value in inputs.items():
        block = by_id[id]
        if block.role == "torch":
            expected = found.record.get(id)
        elif block.role == "data" and id.removeprefix("data.") not in SCHEMA:
            first = 0.0 if id.endswith(".epoch") else 1.0
            expected = np.arange(value.shape[0], dtype=float)[:, None] + first
        else:
            blocks[id].compared = True
            continue
        if expected is None or expected.shape != value.shape:
            raise WorkbookError(f"{contents.file}: its hidden manifest has no record of {id}; build the workbook anew")
        hold_against(
            blocks[id], block.area, value, expected, RECORD, 0.0, "a value that is not for editing was changed"
        )
        if block.role == "torch":
            inputs[id] = value


# ---- formulas


def _check_formulas(contents: Contents, plan: Plan, blocks: Mapping[str, BlockReport], report: Report) -> None:
    known: dict[str, set[tuple[int, int]]] = {name: set() for name in contents.sheets}
    for block in plan.book.blocks:
        sheet = contents.sheets[block.area.sheet]
        for formula in plan.book.formulas(block):
            at = (formula.area.row, formula.area.col)
            known[block.area.sheet].update(formula.area.cells())
            got = sheet.formulas.get(at)
            fills = formula.area.address() if formula.array else None
            finding = _formula_finding(contents, block, at, got, formula.text, fills)
            if finding and blocks[block.id].finding is None:
                blocks[block.id].finding = finding
    for name, sheet in contents.sheets.items():
        extra = sorted((set(sheet.formulas) | sheet.covered) - known[name])
        if extra:
            cells = ", ".join(where(name, *at) for at in extra[:3])
            text = sheet.formulas[extra[0]].text if extra[0] in sheet.formulas else "part of an array formula"
            words = f"{len(extra)} formula cells that were not built ({cells})"
            report.structure.append(Finding(where(name, *extra[0]), words, text, "no formula"))


def _formula_finding(
    contents: Contents, block: Block, at: tuple[int, int], got: reader.FormulaCell | None, text: str, fills: str | None
) -> Finding | None:
    cell = where(block.area.sheet, *at)
    wanted = f"{{{text}}}" if fills else text
    if got is None:
        sheet = contents.sheets[block.area.sheet]
        value = "part of another array formula" if at in sheet.covered else repr(sheet.values.get(at))
        return Finding(cell, "a formula was replaced by a value", value, wanted)
    if canonical(got.text) != canonical(text):
        return Finding(
            cell, "this is not the formula that was built", f"{{{got.text}}}" if got.fills else got.text, wanted
        )
    if (got.fills or at) != (fills or at) and _one_cell(got.fills, fills):
        return Finding(cell, "the formula fills other cells", got.fills or "one cell", fills or "one cell")
    return None


def _one_cell(got: str | None, fills: str | None) -> bool:
    """Whether two ranges really differ: A1 and A1:A1 do not."""
    return _once(got) != _once(fills)


def _once(fills: str | None) -> str | None:
    first, _, last = (fills or "").replace("$", "").partition(":")
    return first if first == last or not last else f"{first}:{last}"


# ---- numbers


def recalculated(path: Path, contents: Contents, plan: Plan, engine: str) -> dict[str, np.ndarray]:
    """The value of every formula block by id, out of a spreadsheet engine, from a copy with wrong stored values.

    Numbers and text in object arrays, errors as nan.
    """
    from sheetnet.checking.poison import poison
    from sheetnet.engines import get
    from sheetnet.engines.base import CellError

    out: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory(prefix="sheetnet-") as folder:
        copy = Path(folder) / "poisoned.xlsx"
        count = poison(path, copy)
        if count != contents.n_formula_cells:
            raise WorkbookError(
                f"{path}: {contents.n_formula_cells} formula cells, but {count} could be set aside;"
                " save the workbook in Excel or LibreOffice and check it again"
            )
        with get(engine).open(copy) as session:
            session.recalculate()
            for block in plan.book.blocks:
                if block.style != "values":
                    area = block.area
                    lines = session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
                    cells = [
                        [float("nan") if isinstance(v, CellError) else "" if v is None else v for v in li]
                        for li in lines
                    ]
                    out[block.id] = np.array(cells, dtype=object).reshape(block.node.shape)
    return out


def _compare(
    plan: Plan, inputs: Mapping[str, np.ndarray], got: Mapping[str, np.ndarray], blocks: Mapping[str, BlockReport]
) -> None:
    given = {node: inputs[id] for id, node in plan.inputs.items()}
    live = [block for block in plan.book.blocks if block.style != "values"]
    expected = evaluate([b.node for b in live] + [b.scale or b.node for b in live], given)
    witnessed = ask_torch(plan, inputs, given)
    for block, value, scale in zip(live, expected[: len(live)], expected[len(live) :], strict=True):
        line = blocks[block.id]
        floor = FLOOR * largest(scale)
        spoilt = _spoilt(plan, block, value)
        line.max_abs, line.max_rel = hold_against(
            line,
            block.area,
            got[block.id],
            value,
            RELATIVE,
            floor,
            "the sheet's value differs from the graph's",
            spoilt,
        )
        if block.id in witnessed:
            line.torch_abs, line.torch_rel = hold_against(
                line,
                block.area,
                got[block.id],
                witnessed[block.id],
                RELATIVE,
                floor,
                "the sheet's value differs from torch's",
                spoilt,
            )


def _spoilt(plan: Plan, block: Block, expected: np.ndarray) -> np.ndarray | None:
    """The cells of array formulas in which some entry is an error, as a mask; None where there is no error."""
    if expected.dtype == object or np.isfinite(expected).all():
        return None
    mask = np.zeros(expected.shape, dtype=bool)
    for formula in plan.book.formulas(block):
        top, left = formula.area.row - block.area.row, formula.area.col - block.area.col
        part = slice(top, top + formula.area.n_rows), slice(left, left + formula.area.n_cols)
        mask[part] = formula.array and not np.isfinite(expected[part]).all()
    return mask


def ask_torch(plan: Plan, inputs: Mapping[str, np.ndarray], given: Mapping[Node, np.ndarray]) -> dict[str, np.ndarray]:
    """What torch's autograd says of the blocks it has a say in, by id, for the inputs as they now stand."""
    from sheetnet.features import Table
    from sheetnet.training import least_squares, observe, witness

    X, y = evaluate([plan.common.X, plan.common.y], given)
    table = Table(X, y, tuple(plan.recipe.features), None, plan.spec.recipe)  # type: ignore[arg-type]
    epoch = int(inputs["start.epoch"][0, 0])
    out: dict[str, np.ndarray] = {}
    for net in plan.nets:
        name = net.model.name
        start, lr = inputs[f"{name}.now.weight"].T, float(inputs[f"start.{name}.lr"][0, 0])
        said = witness(net.model, table, start, lr, plan.spec.epochs, epoch)
        out |= {f"{name}.{key}": value for key, value in said.items()}
    if plan.spec.best:
        out |= {f"linear.{key}": value for key, value in least_squares(table).items()}
    seen = observe(plan.nets[-1].model, table, inputs["mmult.now.W"])
    return out | {f"mmult.now.{key}": value for key, value in seen.items()}
