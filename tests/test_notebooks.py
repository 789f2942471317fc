"""Every lesson has a notebook that runs from top to bottom and still shows what it is kept showing."""

from __future__ import annotations

import ast
import base64
import copy
import io
import re
from collections.abc import Iterator
from pathlib import Path

import keep_notebooks
import nbformat
import numpy as np
import pytest
from conftest import ROOT
from jupyter_client import AsyncKernelManager
from keep_notebooks import NAMES, code_cells, differences, read, run
from nbclient.exceptions import CellExecutionError
from PIL import Image

# two lines of a chart that only their colour tells apart, noted when the chart is drawn
LOOKS = """
def _noting():
    from matplotlib.axes import Axes
    import builtins
    draw = Axes.__dict__.get("_undisturbed") or Axes.draw
    builtins.alike = []
    def noted(self, renderer):
        seen = {}
        for line in self.lines:
            look = line.get_linestyle(), line._unscaled_dash_pattern, line.get_marker(), line.get_linewidth()
            if seen.setdefault(str(look), line.get_color()) != line.get_color():
                builtins.alike.append(f"{self.get_title() or self.get_ylabel()}: {look}")
        return draw(self, renderer)
    Axes._undisturbed, Axes.draw = draw, noted
_noting()
del _noting
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[AsyncKernelManager]:
    with keep_notebooks.started() as manager:
        yield manager


def cells_of(*code: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in code])


def shown_by(folder: Path, kernel: AsyncKernelManager, *code: str) -> nbformat.NotebookNode:
    book = cells_of(*code)
    run(book, folder, kernel)
    return book


def alike(book: nbformat.NotebookNode, folder: Path, kernel: AsyncKernelManager) -> str:
    """Runs it, and says which lines only their colour tells apart: in an extra cell, that is taken away again."""
    book.cells.append(nbformat.v4.new_code_cell("import builtins\nprint(builtins.alike)"))
    run(book, folder, kernel, LOOKS)
    return str(book.cells.pop().outputs[0].text).strip()


def test_each_lesson_has_one() -> None:
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_shows_what_is_kept(name: str, tmp_path: Path, kernel: AsyncKernelManager) -> None:
    """In an empty folder, in which it leaves nothing behind."""
    book = read(name)
    assert alike(book, tmp_path, kernel) == "[]", "lines of a chart differ in nothing but their colour"
    printed = "".join(o.get("text", "") for c in code_cells(book) for o in c.outputs)
    assert "True" in printed, "no cell says that sheet and code agree"
    found = differences(read(name), book)
    assert not found, "\n".join([*found, "if that is meant: python tests/keep_notebooks.py"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_read_where_nothing_runs(name: str) -> None:
    book = read(name)
    nbformat.validate(book)
    code = code_cells(book)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {kind for cell in code for output in cell.outputs for kind in output.get("data", {})}
    assert "image/png" in kinds and kinds <= {"image/png", "text/plain", "text/html"}  # noqa: PT018
    assert keep_notebooks.file_of(name).stat().st_size < 400_000
    texts = [t for cell in code for _, t in keep_notebooks.shown(cell)]
    of_a_machine = re.compile(r"0x[0-9a-f]{6}|/tmp|/home|/work|/usr|\d\d:\d\d:\d\d|Warning|Traceback")
    assert not [text[:300] for text in texts if len(text) < 10_000 and of_a_machine.search(text)]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_written_as_the_course_writes(name: str) -> None:
    book = read(name)
    code = code_cells(book)
    assert len(book.cells) >= 10
    assert book.cells[0].cell_type == "markdown"
    assert book.cells[0].source.startswith("# ")
    assert all(len(cell.source.splitlines()) <= 45 for cell in code)
    text = "\n".join(cell.source for cell in code)
    used = {a.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) for a in n.names}
    assert {"numpy", "torch", "sheetnet"} <= used
    assert "sn.check(" in text
    words = "\n".join(cell.source for cell in book.cells)
    assert not re.search(r"(\d|[Rr]ate|amount) x \w", words), "times is ×"


def test_each_begins_with_how_it_is_opened_and_installed() -> None:
    """In the same words in each, as the README has it; a cell of comments does nothing where all is installed."""
    (opened,) = {read(name).cells[0].source.split("\n\n")[-1] for name in NAMES}
    (install,) = {code_cells(read(name))[0].source for name in NAMES}
    assert "`jupyter lab notebooks`" in opened
    assert "Colab" in opened
    assert all(line.startswith("#") for line in install.splitlines())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "jupyter lab notebooks" in readme
    assert '-e ".[notebooks]"' in readme
    assert install.endswith('# %pip install -e "..[notebooks]"')


# ---- the checkers, tried


def test_a_notebook_that_fails_is_noticed(tmp_path: Path, kernel: AsyncKernelManager) -> None:
    with pytest.raises(CellExecutionError, match="AssertionError"):
        shown_by(tmp_path, kernel, "assert 1 + 1 == 3")


def test_a_notebook_finds_nothing_of_the_one_before(tmp_path: Path, kernel: AsyncKernelManager) -> None:
    before = "import torch; mine = 1; torch.set_default_dtype(torch.float64)"
    after = "assert 'mine' not in globals()\nimport os, torch\nassert torch.get_default_dtype() == torch.float32"
    for code in (before, f"{after}\nassert os.getcwd() == {str(tmp_path)!r}"):
        shown_by(tmp_path, kernel, code)


def test_what_is_kept_is_without_sliders_and_in_one_piece(tmp_path: Path, kernel: AsyncKernelManager) -> None:
    code = "import ipywidgets, sys, time\nprint(1)\nsys.stdout.flush()\ntime.sleep(0.4)\nprint(2)\n"
    (cell,) = shown_by(tmp_path, kernel, f"{code}ipywidgets.interact(lambda a: None, a=1);").cells
    assert [output.output_type for output in cell.outputs] == ["stream"]
    assert cell.outputs[0].text == "1\n2\n"


def test_lines_that_only_colour_tells_apart_are_noticed(tmp_path: Path, kernel: AsyncKernelManager) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2], {}label='a')\nplt.plot([2, 1], {}label='b')\nplt.show()"
    assert alike(cells_of(draw.format("", "'--', ")), tmp_path, kernel) == "[]"
    assert alike(cells_of(draw.format("", "")), tmp_path, kernel) != "[]"


PLANTED = {
    "a number": ("1.7689", "1.7789"),
    "a digit of few": ("59.6%", "59.7%"),
    "a count": ("53532", "53533"),
    "fewer digits": ("1.76895", "1.769"),
    "a sign": ("-0.5", "0.5"),
    "a word": ("equal: True", "equal: False"),
    "a number less": ("1 2 3", "1 2"),
    "a power": ("1.2e-05", "1.2e-06"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_kept_and_no_longer_shown_is_noticed(name: str) -> None:
    old, new = (nbformat.v4.new_notebook(cells=[printing(text)]) for text in PLANTED[name])
    assert differences(old, old) == []
    assert differences(old, new)
    assert differences(new, old)


def printing(text: str, *tags: str) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("stream", text=text)
    return nbformat.v4.new_code_cell(outputs=[output], metadata={"tags": list(tags)}, id="planted")


def test_another_processor_passes_and_so_do_times() -> None:
    assert keep_notebooks.says_the_same("loss 1.7689123, 0.13", "loss  1.7689124, 0.13")
    assert keep_notebooks.says_the_same("1,234.5678", "1,234.5679")
    old, new = (nbformat.v4.new_notebook(cells=[printing(f"{n} times", keep_notebooks.MEASURED)]) for n in (5, 6))
    assert differences(old, new) == []


@pytest.mark.parametrize("name", NAMES[:1])
def test_a_planted_output_is_noticed(name: str) -> None:
    """A number in a table, another picture, one that is missing: each in a notebook as it is kept."""
    book = read(name)
    pictures = [o for c in code_cells(book) for o in c.outputs if "image/png" in o.get("data", {})]
    tables = [o for c in code_cells(book) for o in c.outputs if "text/html" in o.get("data", {})]

    def planted(change: object) -> list[str]:
        other = copy.deepcopy(book)
        shown = [o for c in code_cells(other) for o in c.outputs]
        change(shown)  # type: ignore[operator]
        return differences(other, book)

    assert len(pictures) >= 2
    assert tables
    assert planted(lambda shown: None) == []

    def edited(shown: list[nbformat.NotebookNode]) -> None:
        (first, *_) = (o for o in shown if "text/html" in o.get("data", {}))
        first.data["text/html"] = first.data["text/html"].replace(".", ".1", 1)

    def swapped(shown: list[nbformat.NotebookNode]) -> None:
        (first, *_) = (o for o in shown if "image/png" in o.get("data", {}))
        first.data["image/png"] = pictures[-1].data["image/png"]

    def taken(shown: list[nbformat.NotebookNode]) -> None:
        (first, *_) = (o for o in shown if "image/png" in o.get("data", {}))
        del first.data["image/png"]

    def repainted(shown: list[nbformat.NotebookNode]) -> None:
        """A point of seven pixels, as a marker that stands elsewhere."""
        (first, *_) = (o for o in shown if "image/png" in o.get("data", {}))
        picture = Image.open(io.BytesIO(base64.b64decode(first.data["image/png"]))).convert("L")
        at = np.argwhere(np.asarray(picture) > 250)[5000]
        picture.paste(0, (int(at[1]), int(at[0]), int(at[1]) + 7, int(at[0]) + 7))
        out = io.BytesIO()
        picture.save(out, "PNG")
        first.data["image/png"] = base64.b64encode(out.getvalue()).decode()

    for change in (edited, swapped, taken, repainted):
        assert len(planted(change)) == 1, change.__name__
