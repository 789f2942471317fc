"""Workbooks of random tables and nets: what the sheets calculate is what the graph and torch say, block by block.

RANDOM_NETS=200 tries so many (a fifth of them in LibreOffice, too); without it a part of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import once
from random_nets import random_net, random_rows

import sheetnet as sn
from sheetnet.models import layers as L
from sheetnet.models.losses import LOSSES
from sheetnet.models.net import Net
from sheetnet.models.optimisers import OPTIMISERS

pytestmark = pytest.mark.usefixtures("read_once")
NETS = 4  # in a workbook
GROUPS = range(int(os.environ.get("RANDOM_NETS", "80")) // NETS)
OFFICE = range(max(7, len(GROUPS) // 5))  # every loss and every optimiser are among them


def group(seed: int) -> tuple[sn.Table, list[Net], str]:
    """A table of twelve rows, four random nets for it, and an optimiser."""
    rng = np.random.default_rng(1000 + seed)
    loss = list(LOSSES)[seed % len(LOSSES)]
    coded = seed % 3 == 0
    X, y = random_rows(rng, loss, coded)
    table = sn.table(
        X,
        y[:, 0],
        columns={},
        scale="none",
        kind={"bce_with_logits": "two", "cross_entropy": "many"}.get(loss, "number"),
    )
    nets = [random_net(rng, X.shape[1], coded, loss, f"net_{i}", f"Net {i}") for i in range(NETS)]
    return table, nets, list(OPTIMISERS)[seed % len(OPTIMISERS)]


def build(path: Path, seed: int) -> None:
    """Write the workbook; by momentum where an optimiser would make whole steps of a gradient that is rounding."""
    table, nets, optimiser = group(seed)
    try:
        sn.build(path, table, nets, epochs=5, lr=0.02, optimiser=optimiser, seed=seed)
    except sn.SheetnetError as reason:
        if "is 0 but for rounding" not in str(reason):
            raise
        sn.build(path, table, nets, epochs=5, lr=0.02, optimiser="momentum", seed=seed)


@pytest.fixture(scope="module")
def book(shared: Path) -> Callable[[int], Path]:
    """The workbook of a seed."""
    return lambda seed: once(shared / f"random_{seed}.xlsx", lambda out: build(out, seed))


@pytest.mark.parametrize("seed", GROUPS)
def test_four_random_nets_agree_with_torch_in_ironcalc(book: Callable[[int], Path], seed: int) -> None:
    report = sn.check(book(seed))
    assert report.ok, str(report)


@pytest.mark.office
@pytest.mark.usefixtures("one_office")
@pytest.mark.parametrize("seed", OFFICE)
def test_four_random_nets_agree_with_torch_in_libreoffice(book: Callable[[int], Path], seed: int) -> None:
    report = sn.check(book(seed), "libreoffice")
    assert report.ok, str(report)


def test_a_gradient_that_is_rounding_in_a_later_epoch_is_no_false_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 3e-17 in one program and 0 in another RMSprop makes steps that differ by more than a sheet may: by 1e-9."""
    monkeypatch.setitem(globals(), "NETS", 8)
    table, nets, optimiser = group(21)
    assert (nets[7].loss, optimiser) == ("mae", "rmsprop")
    sn.build(tmp_path / "net.xlsx", table, nets[7], epochs=5, lr=0.02, optimiser=optimiser, seed=21)
    report = sn.check(tmp_path / "net.xlsx")
    assert report.ok, str(report)
    assert sum(block.torch_abs is not None for block in report.blocks) > 50


def test_the_random_workbooks_have_every_layer_loss_and_optimiser() -> None:
    groups = [group(seed) for seed in GROUPS]
    assert {type(step.layer) for _, nets, _ in groups for net in nets for step in net.steps} == set(L.KINDS.values())
    assert {net.loss for _, nets, _ in groups for net in nets} == set(LOSSES)
    assert {optimiser for *_, optimiser in groups} == set(OPTIMISERS)
