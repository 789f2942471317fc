"""Every lesson has a notebook that runs from top to bottom, and none keeps outputs that could go stale."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from jupyter_client import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from sheetnet.course import LISTING

NAMES = [entry.file for entry in LISTING.values()]


def notebook(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)


# to start a kernel and import torch takes longer than most notebooks do: the next one in it finds it as if it were new
FRESH = """
import matplotlib.pyplot, numpy, torch
matplotlib.pyplot.close("all")
matplotlib.rcdefaults()
torch.set_default_dtype(torch.float32)
torch.manual_seed(67280421310721)
numpy.random.seed()
%reset -f
%matplotlib inline
%cd -q {folder}
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[AsyncKernelManager]:
    """One that runs a notebook after the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        manager = client(nbformat.v4.new_notebook()).create_kernel_manager()
        yield manager
        run_sync(manager.shutdown_kernel)(now=True)


def client(book: nbformat.NotebookNode, **options: object) -> NotebookClient:
    return NotebookClient(book, timeout=120, kernel_name="python3", **options)


def run(book: nbformat.NotebookNode, folder: Path, kernel: AsyncKernelManager) -> None:
    if kernel.has_kernel:
        book.cells.insert(0, nbformat.v4.new_code_cell(FRESH.format(folder=folder)))
    here = client(book, km=kernel, resources={"metadata": {"path": str(folder)}})
    try:
        here.execute()
    finally:
        here.kc.stop_channels()


def test_each_lesson_has_one() -> None:
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name: str, tmp_path: Path, kernel: AsyncKernelManager) -> None:
    """In an empty folder, in which it leaves nothing behind."""
    book = notebook(name)
    run(book, tmp_path, kernel)
    printed = "".join(o.get("text", "") for c in book.cells if c.cell_type == "code" for o in c.outputs)
    assert "True" in printed, "no cell says that sheet and code agree"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_no_outputs_and_can_be_read(name: str) -> None:
    book = notebook(name)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert len(book.cells) >= 10
    assert book.cells[0].cell_type == "markdown"
    assert book.cells[0].source.startswith("# ")
    assert all(len(cell.source.splitlines()) <= 45 for cell in code)
    text = "\n".join(cell.source for cell in code)
    used = {a.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) for a in n.names}
    assert {"numpy", "torch", "sheetnet"} <= used
    assert "sn.check(" in text


def test_a_notebook_that_fails_is_noticed(tmp_path: Path, kernel: AsyncKernelManager) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 + 1 == 3")])
    with pytest.raises(CellExecutionError, match="AssertionError"):
        run(book, tmp_path, kernel)


def test_a_notebook_finds_nothing_of_the_one_before(tmp_path: Path, kernel: AsyncKernelManager) -> None:
    before = "import torch; mine = 1; torch.set_default_dtype(torch.float64)"
    after = "assert 'mine' not in globals()\nimport os, torch\nassert torch.get_default_dtype() == torch.float32"
    for code in (before, f"{after}\nassert os.getcwd() == {str(tmp_path)!r}"):
        run(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), tmp_path, kernel)
