"""Runs the notebooks of the course and keeps what they show, so that it can be read where nothing runs.

    python tests/keep_notebooks.py [NAME ...]

writes the outputs anew and says what changed. `differences` holds what is kept against a new run: it is compared, not
trusted. Texts and tables must say the same words and numbers, pictures must look alike.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import nbformat
import numpy as np
from jupyter_client import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from PIL import Image

from sheetnet.common.notebook import SWITCH
from sheetnet.course import LISTING

ROOT = Path(__file__).parents[1]
NAMES = [entry.file for entry in LISTING.values()]
TILE = 32  # pixels
MEASURED = "measured"  # the tag of a cell that shows times: its numbers and pictures are others in each run
NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.(\d*))?(?:e[+-]\d+)?")
CLOSE = 1e-6  # relative: last digits are others on another processor
FINE = 4  # with as many decimals, such a last digit may show: one unit of the last decimal is let through

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


def file_of(name: str) -> Path:
    return ROOT / "notebooks" / f"{name}.ipynb"


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(file_of(name), 4)


@contextmanager
def started() -> Iterator[AsyncKernelManager]:
    """A kernel that runs a notebook after the other."""
    with patch.dict(os.environ, {"PYTHONPATH": str(ROOT), SWITCH: "off"}):  # a slow machine shows what a fast one does
        manager = _client(nbformat.v4.new_notebook()).create_kernel_manager()
        try:
            yield manager
        finally:
            if manager.has_kernel:
                run_sync(manager.shutdown_kernel)(now=True)


def _client(book: nbformat.NotebookNode, **options: object) -> NotebookClient:
    return NotebookClient(book, timeout=120, kernel_name="python3", record_timing=False, **options)


def run(book: nbformat.NotebookNode, folder: Path, kernel: AsyncKernelManager, before: str = "") -> None:
    """Puts into its cells what they show when they are run in the folder, in the form in which it is kept."""
    book.cells.insert(0, nbformat.v4.new_code_cell(FRESH.format(folder=folder) + before))
    here = _client(book, km=kernel, resources={"metadata": {"path": str(folder)}})
    try:
        here.execute()
    finally:
        here.kc.stop_channels()
        del book.cells[0]
    book.metadata.pop("widgets", None)
    for count, cell in enumerate(code_cells(book), 1):
        cell.execution_count = count
        cell.outputs = _tidy(cell.outputs, count)


def code_cells(book: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def _tidy(outputs: list[nbformat.NotebookNode], count: int) -> list[nbformat.NotebookNode]:
    """Without sliders, which nothing moves where it is only read; printed lines in one piece; pictures small."""
    kept: list[nbformat.NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text  # it depends on the clock where a stream is broken up
            continue
        if output.output_type == "execute_result":
            output.execution_count = count
        data = output.get("data", {})
        if "image/png" in data:
            data["image/png"] = _small(data["image/png"])
        if not any("widget" in kind for kind in data):
            kept.append(output)
    return kept


def _small(picture: str) -> str:
    """The same PNG with 64 colours: about a third of the bytes."""
    out = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").quantize(64).save(out, "png", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


def differences(kept: nbformat.NotebookNode, now: nbformat.NotebookNode) -> list[str]:
    """What is no longer shown as it is kept, a line for each; both notebooks have the same cells."""
    found = []
    for cell, new in zip(code_cells(kept), code_cells(now), strict=True):
        before, after = shown(cell), shown(new)
        if [place for place, _ in before] != [place for place, _ in after]:
            found.append(f"{cell.id}: kept {[p for p, _ in before]}, now {[p for p, _ in after]}")
            continue
        measured = MEASURED in cell.metadata.get("tags", [])
        for (place, old), (_, text) in zip(before, after, strict=True):
            if "image" in place:
                same = measured or looks_alike(old, text)
            else:
                same = says_the_same(old, text, numbers=not measured)
            if not same:
                found.append(f"{cell.id}, {place}:" + ("" if "image" in place else f"\n{old}\nnow\n{text}"))
    return found


def shown(cell: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """Each thing that a cell shows: what kind it is, and its text."""
    found = []
    for output in cell.outputs:
        kind = output.output_type
        parts = {output.name: output.text} if kind == "stream" else dict(output.get("data", {"error": ""}))
        found += [(f"{kind} {key}", part) for key, part in sorted(parts.items())]
    return found


def says_the_same(kept: str, now: str, numbers: bool = True) -> bool:
    """Whether words are the same, and numbers but for what another processor may make of their last digits."""
    if [part.split() for part in _words(kept)] != [part.split() for part in _words(now)]:
        return False
    pairs = zip(NUMBER.finditer(kept), NUMBER.finditer(now), strict=True)
    return not numbers or all(_close(one, other) for one, other in pairs)


def _words(text: str) -> list[str]:
    return NUMBER.sub("\0", text).split("\0")


def _close(one: re.Match[str], other: re.Match[str]) -> bool:
    a, b = (float(number[0].replace(",", "")) for number in (one, other))
    decimals = len(one[1] or "")
    unit = 1.01 * 10.0**-decimals if decimals >= FINE and "e" not in one[0] else 0.0
    return decimals == len(other[1] or "") and abs(a - b) <= max(CLOSE * max(abs(a), abs(b)), unit)


def looks_alike(kept: str, now: str) -> bool:
    """Whether two PNGs differ in hardly a pixel of any small square, for lines a hair beside where they were.

    A square at a time: a point or a digit that is another is lost among all pixels of a picture.
    """
    one, other = (Image.open(io.BytesIO(base64.b64decode(picture))).convert("L") for picture in (kept, now))
    if one.size != other.size:
        return False
    apart = np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int))
    high, wide = (-(-size // TILE) * TILE for size in apart.shape)
    changed = np.zeros((high, wide))
    changed[: apart.shape[0], : apart.shape[1]] = apart > 40
    return bool(changed.reshape(high // TILE, TILE, wide // TILE, TILE).mean(axis=(1, 3)).max() < 0.02)


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, started() as kernel:
        for name in names or NAMES:
            book, kept = read(name), read(name)
            run(book, Path(folder), kernel)
            changed = [line.splitlines()[0] for line in differences(kept, book)]
            for cell, old in zip(code_cells(book), code_cells(kept), strict=True):
                if MEASURED in cell.metadata.get("tags", []) and not any(c.startswith(cell.id) for c in changed):
                    cell.outputs = old.outputs  # else each run would write other times
            nbformat.write(book, file_of(name))
            size = file_of(name).stat().st_size // 1000
            print(f"{name}: {size} kB", *(changed or ["as it was"]), sep="\n  ", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
