"""Frozen parameters stay as they are: in a sheet, in training, in check; held against torch's requires_grad."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import sheetnet as sn
from sheetnet.errors import SheetnetError
from sheetnet.models.frozen import froze
from sheetnet.models.net import Net
from sheetnet.tables.table import Table

OPTIM = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.1),
}


@pytest.fixture(scope="module")
def table() -> Table:
    rng = np.random.default_rng(15)
    x = rng.normal(size=(14, 2)).round(2)
    return sn.table(pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": (np.sin(x[:, 0]) + x[:, 1]).round(2)}), "y")


def module_of(net: Net) -> nn.Sequential:
    """The same module, made by hand, with the start that the net draws."""
    module = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    begin = net.init(0)
    state = {p.key: torch.tensor(p.to_torch(begin[p.name])) for p in net.parameters}
    module.load_state_dict(state)
    return module


@pytest.mark.parametrize("optimiser", OPTIM)
def test_training_is_that_of_a_module_whose_lower_layer_asks_for_no_gradient(table: Table, optimiser: str) -> None:
    """Weight decay leaves what is frozen alone, too."""
    net = sn.mlp(table, 3, activation="tanh")
    module = module_of(net)
    module[0].requires_grad_(False)
    before = copy.deepcopy(module.state_dict())
    step = OPTIM[optimiser](module.parameters())
    X, y = torch.tensor(table.X), torch.tensor(table.y)
    for _ in range(20):
        step.zero_grad()
        nn.functional.mse_loss(module(X), y).backward()
        step.step()
    run = sn.train(net, table, epochs=20, lr=0.1, optimiser=optimiser, weight_decay=0.1, frozen=("0",), device="cpu")
    for p in net.parameters:
        np.testing.assert_allclose(p.to_torch(run.params[p.name]), module.state_dict()[p.key], rtol=1e-12, atol=1e-14)
    assert torch.equal(module[0].weight, before["0.weight"])
    assert not torch.equal(module[2].weight, before["2.weight"])


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_workbook_leaves_them_and_check_agrees(table: Table, optimiser: str, tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    module[0].requires_grad_(False)
    path = tmp_path / "frozen.xlsx"
    sn.build(path, table, module, epochs=4, optimiser=optimiser, lr=0.1)
    report = sn.check(path)
    assert [str(finding) for finding in report.findings] == []
    params = sn.read_params(path)
    first, last = params.of(epoch=0), params.of(epoch=4)
    still = {name: bool((first[name] == last[name]).all()) for name in first}
    assert still == {"W_1": True, "b_1": True, "W_2": False, "b_2": False}
    book = params.workbook.book
    assert {"W_1, frozen", "b_1, frozen"} <= {block.title for block in book.blocks}
    learnt = {block.id for block in book.blocks if "grad_" in block.id or ".m_" in block.id}
    assert learnt
    assert not [id for id in learnt if id.split(".")[2].endswith(("_W_1", "_b_1"))]


def test_build_and_train_take_names_keys_and_layers_alike(table: Table, tmp_path: Path) -> None:
    net = sn.mlp(table, 3, activation="tanh")
    said = [froze(net, names).frozen for names in (("W_1", "b_1"), ("0.weight", "0.bias"), ("0",), "0")]
    assert said == [("0.weight", "0.bias")] * 4
    again = Net.from_settings(froze(net, "0").settings)
    assert again == froze(net, "0")
    assert Net.from_settings(net.settings) == net
    path = tmp_path / "one.xlsx"
    sn.build(path, table, net, epochs=2, frozen=("0.weight",))
    assert sn.read_params(path).workbook.models["mlp"].frozen == ("0.weight",)
    assert sn.check(path).ok


def test_what_cannot_be_frozen_is_named(table: Table, tmp_path: Path) -> None:
    net = sn.mlp(table, 3)
    with pytest.raises(SheetnetError, match=r"no parameter 'W_9' to freeze; it has W_1 \(0.weight\), b_1"):
        sn.train(net, table, epochs=1, frozen=("W_9",))
    with pytest.raises(SheetnetError, match="all of its parameters would be frozen"):
        froze(net, ("0", "2"))
    two = [net, sn.linear(table)]
    with pytest.raises(SheetnetError, match="which model is frozen"):
        sn.build(tmp_path / "two.xlsx", table, two, frozen=("W_1",))
    with pytest.raises(SheetnetError, match="there is no model 'nlp' to freeze"):
        sn.build(tmp_path / "two.xlsx", table, two, frozen={"nlp": ("W_1",)})


def test_a_sweep_leaves_them_too(table: Table) -> None:
    found = sn.sweep(froze(sn.mlp(table, 3), "0"), table, nets=2, lr=[0.1], epochs=3, device="cpu", dtype="float64")
    start = found.start
    assert (found.best["W_1"] == start["W_1"]).all()
    assert (found.best["W_2"] != start["W_2"]).any()
