"""Training of nets against loops written by hand with nn.Sequential and torch.optim: no twin, no graph of ours."""

from __future__ import annotations

import copy
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from torch import nn
from torch.nn import functional as F

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.errors import DataError, SheetnetError, TrainingError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import mean, variable
from sheetnet.models import layers as L
from sheetnet.models import make
from sheetnet.models.layer import Pass
from sheetnet.models.model import Model
from sheetnet.models.net import Net, sequence
from sheetnet.models.norms import BatchNorm, Embedding
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.models.schedules import SCHEDULES, rates
from sheetnet.training import net_loop
from sheetnet.training.net_run import NetRun

CLASSES = {"number": (), "two": ("no", "yes"), "many": ("red", "green", "blue")}
KIND = {"mse": "number", "mae": "number", "huber": "number", "bce_with_logits": "two", "cross_entropy": "many"}
LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "mse": lambda out, y: ((out - y) ** 2).mean(),
    "mae": lambda out, y: (out - y).abs().mean(),
    "huber": nn.HuberLoss(),
    "bce_with_logits": nn.BCEWithLogitsLoss(),
    "cross_entropy": lambda out, y: nn.CrossEntropyLoss()(out, y[:, 0].long()),
}
OPTIM: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "momentum": lambda params, **o: torch.optim.SGD(params, momentum=0.9, **o),
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def table_of(kind: str = "number", n: int = 60, p: int = 4, split: bool = False, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(n, p)), 3)
    score = X @ rng.normal(size=(p, 1)) + np.sin(2 * X[:, :1]) + 0.3 * rng.normal(size=(n, 1))
    y = {"number": score, "two": (score > 0) * 1.0, "many": np.digitize(score, [-1, 1]) * 1.0}[kind]
    parts = rng.integers(0, 3, n) if split else np.zeros(n, dtype=int)
    target = SimpleNamespace(name="goal", kind=kind, classes=CLASSES[kind])
    features = tuple(f"f{i}" for i in range(p))
    return SimpleNamespace(X=X, y=y, features=features, n_rows=n, n_features=p, target=target, parts=parts)


def module_of(net: Net, *layers: nn.Module) -> nn.Sequential:
    """An ordinary module with the start that seed 0 gives the net."""
    module = nn.Sequential(*layers).double()
    start = net.init(0)
    module.load_state_dict({p.key: torch.tensor(p.to_torch(start[p.name])) for p in net.parameters}, strict=False)
    return module


def tensors(table: Any, part: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rows = table.parts == part
    return torch.tensor(table.X[rows]), torch.tensor(table.y[rows])


def by_hand(module: nn.Sequential, table: Any, loss: str, optimiser: torch.optim.Optimizer, epochs: int) -> list[float]:
    """The losses of epochs 0 to the last; the module is as it was before the last pass."""
    X, y = tensors(table)
    losses = []
    for epoch in range(epochs + 1):
        before = copy.deepcopy(module.state_dict())
        found = LOSSES[loss](module(X), y)
        losses.append(found.item())
        if epoch == epochs:
            module.load_state_dict(before)
            break
        optimiser.zero_grad()
        found.backward()
        optimiser.step()
    return losses


def assert_same(run: sn.Run, module: nn.Module, losses: list[float], tolerance: float = 1e-12) -> None:
    assert isinstance(run, NetRun)
    np.testing.assert_allclose(run.losses, losses, rtol=tolerance)
    said = run.state_dict()
    for key, value in module.state_dict().items():
        if "num_batches" not in key:
            np.testing.assert_allclose(said[key].numpy(), value.numpy(), rtol=100 * tolerance, atol=tolerance)


# ---- the numbers


@pytest.mark.parametrize("loss", KIND)
@pytest.mark.parametrize("optimiser", OPTIM)
def test_a_net_is_trained_as_by_hand_in_torch(optimiser: str, loss: str) -> None:
    table = table_of(KIND[loss])
    net = make.mlp(table, 5, activation="tanh", loss=loss)
    module = module_of(net, nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, net.n_outputs))
    losses = by_hand(module, table, loss, OPTIM[optimiser](module.parameters(), lr=0.02), 40)
    assert_same(sn.train(net, table, epochs=40, lr=0.02, optimiser=optimiser, device="cpu"), module, losses, 1e-11)


def test_all_optimisers_and_losses_are_tried() -> None:
    assert set(OPTIM) == set(OPTIMISERS)
    assert set(KIND) == set(make.LOSSES)


def test_a_loop_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of()
    net = make.mlp(table, 5)
    module = module_of(net, nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 1))
    losses = by_hand(module, table, "mse", torch.optim.Adam(module.parameters(), lr=0.02), 20)
    options = {"epochs": 20, "optimiser": "adam", "device": "cpu"}
    assert_same(sn.train(net, table, lr=0.02, **options), module, losses)
    late = sn.train(net, table, lr=0.02, **{**options, "epochs": 21})
    assert len(late.losses[1:]) == len(losses)
    for wrong in (late.losses[1:], sn.train(net, table, lr=0.02 * (1 + 1e-7), **options).losses):
        assert not np.allclose(wrong, losses, rtol=1e-10)
    honest = net_loop.NetTwin.loss
    monkeypatch.setattr(net_loop.NetTwin, "loss", lambda self, out, y: honest(self, out, y) * (1 + 1e-9))
    with pytest.raises(AssertionError):
        assert_same(sn.train(net, table, lr=0.02, **options), module, losses)


@pytest.mark.parametrize("optimiser", OPTIM)
def test_weight_decay_is_torchs(optimiser: str) -> None:
    table = table_of("two")
    net = make.logistic(table)
    module = module_of(net, nn.Linear(4, 1))
    made = OPTIM[optimiser](module.parameters(), lr=0.05, weight_decay=0.3)
    losses = by_hand(module, table, "bce_with_logits", made, 25)
    run = sn.train(net, table, epochs=25, lr=0.05, weight_decay=0.3, optimiser=optimiser, device="cpu")
    assert_same(run, module, losses)


@pytest.mark.parametrize("epochs", [1, 2, 7, 30])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_is_torchs(schedule: str, epochs: int) -> None:
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    made: dict[str, Callable[[], torch.optim.lr_scheduler.LRScheduler]] = {
        "constant": lambda: torch.optim.lr_scheduler.ConstantLR(optimiser, factor=1.0),
        "cosine": lambda: torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs),
        "step": lambda: torch.optim.lr_scheduler.StepLR(optimiser, step_size=-(-epochs // 3), gamma=0.1),
        "warmup": lambda: torch.optim.lr_scheduler.LinearLR(optimiser),
    }
    scheduler, expected = made[schedule](), []
    for _ in range(epochs):
        expected.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    np.testing.assert_allclose(rates(schedule, 0.3, epochs), expected, rtol=1e-12)


def test_a_schedule_moves_the_rate_of_each_epoch() -> None:
    table = table_of()
    net = make.mlp(table, 3)
    module = module_of(net, nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimiser, step_size=4, gamma=0.1)
    X, y = tensors(table)
    losses = []
    for _ in range(12):
        loss = LOSSES["mse"](module(X), y)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        scheduler.step()
    losses.append(LOSSES["mse"](module(X), y).item())
    run = sn.train(net, table, epochs=12, lr=0.1, schedule="step", device="cpu")
    assert_same(run, module, losses)
    np.testing.assert_allclose(run.history["lr"][:12], np.repeat([0.1, 0.01, 0.001], 4))


def test_norms_train_on_the_batch_and_keep_running_statistics() -> None:
    table = table_of(split=True)
    net = Net("n", "N", 4, sequence([L.Dense(4, 5), BatchNorm(5), L.Activation("relu"), L.Dense(5, 1)]), "mse")
    module = module_of(net, nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 1))
    losses = by_hand(module, table, "mse", torch.optim.Adam(module.parameters(), lr=0.02), 30)
    run = sn.train(net, table, epochs=30, lr=0.02, optimiser="adam", device="cpu")
    assert_same(run, module, losses)
    X, y = tensors(table, 1)
    with torch.no_grad():
        assert run.valid_losses[-1] == pytest.approx(LOSSES["mse"](module.eval()(X), y).item(), rel=1e-12)


def test_dropout_has_the_same_masks_in_every_epoch_as_a_sheet() -> None:
    table = table_of("two", split=True)
    net = Net("n", "N", 4, sequence([L.Dense(4, 6), L.Dropout(0.4), L.Dense(6, 1)]), "bce_with_logits")
    [mask] = net.draw_masks(60, 3).values()
    shown = torch.tensor(mask[table.parts == 0])
    module = module_of(net, nn.Linear(4, 6), nn.Identity(), nn.Linear(6, 1))
    module[1].register_forward_hook(lambda _, __, out: out * shown)
    losses = by_hand(module, table, "bce_with_logits", torch.optim.SGD(module.parameters(), lr=0.3), 25)
    run = sn.train(net, table, net.init(0), epochs=25, lr=0.3, seed=3, device="cpu")
    assert_same(run, module, losses)


@pytest.mark.parametrize("batch", [7, 16, 59])
def test_mini_batches_are_those_of_seed_and_epoch(batch: int) -> None:
    table = table_of("many")
    net = make.mlp(table, 5)
    module = module_of(net, nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    optimiser = torch.optim.Adam(module.parameters(), lr=0.02)
    X, y = tensors(table)
    losses = []
    for epoch in range(6):
        losses.append(LOSSES["cross_entropy"](module(X), y).item())
        if epoch == 5:
            break
        order = np.random.default_rng((0, epoch)).permutation(60)
        for first in range(0, 60, batch):
            rows = order[first : first + batch]
            loss = LOSSES["cross_entropy"](module(X[rows]), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    assert_same(sn.train(net, table, epochs=5, lr=0.02, optimiser="adam", batch=batch, device="cpu"), module, losses)


def test_in_mini_batches_dropout_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of()
    net = Net("n", "N", 4, sequence([L.Dense(4, 8), L.Dropout(0.25), L.Dense(8, 1)]), "mse")
    seen: list[np.ndarray] = []
    honest = net_loop.Masked.forward

    def watched(self: Any, a: torch.Tensor) -> torch.Tensor:
        if self.training:
            seen.append(self.mask.numpy())
        return honest(self, a)

    monkeypatch.setattr(net_loop.Masked, "forward", watched)
    before = torch.get_rng_state()
    run = sn.train(net, table, epochs=40, batch=20, device="cpu")
    assert torch.equal(torch.get_rng_state(), before)  # the user's own random numbers stay as they are
    assert len(seen) == 120
    drawn = np.stack(seen)
    assert set(np.unique(drawn)) == {0.0, 1 / 0.75}
    assert (drawn == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert not (drawn[0] == drawn[1]).all()
    np.testing.assert_array_equal(run.losses, sn.train(net, table, epochs=40, batch=20, device="cpu").losses)


def test_the_rows_for_validation_and_test_are_measured_and_not_learnt_from() -> None:
    table = table_of("two", split=True)
    net = make.mlp(table, 4)
    module = module_of(net, nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    optimiser = torch.optim.SGD(module.parameters(), lr=0.2)
    (X, y), (V, v) = tensors(table), tensors(table, 1)
    curves: list[tuple[float, ...]] = []
    for epoch in range(21):
        loss = F.binary_cross_entropy_with_logits(module(X), y)
        with torch.no_grad():
            out = module(V)
            valid = F.binary_cross_entropy_with_logits(out, v).item()
            shares = ((module(X) > 0) == y).double().mean().item(), ((out > 0) == v).double().mean().item()
        curves.append((loss.item(), valid, *shares))
        if epoch < 20:
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    run = sn.train(net, table, epochs=20, lr=0.2, device="cpu")
    found = np.column_stack([run.losses, run.valid_losses, run.accuracies, run.valid_accuracies])
    np.testing.assert_allclose(found, curves, rtol=1e-12)
    spoilt = SimpleNamespace(**vars(table))
    spoilt.y = np.where(table.parts[:, None] > 0, 1 - table.y, table.y)
    np.testing.assert_array_equal(
        sn.train(net, spoilt, epochs=20, lr=0.2, device="cpu").params["W_1"], run.params["W_1"]
    )
    assert list(run.metrics.index) == ["train", "valid", "test"]
    T, t = tensors(table, 2)
    said = (module(T) > 0).double()
    assert run.metrics.loc["test", "accuracy"] == pytest.approx((said == t).double().mean().item())
    assert run.metrics.loc["test", "rows"] == len(t)
    assert run.metrics.loc["valid", "loss"] == pytest.approx(run.valid_losses[-1])


def test_full_batch_equals_the_graph_of_a_sheet_step_by_step() -> None:
    table = table_of("many", split=True)
    layers = [L.Dense(4, 5), BatchNorm(5), L.Dropout(0.3), L.Activation("silu"), L.Dense(5, 3)]
    net = Net("n", "N", 4, sequence(layers), "cross_entropy")
    n, trained = 60, (table.parts == 0).astype(float)[:, None]
    X, y, train = variable("X", (n, 4)), variable("y", (n, 1)), variable("train", (n, 1))
    P = {p.name: variable(p.name, p.shape) for p in net.parameters}
    masks = {name: variable(name, value.shape) for name, value in net.draw_masks(n, 2).items()}
    how = Pass(training=True, masks=masks, train=train, rows=float(trained.sum()))
    rows = net.of_loss.rows(net.forward(X, P, how)[-1], y)
    loss = how.mean(rows)
    grads = gradient(loss, [P[p.name] for p in net.trained])
    params, losses = net.init(2), []
    for _ in range(6):
        given = {X: table.X, y: table.y, train: trained} | {P[name]: value for name, value in params.items()}
        given |= {masks[name]: value for name, value in net.draw_masks(n, 2).items()}
        value, *found = evaluate([loss, *grads, *how.updates.values()], given)
        losses.append(value[0, 0])
        steps = dict(zip([p.name for p in net.trained], found, strict=False))
        buffers = dict(zip(how.updates, found[len(grads) :], strict=True))
        params = {k: buffers[k] if k in buffers else a - 0.1 * steps[k] for k, a in params.items()}
    run = sn.train(net, table, epochs=5, lr=0.1, seed=2, device="cpu", keep=[5])
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    assert mean(rows).shape == (1, 1)


@pytest.mark.parametrize("name", ["linear", "two_relu"])
def test_a_model_takes_the_other_optimisers_too(name: str) -> None:
    table = sn.titanic()
    model = getattr(sn, name)(table)
    W = nn.Parameter(torch.tensor(model.init()["W"]))
    optimiser = torch.optim.Adam([W], lr=0.02)
    X, y = torch.tensor(table.X), torch.tensor(table.y)
    losses = []
    for _ in range(31):
        pred = X @ W if name == "linear" else torch.relu(X @ W).sum(1, keepdim=True)
        loss = F.mse_loss(pred, y)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    run = sn.train(model, table, epochs=30, optimiser="adam", device="cpu")
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    assert run.params["W"].shape == model.init()["W"].shape
    assert np.isfinite(run.accuracies).all()


def test_a_model_learns_from_the_part_for_training_alone() -> None:
    table = table_of("two", split=True)
    model = Model("linear", table.n_features)
    run = sn.train(model, table, epochs=5, device="cpu")
    X, y = table.X[table.parts == 0], table.y[table.parts == 0]
    assert run.losses[0] == pytest.approx(np.mean((X @ model.init()["W"] - y) ** 2), rel=1e-12)
    assert isinstance(run, NetRun)


# ---- what goes in and comes out


def test_a_start_is_taken_by_our_names_by_torchs_keys_and_as_frames_by_label() -> None:
    table = table_of()
    net = make.mlp(table, 3)
    start = net.init(5)
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1)).double()
    module.load_state_dict({p.key: torch.tensor(p.to_torch(start[p.name])) for p in net.parameters})
    frames: dict[str, Any] = {name: pd.DataFrame(value) for name, value in start.items()}
    frames["W_1"] = pd.DataFrame(start["W_1"], index=list(table.features)).iloc[::-1]
    frames["b_1"] = pd.Series(start["b_1"][0])
    expected = sn.train(net, table, start, epochs=3, device="cpu").losses
    for given in (module.state_dict(), frames):
        np.testing.assert_array_equal(sn.train(net, table, given, epochs=3, device="cpu").losses, expected)
    frames["W_1"] = pd.DataFrame(start["W_1"], index=["f0", "f1", "f2", "other"])
    with pytest.raises(SheetnetError, match=r"the rows of W_1 \(MLP 4-3-1\) .*unknown: 'other'; missing: 'f3'"):
        sn.train(net, table, frames, device="cpu")


def test_a_state_dict_goes_into_the_users_own_module() -> None:
    table = table_of("many")
    net = Net(
        "n", "N", 4, sequence([L.Dense(4, 5), BatchNorm(5), L.Activation("tanh"), L.Dense(5, 3)]), "cross_entropy"
    )
    run = sn.train(net, table, epochs=20, dtype="float32", optimiser="adam", device="cpu")
    assert isinstance(run, NetRun)
    module = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))
    module.load_state_dict(run.state_dict())
    said = module.eval()(torch.tensor(table.X, dtype=torch.float32)).argmax(1).numpy()
    assert (said == table.y[:, 0]).mean() == pytest.approx(run.metrics.loc["train", "accuracy"])


def test_a_start_from_the_seed_and_no_step_for_no_epochs() -> None:
    table = table_of()
    net = make.mlp(table, 3)
    run = sn.train(net, table, epochs=0, seed=4, device="cpu")
    assert run.losses.shape == (1,)
    for name, value in net.init(4).items():
        np.testing.assert_array_equal(run.params[name], value)


def test_watch_sees_the_gradients_of_each_epoch_and_on_epoch_its_numbers() -> None:
    table = table_of("two", split=True)
    net = make.logistic(table)
    seen, told = [], []

    def watch(epoch: int, module: nn.Module) -> None:
        seen.append((epoch, [p.detach() - 0.1 * p.grad for p in module.parameters() if p.grad is not None]))

    run = sn.train(net, table, epochs=4, lr=0.1, device="cpu", watch=watch, on_epoch=lambda *found: told.append(found))
    assert [epoch for epoch, _ in seen] == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(seen[3][1][0].numpy().T, run.params["W"], rtol=1e-14)
    assert [epoch for epoch, _ in told] == [0, 1, 2, 3, 4]
    assert [values["loss"] for _, values in told] == run.losses.tolist()
    assert [values["valid_accuracy"] for _, values in told] == run.valid_accuracies.tolist()


def test_a_run_shows_itself(tmp_path: Path) -> None:
    table = table_of("two", split=True)
    table.features = ("<b>", "f1", "f2", "f3")
    run = sn.train(make.mlp(table, 4), table, epochs=20, optimiser="adam", device="cpu")
    assert isinstance(run, NetRun)
    assert list(run.history.columns) == ["loss", "accuracy", "valid_loss", "valid_accuracy", "lr"]
    assert repr(run).startswith("<NetRun MLP 4-4-1, adam: epochs 20, loss ")
    assert len(repr(run)) < 250
    assert "<table>" in run._repr_html_()
    assert run.weights.columns[0] == ("W_1", "<b>", 1)
    assert run.weights.loc[20, ("b_2", 1, 1)] == run.params["b_2"][0, 0]
    left, right = run.plot()
    assert left.get_ylabel() == "cross-entropy of two classes"
    assert len(left.get_lines()) == 2
    assert right.get_lines()
    run.plot(tmp_path / "run.png")
    assert (tmp_path / "run.png").stat().st_size > 10_000
    old = sn.train(sn.two_relu(sn.titanic()), sn.titanic(), epochs=5, device="cpu")
    assert len(old.plot()) == 2
    assert len(repr(old)) < 200
    assert "<table>" in old._repr_html_()


def test_ctrl_c_keeps_what_was_learnt() -> None:
    table = table_of()
    net = make.mlp(table, 3)

    def stop(epoch: int, values: dict[str, float]) -> None:
        if epoch == 7:
            os.kill(os.getpid(), signal.SIGINT)

    run = sn.train(net, table, epochs=1000, device="cpu", on_epoch=stop, schedule="cosine")
    assert run.stopped
    assert run.epochs == 8
    whole = sn.train(net, table, epochs=1000, device="cpu", schedule="cosine", keep=[8])
    np.testing.assert_array_equal(run.losses, whole.losses[:9])
    for name, value in run.params.items():
        np.testing.assert_array_equal(value, whole.kept[8][name])  # type: ignore[call-overload]
    assert not whole.stopped


def test_progress_is_told() -> None:
    told: list[tuple[int, float]] = []
    run = sn.train(
        make.linear(table_of()), table_of(), epochs=300, device="cpu", progress=lambda *found: told.append(found)
    )
    assert told[-1] == (300, run.losses[-1])


# ---- accuracies


def test_there_is_no_accuracy_of_a_number_nor_of_what_is_no_number() -> None:
    table = table_of()
    run = sn.train(make.linear(table), table, epochs=5, device="cpu")
    assert np.isnan(run.accuracies).all()
    assert "accuracy" not in run.history
    assert list(run.metrics.columns) == ["rows", "loss", "r2", "rmse", "mae"]
    grams = SimpleNamespace(**vars(table) | {"in_units": lambda y: 800 * y + 4200})
    heavy = sn.train(make.linear(table), grams, epochs=5, device="cpu")
    np.testing.assert_allclose(heavy.metrics, run.metrics * [1, 1, 1, 800, 800], rtol=1e-12)
    table = table_of("two")
    wild = sn.train(make.linear(table), table, epochs=3000, lr=9.0, device="cpu")
    assert wild.diverged_at is not None
    assert np.isnan(wild.accuracies[wild.diverged_at :]).all()
    assert np.isfinite(wild.accuracies[: wild.diverged_at]).all()
    assert np.isnan(wild.metrics.loc["train", "accuracy"])


@pytest.mark.parametrize("path", ["autograd", "fused", "closed", "factored", "summed"])
@pytest.mark.parametrize("coded", ["number", "minus"])
def test_a_model_has_no_accuracy_but_for_0_and_1(path: str, coded: str) -> None:
    from sheetnet.tables.table import Table

    honest = sn.titanic()
    y = 2 * honest.y - 1 if coded == "minus" else honest.X[:, 2:3] * 10
    table = Table.of_sheet(honest.X, y, honest.features, honest.recipe)
    model = sn.linear(table)
    run = sn.train(model, table, epochs=6, device="cpu", path=path)
    assert np.isnan(run.accuracies).all()
    assert np.isfinite(sn.train(model, honest, epochs=6, device="cpu", path=path).accuracies[list(run.kept)]).all()
    swept = sn.sweep(sn.two_relu(table), table, nets=2, lr=0.1, scale=0.5, epochs=3, device="cpu")
    assert swept.table["accuracy"].isna().all()


@pytest.mark.parametrize("path", ["autograd", "fused", "closed", "factored", "summed"])
def test_a_model_that_says_no_numbers_is_not_right(path: str) -> None:
    table = sn.titanic()
    run = sn.train(sn.linear(table), table, epochs=600, lr=9.0, device="cpu", path=path)
    assert np.isnan(run.losses[-1])
    assert np.isnan(run.accuracies[np.isnan(run.losses)]).all()


def test_the_commands_print_no_accuracy_of_a_number(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(50, 2))
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "price": 3 * X[:, 0] + 1, "sold": (X[:, 0] > 0) * 1})
    frame.to_csv(tmp_path / "shop.csv", index=False)
    for target, told in (("price", False), ("sold", True)):
        features = ["--data", str(tmp_path / "shop.csv"), "--features", "a,b", "--target", target, "--device", "cpu"]
        for command in (["train", "linear"], ["sweep", "linear", "--nets", "100"]):
            done = CliRunner().invoke(main, [*command, "--epochs", "5", *features])
            assert done.exit_code == 0, done.output
            assert ("accuracy" in done.output) == told
            assert ("nan" in done.output) is False
            done = CliRunner().invoke(main, [*command, "--epochs", "5", *features, "--json"])
            said = json.loads(done.stdout.strip().splitlines()[-1], parse_constant=pytest.fail)
            found = said["accuracies"][-1] if command[0] == "train" else said["best"]["accuracy"]
            assert (found is not None) == told


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"optimiser": "lion"}, "no optimiser 'lion'; known are sgd, momentum"),
        ({"schedule": "one"}, "no schedule 'one'; known are constant, cosine, step, warmup"),
        ({"lr": -1}, "the learning rate must be a finite number of 0 or more"),
        ({"weight_decay": "x"}, "the weight decay must be"),
        ({"batch": 0}, "batch must be a whole number from 1 to 60, found 0"),
        ({"batch": 61}, "batch must be a whole number from 1 to 60, found 61"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"device": "moon"}, "no device 'moon'"),
        ({"dtype": "float16"}, "a net is trained in float64 or float32, not in 'float16'"),
        ({"path": "fused"}, "path is for sn.linear, sn.two_relu and sn.relus"),
        ({"checkpoint": "x.npz"}, "checkpoint is for sn.linear"),
        ({"keep": -1}, "keep must be"),
        ({"optimizer": "adam"}, "train has no setting 'optimizer': it is called optimiser here"),
        ({"learning_rate": 1}, "it is called lr here"),
        ({"batch_size": 1}, "it is called batch here"),
        ({"random_state": 1}, "it is called seed here"),
        ({"speed": 1}, "train has no setting 'speed': known are epochs, lr"),
        ({"batch": 5, "watch": print}, "watch is for all rows at once"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_words(options: dict[str, Any], words: str) -> None:
    table = table_of()
    with pytest.raises(SheetnetError, match=words):
        sn.train(make.linear(table), table, **{"epochs": 1, **options})


def _changed(kind: str = "number", **changes: Any) -> Any:
    table = table_of(kind)
    for name, value in changes.items():
        setattr(table, name, value(table) if callable(value) else value)
    return table


def _with(a: np.ndarray, value: float) -> np.ndarray:
    a = a.copy()
    a[3, 0] = value
    return a


@pytest.mark.parametrize(
    ("net", "table", "words"),
    [
        (make.linear, lambda: _changed(X=lambda t: _with(t.X, np.nan)), "row 4 of the table holds an entry that is no"),
        (make.linear, lambda: _changed(y=lambda t: _with(t.y, np.inf)), "row 4 of the table holds an entry that is no"),
        (make.linear, lambda: _changed(y=lambda t: 0 * t.y + 3), "goal is 3 in every row for training"),
        (make.linear, lambda: _changed(X=lambda t: t.X[:, :2]), "is for 4 features, the table has 2"),
        (make.linear, lambda: _changed(parts=np.ones(60)), "no row of the table is for training"),
        (make.linear, lambda: _changed(parts=np.full(60, 7)), r"the parts of a table are 0 \(train\)"),
        (make.linear, lambda: [1, 2], "a table is needed, such as"),
        (make.logistic, lambda: _changed("two", y=lambda t: _with(t.y, 2.5)), "row 4 of the table: goal is 2.5, exp"),
        (make.softmax, lambda: _changed("many", y=lambda t: _with(t.y, 3)), "goal is 3, expected a class, 0 to 2"),
        (
            make.softmax,
            lambda: table_of("number"),
            "learns by cross_entropy, which does not suit goal: that is a number",
        ),
        (
            make.linear,
            lambda: table_of("many"),
            "learns by mse, which does not suit goal: that is more than two classes",
        ),
    ],
)
def test_rows_that_cannot_be_learnt_from_are_refused_in_words(
    net: Callable[[Any], Net], table: Callable[[], Any], words: str
) -> None:
    fits = {make.linear: "number", make.logistic: "two", make.softmax: "many"}[net]  # type: ignore[index]
    with pytest.raises((DataError, TrainingError), match=words):
        sn.train(net(table_of(fits)), table(), epochs=1, device="cpu")


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ({"W": np.zeros((4, 1))}, "b is missing"),
        ({"W": np.zeros((1, 4)), "b": np.zeros((1, 1))}, r"found W of shape \(1, 4\)"),
        ({"W": np.full((4, 1), np.nan), "b": np.zeros((1, 1))}, "no finite numbers in it"),
        ({"W": [["a"], [0], [0], [0]], "b": [[0]]}, "something else than numbers"),
        ({"V": 1}, "found V"),
        (np.zeros(3), "found ndarray"),
    ],
)
def test_a_start_that_is_not_the_nets_is_refused(start: Any, words: str) -> None:
    with pytest.raises(SheetnetError, match=words):
        sn.train(make.linear(table_of()), table_of(), start, epochs=1, device="cpu")


def test_layers_that_cannot_be_trained_so_are_refused_with_their_place() -> None:
    table = table_of()
    norm = Net("n", "N", 4, sequence([L.Dense(4, 2), BatchNorm(2), L.Dense(2, 1)]), "mse")
    with pytest.raises(TrainingError, match="a mini-batch of 60 rows by 59 has but one row, and batch norm needs two"):
        sn.train(norm, table, epochs=1, batch=59, device="cpu")
    code = Net("n", "Codes", 4, sequence([L.Columns(0, 1), Embedding(3, 2), L.Dense(2, 1)]), "mse")
    with pytest.raises(TrainingError, match=r"Codes, layer 2 \(1\): row 1 has the code .* number from 0 to 2"):
        sn.train(code, table, epochs=1, device="cpu")
    wide = Net("n", "Wide", 4, sequence([L.Dense(4, 2)]), "mse")
    with pytest.raises(TrainingError, match="Wide gives 2 columns; with the loss mse a net gives one"):
        sn.train(wide, table, epochs=1, device="cpu")
    none = Net("n", "None", 4, sequence([L.SumColumns()]), "mse")
    with pytest.raises(TrainingError, match="None has no parameters to train"):
        sn.train(none, table, epochs=1, device="cpu")


def test_numbers_too_large_for_float32_are_refused() -> None:
    table = _changed(X=lambda t: t.X * 1e39)
    with pytest.raises(DataError, match=r"the table holds numbers of size .*; float32 ends at"):
        sn.train(make.linear(table), table, epochs=1, dtype="float32", device="cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine")
@pytest.mark.parametrize("batch", [None, 16])
def test_cuda_gives_the_numbers_of_the_cpu(batch: int | None) -> None:
    table = table_of("many", split=True)
    net = make.mlp(table, 6, activation="gelu")
    gpu, cpu = (
        sn.train(net, table, epochs=50, optimiser="adam", batch=batch, device=device) for device in ("cuda", "cpu")
    )
    np.testing.assert_allclose(gpu.losses, cpu.losses, rtol=1e-9)
