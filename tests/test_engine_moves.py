"""The workbook is live: in each engine a changed input moves the numbers to where the graph says, and undo is exact."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Made, block_at, changed

from sheetnet.checking.compare import RELATIVE, floor_of
from sheetnet.engines import Session
from sheetnet.graph.magnitude import with_magnitudes

pytestmark = pytest.mark.usefixtures("one_office")

# what is changed, by block, entry and value; and the blocks that must move
MOVES: dict[str, tuple[dict[tuple[str, int, int], float], set[str]]] = {
    "learning rate": (
        {("start.linear.lr", 0, 0): 0.03, ("start.two_relu.lr", 0, 0): 0.3},
        {"linear.descent.loss", "linear.descent.W_1", "two_relu.descent.W_2", "linear.then.W_next"},
    ),
    "epoch": (
        {("start.epoch", 0, 0): 1},
        {"start.linear.loss.chosen", "linear.then.W", "two_relu.then.grad_W", "two_relu.then.d_lin"},
    ),
    "weight": (
        {("linear.now.weight", 0, 8): 0.75, ("two_relu.now.weight", 1, 2): -0.5},
        {"linear.now.loss", "two_relu.now.relu", "two_relu.descent.loss", "linear.descent.W_1", "two_relu.then.W"},
    ),
    "age": (
        {("data.Age", 0, 0): 64},
        {"features.Age", "features.X", "linear.now.loss", "two_relu.descent.loss", "mmult.now.lin"},
    ),
    "wiggle": ({("start.wiggle", 0, 0): 1e-3}, {"two_relu.then.up", "linear.then.down"}),
    "matrix": ({("mmult.A", 1, 0): -7.5}, {"mmult.AB", "mmult.by_hand"}),
}  # fmt: skip


def numbers(session: Session, small: Made) -> dict[str, np.ndarray]:
    """Every block of numbers that formulas fill."""
    blocks = [
        b for b in small.workbook.book.blocks if b.style != "values" and b.format not in ("text", "words", "compared")
    ]
    return {b.id: block_at(session, b).astype(float) for b in blocks}


@pytest.mark.parametrize("moved", MOVES)
def test_a_change_moves_every_number_to_where_the_graph_says(live: Session, small: Made, moved: str) -> None:
    changes, must_move = MOVES[moved]
    inputs = {id: value.copy() for id, value in small.inputs.items()}
    for (id, i, j), value in changes.items():
        assert inputs[id][i, j] != value
        inputs[id][i, j] = value
    blocks = small.workbook.book.blocks
    found = with_magnitudes([block.node for block in blocks], small.workbook.by_node(inputs))
    expected = {block.id: one for block, one in zip(blocks, found, strict=True)}
    before = numbers(live, small)
    with changed(live, {small.cell(*at): value for at, value in changes.items()}):
        after = numbers(live, small)
    for id, got in after.items():
        value, magnitude = expected[id]
        off = np.abs(got - value.astype(float))
        assert (off <= RELATIVE * np.abs(value) + floor_of(magnitude)).all(), (id, off.max())
    assert must_move <= {id for id in after if (after[id] != before[id]).any()}
    undone = numbers(live, small)
    assert {id: value.tobytes() for id, value in undone.items()} == {id: v.tobytes() for id, v in before.items()}
