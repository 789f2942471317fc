"""What a person sees in a window after an edit is what holds now, in every workbook: no cell keeps what was stored.

Needs what test_watching needs. UNO opens and edits here, but is never asked what a cell holds.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import Made, rezip
from engine_book import by_hand
from test_lessons import NAMES  # all but titanic
from test_live import wait_for
from test_watching import offices, picture, screen  # noqa: F401 (screen is a fixture)

import sheetnet as sn
from sheetnet.book import reader
from sheetnet.book.opened import find_manifest
from sheetnet.book.reader import Contents, array_cells, where
from sheetnet.engines import libreoffice
from sheetnet.graph.node import order
from sheetnet.page.area import cell_address

GREEN = (0xE2, 0xF0, 0xD9)  # under the verdict "equal", and in the legend
WINDOW = (0, 0, 1400, 1000)
VERDICT = 500  # green pixels, fewer than a cell has


@pytest.fixture(scope="module")
def workbooks(
    titanic_file: Made, lesson_file: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The workbooks of all lessons, as they are built now; copies, for LibreOffice opens the files themselves."""
    folder = tmp_path_factory.mktemp("workbooks")
    built = {name: lesson_file(name) for name in NAMES} | {"titanic": titanic_file.path}
    return {name: Path(shutil.copy(path, folder / f"{name}.xlsx")) for name, path in built.items()}


# ---- as it is seen


OPEN = """
from com.sun.star.beans import PropertyValue
shown = desktop.loadComponentFromURL({url!r}, "_blank", 0, ()).CurrentController
shown.Frame.ContainerWindow.setPosSize(*{size}, 15)
shown.ZoomType, shown.ZoomValue = 3, 80  # per cent: columns are wider here than in Excel
document.close(True)
"""
DO = """
from com.sun.star.beans import PropertyValue
controller, sheets = document.CurrentController, document.Sheets
helper = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", there)
for sheet, command, *given in {steps!r}:
    controller.setActiveSheet(sheets.getByName(sheet))
    properties = tuple(PropertyValue(name, 0, value, 0) for name, value in given)
    helper.executeDispatch(controller.Frame, ".uno:" + command, "", 0, properties)
controller.setActiveSheet(sheets.getByName("Start"))
"""


@pytest.mark.office
def test_the_verdict_on_start_moves_with_an_edit_and_back(
    screen: str, workbooks: dict[str, Path], tmp_path: Path, temporary: Path  # noqa: F811
) -> None:  # fmt: skip
    pipe = Path(tempfile.mkdtemp(prefix="sheetnet-", dir=temporary)).name
    options = ["--norestore", "--nologo", "--calc", f"--accept=pipe,name={pipe};urp;"]
    subprocess.Popen([str(libreoffice._find_soffice()), *options], stderr=subprocess.DEVNULL)
    wait_for(lambda: answers(temporary))
    wrong = []
    for name, path in workbooks.items():
        sheet, cell, other = yellow(path)
        by_hand(temporary, OPEN.format(url=path.as_uri(), size=WINDOW))
        equal = greens(screen, tmp_path, f"{name}-opened", lambda n: n > VERDICT)
        typed = (sheet, "GoToCell", ("ToPoint", cell)), (sheet, "EnterString", ("StringName", other))
        by_hand(temporary, DO.format(steps=typed))
        changed = greens(screen, tmp_path, f"{name}-edited", lambda n, less=equal - VERDICT: n < less)
        by_hand(temporary, DO.format(steps=[("Start", "Undo")]))
        undone = greens(screen, tmp_path, f"{name}-undone", lambda n, more=changed + VERDICT: n > more)
        if not (equal - changed > VERDICT and undone - changed > VERDICT):
            wrong.append(f"{name}: {equal} green pixels, {changed} with {sheet}!{cell} = {other}, {undone} after undo")
    assert wrong == []
    assert offices(tmp_path / "home")  # it was seen to the end


def answers(temporary: Path) -> bool:
    """Whether the window stands and LibreOffice takes our words."""
    try:
        by_hand(temporary, "document.CurrentController.Frame")
    except subprocess.CalledProcessError:
        return False
    return True


def yellow(path: Path) -> tuple[str, str, str]:
    """A yellow cell on which torch's numbers depend: its sheet, its address, and another number to be typed.

    The first that holds a fraction, as weights and rates do, else the first.
    """
    contents = reader.read(path)
    workbook = find_manifest(contents).workbook
    ids = {node: id for id, node in workbook.inputs.items()}
    asked = order(watched.node for watched in workbook.marks.watched)
    blocks = [workbook.book.block(ids[node]) for node in asked if node in ids]
    cells = [(block.area.sheet, at) for block in blocks if block.role == "input" for at in block.area.cells()]
    held = [(sheet, at, contents.sheets[sheet].values.get(at)) for sheet, at in cells]  # a yellow cell may be blank
    found = [(sheet, at, float(value)) for sheet, at, value in held if value is not None]  # type: ignore[arg-type]
    sheet, at, value = next((one for one in found if one[2] % 1), found[0])
    return sheet, cell_address(*at), str(value + 1 if value >= 1 else value * 1.5)


def greens(display: str, folder: Path, name: str, hoped: Callable[[int], bool]) -> int:
    """The number of green pixels once they are as many as hoped for and stay so, or after 10 s."""
    last, deadline = -1, time.monotonic() + 10
    while True:
        now = int((picture(display, folder, name, WINDOW) == np.array(GREEN)).all(axis=2).sum())
        if (now == last and hoped(now)) or time.monotonic() > deadline:
            return now
        last = now
        time.sleep(0.15)


# ---- why: LibreOffice takes what is stored beside a plain formula, and calculates array formulas when they are seen


@pytest.mark.parametrize("name", [*NAMES, "titanic"])
def test_no_plain_formula_reads_an_array_formula(workbooks: dict[str, Path], name: str) -> None:
    assert list(plain_over_arrays(reader.read(workbooks[name]))) == []


def test_a_plain_formula_over_an_array_formula_would_be_noticed(workbooks: dict[str, Path]) -> None:
    contents = reader.read(workbooks["quadratic"])
    start = contents.sheets["Start"].formulas
    at = next(at for at, formula in start.items() if formula.text.startswith("=Torch!"))
    start[at] = reader.FormulaCell(start[at].text, None)
    assert list(plain_over_arrays(contents)) == [f"{where('Start', *at)}: {start[at].text}"]


def test_a_workbook_with_plain_formulas_as_before_is_still_the_one_that_was_built(
    workbooks: dict[str, Path], tmp_path: Path
) -> None:  # fmt: skip
    def before(part: str, content: bytes) -> bytes:
        return re.sub(rb'<f t="array" ref="[A-Z]+\d+">(?=Torch!)', b"<f>", content) if "sheet1." in part else content

    plain = rezip(workbooks["quadratic"], tmp_path / "before.xlsx", before)
    assert len(list(plain_over_arrays(reader.read(plain)))) == 1
    assert sn.check(plain).findings == []


REFERENCE = re.compile(
    r"""(?:(?P<sheet>'[^']+'|\w+)!)?(?P<cells>\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)(?![\w(])"""
    r"""|(?P<table>\w+)\[(?:\[\#This\ Row\],)?\[?(?P<column>\w+)\]+|(?P<name>[A-Za-z_]\w*)(?![\w(!])""",
    re.VERBOSE,
)


def plain_over_arrays(contents: Contents) -> Iterator[str]:
    """Each plain formula that reads a cell which an array formula fills."""
    arrays = {
        name: array_cells(formula.fills for formula in sheet.formulas.values() if formula.fills)
        for name, sheet in contents.sheets.items()
    }

    @cache
    def over(reference: str, sheet: str) -> bool:
        """Whether a cell, a range, a name or a table's column that a formula of the sheet reads is an array formula."""
        found = REFERENCE.fullmatch(reference)
        assert found, reference
        if found["cells"]:
            cells = array_cells([found["cells"]])
            return bool(cells & arrays[(found["sheet"] or sheet).strip("'")])
        if found["table"]:
            home, here = next((n, one) for n, one in contents.sheets.items() if found["table"] in one.tables)
            cells = array_cells([here.tables[found["table"]].ref])
            at = min(col for _, col in cells) + here.tables[found["table"]].columns.index(found["column"])
            return any(cell in arrays[home] for cell in cells if cell[1] == at)
        return found["name"] in contents.names and over(contents.names[found["name"]], sheet)

    for name, sheet in contents.sheets.items():
        for at, formula in sheet.formulas.items():
            words = re.sub(r'"[^"]*"', '""', formula.text)
            if formula.fills is None and any(over(found[0], name) for found in REFERENCE.finditer(words)):
                yield f"{where(name, *at)}: {formula.text}"
