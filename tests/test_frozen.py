"""Frozen parameters stay as they are: in a sheet, in training, in check; held against torch's requires_grad."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from torch import nn

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.book.opened import find_manifest
from sheetnet.book.reader import read
from sheetnet.errors import SheetnetError
from sheetnet.living.learning import learn
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


def test_what_is_frozen_stays_while_torch_trains_in_the_open_workbook(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "mine.xlsx"
    sn.build(path, table, sn.mlp(table, 3, activation="tanh"), epochs=4, frozen=("W_1",))
    with sn.live(path, "ironcalc") as live:
        before = live.params()
        learned = learn(live, epochs=4)
        after = live.params()
        assert np.array_equal(after["W_1"], before["W_1"])
        assert not np.array_equal(after["W_2"], before["W_2"])
        assert all(push.apart < 1e-12 for push in learned.pushes)


def test_the_command_line_freezes_by_name_and_by_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("a,b,y\n1,2,3\n2,1,4\n3,5,9\n4,4,8.5\n5,2,7\n", encoding="utf-8")
    asked = ["mine.csv", "--target", "y", "--hidden", "2", "--epochs", "3"]
    run = CliRunner().invoke(main, ["build", *asked, "--frozen", "W_1", "--frozen", "b_1"])
    assert run.exit_code == 0, run.output
    workbook = find_manifest(read(Path("mine.xlsx"))).workbook
    assert [net.frozen for net in workbook.models.values()] == [("0.weight", "0.bias")]
    short, long = (trained([*asked, "--frozen", "0", "--epochs", epochs]) for epochs in ("3", "9"))
    assert short["W_1"] == long["W_1"]
    assert short["W_2"] != long["W_2"]
    refused = CliRunner().invoke(main, ["build", *asked, "--frozen", "Q"])
    assert refused.exit_code == 2
    assert "no parameter 'Q' to freeze; it has W_1 (0.weight)" in refused.output


def trained(options: list[str]) -> Any:
    """The parameters that the command prints at the end of a run."""
    run = CliRunner().invoke(main, ["train", *options, "--json"])
    assert run.exit_code == 0, run.output
    return json.loads(run.stdout)["params"]
