"""Every lesson has a notebook that runs from top to bottom, and none keeps outputs that could go stale."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from sheetnet.course import LISTING

NAMES = [entry.file for entry in LISTING.values()]


def notebook(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)


def run(book: nbformat.NotebookNode, folder: Path) -> None:
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()


def test_each_lesson_has_one() -> None:
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder, in which it leaves nothing behind."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = notebook(name)
    run(book, tmp_path)
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


def test_a_notebook_that_fails_is_noticed(tmp_path: Path) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 + 1 == 3")])
    with pytest.raises(CellExecutionError, match="AssertionError"):
        run(book, tmp_path)
