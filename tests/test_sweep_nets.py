"""Sweeps of nets: each net is what train makes of it alone, and the best is the best."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_train_nets import KIND, OPTIM, table_of

import sheetnet as sn
from sheetnet.errors import SheetnetError
from sheetnet.models import layers as L
from sheetnet.models import make
from sheetnet.models.model import Model
from sheetnet.models.net import Net, sequence
from sheetnet.models.norms import BatchNorm, Embedding, LayerNorm
from sheetnet.training import net_nets
from sheetnet.training.net_run import NetRun
from sheetnet.training.net_sweep import NetSweep

CPU: dict[str, Any] = {"device": "cpu", "dtype": "float64"}


def assert_each_is_trained_alone(swept: NetSweep, net: Net, table: Any) -> None:
    """Each row's results within 1e-9 of a run of its own, and the best net's parameters."""
    for _, row in swept.table.iterrows():
        settings = {"lr": row["lr"], "optimiser": row["optimiser"], "weight_decay": row["weight_decay"]}
        run = sn.train(net, table, epochs=swept.epochs, seed=int(row["seed"]), **settings, **CPU)
        assert isinstance(run, NetRun)
        np.testing.assert_allclose(row["loss"], run.losses[-1], rtol=1e-9)
        np.testing.assert_allclose(row["best_loss"], run.losses.min(), rtol=1e-9)
        np.testing.assert_allclose(row["accuracy"], run.accuracies[-1])
        if "valid_loss" in row:
            np.testing.assert_allclose(row["valid_loss"], run.valid_losses[-1], rtol=1e-9)
        if row.name == swept.best_row.name:
            for name, value in run.params.items():
                np.testing.assert_allclose(swept.best[name], value, rtol=1e-8, atol=1e-9)
                np.testing.assert_array_equal(swept.start[name], net.init(int(row["seed"]))[name])
    assert swept.table[swept.judged].min() == swept.best_row[swept.judged]


@pytest.mark.parametrize("loss", KIND)
def test_nets_side_by_side_are_what_each_is_alone(loss: str) -> None:
    table = table_of(KIND[loss], split=loss != "mae")
    net = make.mlp(table, 4, activation="tanh", loss=loss)
    swept = sn.sweep(net, table, nets=24, lr=[0.01, 0.05], optimiser=list(OPTIM), epochs=15, seed=3, **CPU)
    assert swept.path == "side by side"
    assert len(swept.table) == 24
    assert swept.table[["optimiser", "lr", "seed"]].drop_duplicates().shape == (24, 3)
    assert_each_is_trained_alone(swept, net, table)
    assert swept.table["accuracy"].isna().all() == (KIND[loss] == "number")
    assert ("valid_accuracy" in swept.table) == (KIND[loss] != "number")


def test_weight_decay_and_layers_of_every_kind_go_side_by_side() -> None:
    table = table_of("two")
    table.X[:, 0] = np.arange(60) % 3
    steps = (
        *sequence([L.Columns(0, 1), Embedding(3, 2), L.Dense(2, 3), LayerNorm(3), L.LeakyReLU(), L.Activation("gelu")]),
        *sequence([L.Dense(3, 1)]),
    )
    net = Net("n", "N", 4, (*steps[:6], replace(steps[6], sources=(6,), key="last")), "bce_with_logits")
    swept = sn.sweep(net, table, nets=8, lr=[0.1, 0.3], weight_decay=[0.01, 0.1], epochs=12, **CPU)
    assert swept.path == "side by side"
    assert_each_is_trained_alone(swept, net, table)


@pytest.mark.parametrize("layer", [BatchNorm(4), L.Dropout(0.3)])
def test_nets_with_state_of_their_own_go_one_by_one(layer: Any) -> None:
    table = table_of("many", split=True)
    net = Net("n", "N", 4, sequence([L.Dense(4, 4), layer, L.Dense(4, 3)]), "cross_entropy")
    swept = sn.sweep(net, table, nets=4, lr=[0.05, 0.2], optimiser="adam", epochs=8, **CPU)
    assert swept.path == "one by one"
    assert_each_is_trained_alone(swept, net, table)


def test_a_net_that_is_wrong_among_others_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of("two")
    net = make.logistic(table)
    honest = net_nets.torch_optim.create

    def spoilt(name: str, made: Any, lr: float, **settings: float) -> Any:
        made = [{**one, "lr": one["lr"] * (1 + 1e-7)} if isinstance(one, dict) else one for one in made]
        return honest(name, made, lr, **settings)

    monkeypatch.setattr(net_nets.torch_optim, "create", spoilt)
    swept = sn.sweep(net, table, nets=2, lr=0.1, epochs=10, **CPU)
    monkeypatch.undo()
    with pytest.raises(AssertionError):
        assert_each_is_trained_alone(swept, net, table)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of()
    net = make.mlp(table, 3)
    whole = sn.sweep(net, table, nets=12, lr=[0.01, 0.1], optimiser=["sgd", "adam"], epochs=10, **CPU)
    monkeypatch.setattr("sheetnet.training.net_sweep.room", lambda task: 5)
    parts = sn.sweep(net, table, nets=12, lr=[0.01, 0.1], optimiser=["sgd", "adam"], epochs=10, **CPU)
    np.testing.assert_allclose(parts.table["loss"], whole.table["loss"], rtol=1e-12)
    assert parts.table[["optimiser", "lr", "seed"]].equals(whole.table[["optimiser", "lr", "seed"]])


def test_a_net_that_diverges_says_when_and_is_not_the_best() -> None:
    table = table_of()
    net = make.linear(table)
    swept = sn.sweep(net, table, nets=4, lr=[0.1, 9.0], epochs=400, **CPU)
    run = sn.train(net, table, epochs=400, lr=9.0, seed=0, **CPU)
    bad = swept.table[swept.table["lr"] == 9.0]
    assert bad["diverged_at"].iloc[0] == run.diverged_at
    assert bad["loss"].isna().all()
    assert swept.table.loc[swept.table["lr"] == 0.1, "diverged_at"].isna().all()
    assert swept.best_row["lr"] == 0.1
    assert "50.0% diverged" in swept.title
    lost = sn.sweep(net, table, nets=2, lr=9.0, epochs=400, **CPU)
    assert lost.best == lost.start == {}


def test_by_default_each_combination_has_ten_seeds() -> None:
    table = table_of()
    swept = sn.sweep(make.linear(table), table, lr=[0.1, 0.2], optimiser=["sgd", "adam"], epochs=1, device="cpu")
    assert len(swept.table) == 40
    assert set(swept.table["seed"]) == set(range(10))


def test_a_sweep_shows_itself(tmp_path: Path) -> None:
    table = table_of("two", split=True)
    swept = sn.sweep(make.mlp(table, 4), table, nets=40, lr=[0.01, 0.1], optimiser=["sgd", "adam"], epochs=5, **CPU)
    assert repr(swept).startswith("<NetSweep 40 x MLP 4-4-1, 5 epochs: least valid loss ")
    assert "<table" in swept._repr_html_()
    assert swept.by_rate().shape == (2, 2)
    assert len(swept.plot()) == 2
    swept.plot(tmp_path / "sweep.svg")
    assert (tmp_path / "sweep.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_ctrl_c_keeps_the_nets_of_finished_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetnet.training.net_sweep.room", lambda task: 3)
    monkeypatch.setattr("sheetnet.training.net_sweep.BEAT", 0.0)
    table = table_of()
    net = make.mlp(table, 3)

    sent: list[int] = []

    def stop(done: int, finished: int) -> None:
        if finished == 3 and not sent:
            sent.append(done)
            os.kill(os.getpid(), signal.SIGINT)

    swept = sn.sweep(net, table, nets=9, lr=[0.1], epochs=20, progress=stop, **CPU)
    assert swept.stopped
    assert len(swept.table) == 3
    assert_each_is_trained_alone(swept, net, table)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"optimiser": "lion"}, "no optimiser 'lion'"),
        ({"optimiser": []}, "at least one optimiser"),
        ({"nets": 5, "optimiser": ["sgd", "adam"]}, "5 nets cannot be dealt out to 2 optimisers"),
        ({"nets": 3, "lr": [0.1, 0.2]}, "ask for a multiple"),
        ({"lr": []}, "at least one rate"),
        ({"lr": "fast"}, "the learning rate must be"),
        ({"weight_decay": -1}, "the weight decay must be"),
        ({"scale": 0.5}, "scale, path and memory are for a sweep of sn.linear"),
        ({"design": "spiral"}, "the design must be grid or random"),
        ({"dtype": "float16"}, "a net is trained in float64 or float32"),
        ({"learning_rate": 0.1}, "sweep has no setting 'learning_rate': it is called lr here"),
        ({"seed": 2**32}, "seed must be a whole number"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    table = table_of()
    with pytest.raises(SheetnetError, match=words):
        sn.sweep(make.linear(table), table, **{"epochs": 1, "device": "cpu", "lr": 0.1, **options})


def test_a_net_with_parameters_of_its_own_and_a_model_on_a_split_table_are_refused() -> None:
    table = table_of(split=True)
    net = make.linear(table)
    with pytest.raises(SheetnetError, match="comes with its own parameters, the same for every seed"):
        sn.sweep(replace(net, start=net.init(1)), table, lr=0.1, epochs=1)
    with pytest.raises(SheetnetError, match="a sweep of linear is by sgd, on all rows; sweep a net"):
        sn.sweep(Model("linear", table.n_features), table, lr=0.1, epochs=1)
