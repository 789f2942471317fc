"""check: does a workbook, as it now stands, say what the graph and torch say?

Inputs, weights and rates are read from the file (a learner may have edited them); the workbook is laid out again from
its manifest; every formula is compared with the one that was built; a copy with wrong stored values is recalculated in
a spreadsheet engine; every block is compared with the graph, and with torch's autograd where torch has a say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from sheetnet.checking.compare import RELATIVE, floor_of, hold_against
from sheetnet.checking.examined import Examined, begin, look_through
from sheetnet.checking.recalculation import recalculating
from sheetnet.checking.report import BlockReport, Report
from sheetnet.checking.stored import Stored
from sheetnet.common.collecting import collecting_later
from sheetnet.common.notebook import tell, telling
from sheetnet.errors import EngineError
from sheetnet.graph.dialect import STACKS
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.node import Node
from sheetnet.graph.recurrence import size
from sheetnet.graph.shaken import shaken
from sheetnet.graph.undecided import Undecided
from sheetnet.motifs.agreement import TORCH
from sheetnet.motifs.workbook import Workbook
from sheetnet.page.book import Block

Say = Callable[[str], None]
GROWS = (
    "a descent makes its own rounding grow, as it does where a rate is about too large: its numbers agree as far as"
    " they can be told from rounding"
)


@telling("check")
def check(
    path: str | Path, engine: str = "ironcalc", say: Say = lambda _: None, *, strict: bool = False
) -> Report:  # fmt: skip
    """The report on a workbook; report.ok tells whether everything agrees, str(report) is for people.

    engine: "ironcalc", "libreoffice" or "excel". say: called with a few words at each step. strict: whether what is
    only shown otherwise than it was built (report.presentation) is a difference too.
    Raises: WorkbookError when the file cannot be read or an input is no number; EngineError.
    """
    with checking(path, engine, say, strict=strict) as finished:
        return finished()


@contextmanager
def checking(
    path: str | Path, engine: str = "ironcalc", say: Say = lambda _: None, *, strict: bool = False
) -> Iterator[Callable[[], Report]]:  # fmt: skip
    """A context with a function that returns what check() does; an engine that can is at work meanwhile.

    Raises: as check, now or when that function is called.
    """
    from sheetnet.engines import get

    def says(words: str) -> None:
        say(words)
        tell(words)

    path = Path(path)
    runner = get(engine)
    if missing := runner.missing():
        raise EngineError(f"{path}: not checked, {missing}")
    with ExitStack() as stack:
        with collecting_later():
            runner.prepare()
            says(f"reading {path}")
            seen = begin(path, engine, strict)
            workbook = seen.found.workbook
            runner.refuse_modern(path, workbook.book.dialect.name)
            if not seen.report.structure:
                says(f"recalculating in {engine}")
                values = stack.enter_context(recalculating(seen.contents, workbook, engine))
        yield (lambda: seen.report) if seen.report.structure else partial(_finished, seen, values, says)


@collecting_later()
def _finished(seen: Examined, values: Callable[[], Mapping[str, np.ndarray]], say: Say) -> Report:
    """The report, with what can be told while the engine is at work, and what its values say."""
    look_through(seen)
    say("asking torch")
    from sheetnet.models.twins import one_thread  # with torch, which the engine does not wait for

    with one_thread():  # the engine is at work, and threads on small matrices wait for it
        witnessed = seen.found.workbook.torch_says(seen.inputs)
    _compare(seen, values(), witnessed)
    return seen.report


def _compare(seen: Examined, got: Mapping[str, np.ndarray], witnessed: Mapping[str, np.ndarray]) -> None:
    workbook, blocks, inputs = seen.found.workbook, seen.blocks, seen.inputs
    inputs = {**inputs, **{b.id: got[b.id] for b in workbook.book.blocks if b.role == "answer"}}  # also by a formula
    given = workbook.by_node(inputs)
    live = [block for block in workbook.book.blocks if block.style != "values"]
    said = dict(part for block in live for part in _parts(block.node, got[block.id]))
    undecided = Undecided(said)
    expected = with_magnitudes([block.node for block in live], given, settle=undecided.settle)
    floors = {block.id: floor_of(magnitude) for block, (_, magnitude) in zip(live, expected, strict=True)}
    values = {block.id: value for block, (value, _) in zip(live, expected, strict=True)}
    apart = {block.id: undecided.apart[block.node] for block in live if block.node in undecided.apart}
    touched = seen.found.touched(inputs)
    stored = Stored()
    for block in live:
        stored.look(seen.contents, block, (got[block.id], values[block.id]), floors[block.id])
    before = {id: line.finding for id, line in blocks.items()}

    def hold() -> bool:
        """Whether all that is calculated is what it should be; the first cell that is not is its block's finding."""
        for id, line in blocks.items():
            line.finding = before[id]
        _witness_the_record(workbook, inputs, touched, witnessed, floors, apart, blocks)
        for block in live:
            _hold(seen, block, got[block.id], values[block.id], witnessed.get(block.id), floors[block.id], apart)
        return all(line.finding is before[id] for id, line in blocks.items())

    if not hold():  # does a descent make its own rounding grow?
        moved = shaken({block.node: values[block.id] for block in live}, given, Undecided(said).settle)
        for block in live:
            most = moved[block.node].max(axis=0, keepdims=True, initial=0.0)
            floors[block.id] = np.maximum(floors[block.id], most)
        if hold():
            seen.report.notes.append(GROWS)
    seen.report.notes += stored.notes() + workbook.remarks(got)


def _hold(
    seen: Examined, block: Block, got: np.ndarray, value: np.ndarray, witness: np.ndarray | None,
    floor: np.ndarray, apart: Mapping[str, np.ndarray],
) -> None:  # fmt: skip
    """None; the block's line says how far the sheet is from the graph and from torch, and the first bad cell."""
    line, spoilt = seen.blocks[block.id], _spoilt(seen.found.workbook, block, value)
    words = "the sheet's value differs from the graph's"
    line.max_abs, line.max_rel = hold_against(
        line, block.area, got, value, RELATIVE, floor, words, spoilt, computed=True
    )
    if witness is not None and not np.isinf(apart.get(block.id, 0.0)).all():
        line.torch_abs, line.torch_rel = hold_against(
            line, block.area, got, witness, RELATIVE, floor, "the sheet's value differs from torch's", spoilt,
            apart.get(block.id, 0.0), computed=True,
        )  # fmt: skip


def _parts(node: Node, cells: np.ndarray) -> Iterator[tuple[Node, np.ndarray]]:
    """A node with its cells, and where it is a stack its parts with theirs."""
    yield node, cells
    if node.op in STACKS:
        axis = 0 if node.op == "vstack" else 1
        ends = np.cumsum([part.shape[axis] for part in node.sources])
        for part, own in zip(node.sources, np.split(cells, ends[:-1], axis), strict=True):
            yield from _parts(part, own)


def _witness_the_record(
    workbook: Workbook,
    inputs: Mapping[str, np.ndarray],
    touched: Collection[str],
    witnessed: Mapping[str, np.ndarray],
    floors: Mapping[str, np.ndarray],
    apart: Mapping[str, np.ndarray],
    blocks: Mapping[str, BlockReport],
) -> None:
    """Where nothing was changed since, torch must say today what is on record as torch's.

    As close as the block to which its numbers belong, where the sheets show that block.
    """
    places = {block.id: block for block in workbook.book.blocks}
    for id, said in workbook.on_record(inputs, witnessed, touched).items():
        words = "the value on record is not what torch says today"
        own = id.removeprefix(TORCH)
        floor = floors.get(own, floor_of(size(said)))
        hold_against(
            blocks[id], places[id].area, inputs[id], said, RELATIVE, floor, words, undecided=apart.get(own, 0.0)
        )


def _spoilt(workbook: Workbook, block: Block, expected: np.ndarray) -> np.ndarray | None:
    """The cells of array formulas in which some entry is an error, as a mask; None where there is no error.

    What is picked from such formulas, cell by cell, is as spoilt as they are.
    """
    if expected.dtype == object or np.isfinite(expected).all():
        return None
    mask = np.zeros(expected.shape, dtype=bool)
    for formula in workbook.book.formulas(block):
        top, left = formula.area.row - block.area.row, formula.area.col - block.area.col
        part = slice(top, top + formula.area.n_rows), slice(left, left + formula.area.n_cols)
        mask[part] = formula.array and not np.isfinite(expected[part]).all()
    mask |= block.node.op == "pick"
    return mask
