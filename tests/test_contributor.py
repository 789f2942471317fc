"""What a contributor writes for a model and for an optimiser: here word for word, registered, counted and tried.

Each is said in two places: once as graph, once by hand in torch. Nothing else is told of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pytest
import torch
from test_paths import random_table
from torch import Tensor, nn, optim
from torch.nn.functional import mse_loss

import sheetnet as sn
from sheetnet.errors import TrainingError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, sum_columns, variable
from sheetnet.living.steps import Remembering
from sheetnet.models import model as models
from sheetnet.models import optimisers, torch_optim, twins
from sheetnet.models.model import Kind, Model, create, evaluate_loss
from sheetnet.models.optimisers import OPTIMISERS, Optimiser, Settings, State, Step
from sheetnet.tables.table import Table
from sheetnet.training import observe, witness

EPOCHS, RATE = 50, 0.02

# ---- a model: in sheetnet/models/model.py


def absolutes_forward(X: Node, W: Node) -> list[Node]:
    """pred = |X w_1| + |X w_2| + ...: (n, p) @ (p, k) -> (n, k), without signs, summed -> (n, 1)."""
    lin = (X @ W).named("lin")
    act = apply("abs", lin).named("act")
    return [lin, act, sum_columns(act).named("pred")]


KINDS = {
    "two_absolutes": Kind("Two absolutes", 2, absolutes_forward),
}

# ---- and in sheetnet/models/twins.py


class Absolutes(nn.Module):
    """pred = |X w_1| + ... + |X w_k|."""

    def __init__(self, n_features: int, n_hidden: int) -> None:
        super().__init__()
        self.lin = nn.Linear(n_features, n_hidden, bias=False)

    def forward(self, X: Tensor) -> Tensor:
        """(n, p) -> (n, 1)."""
        return self.lin(X).abs().sum(dim=1, keepdim=True)


TWINS = {
    absolutes_forward: Absolutes,
}

# ---- an optimiser: in sheetnet/models/optimisers.py


def _nesterov(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    """SGD with Nesterov's momentum: m = momentum * m + grad; W_next = W - lr * (grad + momentum * m).

    Source: torch.optim.SGD with nesterov; Sutskever et al. 2013.
    """
    m = (s["momentum"] * state["m"] + grad).named("m")
    return Step(W - lr * (grad + s["momentum"] * m), {"m": m})


NESTEROV = Optimiser(
    "nesterov", "Nesterov", _nesterov,
    "m after = {momentum} x m then + gradient\nW after = W then - rate x (gradient + {momentum} x m after)",
    1e-3, 0.05, {"momentum": 0.9}, {"m": optimisers._SUM},
)  # fmt: skip

# ---- and in sheetnet/models/torch_optim.py

OPTIM = {
    "nesterov": (
        lambda params, momentum=0.9, **o: optim.SGD(params, momentum=momentum, nesterov=True, **o),
        {"m": "momentum_buffer"},
    ),
}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries above in their tables."""
    monkeypatch.setitem(models.KINDS, "two_absolutes", KINDS["two_absolutes"])
    monkeypatch.setitem(twins.TWINS, absolutes_forward, TWINS[absolutes_forward])
    monkeypatch.setitem(OPTIMISERS, "nesterov", NESTEROV)
    monkeypatch.setitem(torch_optim.OPTIM, "nesterov", OPTIM["nesterov"])


def lines_of(*things: Callable[..., object]) -> int:
    """Lines that are not blank."""
    return sum(bool(line.strip()) for thing in things for line in inspect.getsource(thing).splitlines())


def lines_of_entry(name: str) -> int:
    """Lines between the brackets of an entry above."""
    text = inspect.getsource(inspect.getmodule(lines_of_entry))  # type: ignore[arg-type]
    return len(text.split(f"\n{name}")[1].partition("\n")[2].partition("\n}")[0].partition("\n)")[0].splitlines())


def test_a_model_takes_some_fifteen_lines_in_two_places() -> None:
    graph, twin = lines_of(absolutes_forward) + lines_of_entry("KINDS"), lines_of(Absolutes) + lines_of_entry("TWINS")
    assert (graph, twin) == (6, 9)


def test_an_optimiser_takes_some_twenty_lines_in_two_places() -> None:
    rule, entry = lines_of(_nesterov), 2 + lines_of_entry("NESTEROV")
    assert (rule + entry, lines_of_entry("OPTIM")) == (11, 4)


@pytest.fixture
def net(registered: None) -> Model:
    return create("two-absolutes", 4)


@pytest.fixture
def table() -> Table:
    return random_table(80, 4)


def by_torch(
    table: Table, W: np.ndarray, epochs: int, make: Callable[..., optim.Optimizer], **settings: float
) -> tuple[list[float], np.ndarray]:
    """Losses of epochs 0 to the last and the last weights, by a module and a loop of one's own."""
    module, X, y, losses = Absolutes(*W.shape).double(), torch.tensor(table.X), torch.tensor(table.y), []
    module.load_state_dict({"lin.weight": torch.tensor(W.T.copy())})
    optimiser = make(module.parameters(), lr=RATE, **settings)
    for epoch in range(epochs + 1):
        optimiser.zero_grad()
        loss = mse_loss(module(X), y)
        losses.append(loss.item())
        if epoch < epochs:
            loss.backward()
            optimiser.step()
    return losses, module.lin.weight.detach().numpy().T


@pytest.mark.parametrize("path", ["auto", "autograd", "summed"])
def test_the_model_trains_as_a_module_of_ones_own(path: str, net: Model, table: Table) -> None:
    losses, W = by_torch(table, net.init()["W"], EPOCHS, optim.SGD)
    run = sn.train(net, table, epochs=EPOCHS, lr=RATE, device="cpu", path=path)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    np.testing.assert_allclose(run.params["W"], W, rtol=1e-11)
    assert (run.path, run.dead_units) == ("summed" if path == "summed" else "autograd", 0)


def test_it_goes_on_from_a_checkpoint(net: Model, table: Table, tmp_path: object) -> None:
    options = {"lr": RATE, "device": "cpu", "checkpoint": f"{tmp_path}/run.npz"}
    sn.train(net, table, epochs=20, **options)  # type: ignore[arg-type]
    again = sn.train(net, table, epochs=EPOCHS, **options)  # type: ignore[arg-type]
    np.testing.assert_array_equal(again.losses, sn.train(net, table, epochs=EPOCHS, lr=RATE, device="cpu").losses)


def test_a_sweep_takes_it(net: Model, table: Table) -> None:
    row = sn.sweep(net, table, nets=1, lr=RATE, scale=0.5, epochs=EPOCHS, device="cpu", dtype="float64").best_row
    losses, _ = by_torch(table, net.init()["W"], EPOCHS, optim.SGD)
    assert row["loss"] == pytest.approx(losses[-1], rel=1e-11)


def test_its_graph_and_its_twin_are_one_model(net: Model, table: Table) -> None:
    X, y, W = variable("X", table.X.shape), variable("y", table.y.shape), variable("W", (4, 2))
    found, start = evaluate_loss(net, X, W, y), net.init()["W"]
    roots = {"pred": found.pred, "loss": found.loss, "grad_W": gradient(found.loss, [W])[0], "lin": found.forward[0]}
    said = observe(net, table, start)
    for name, value in zip(roots, evaluate([*roots.values()], {X: table.X, y: table.y, W: start}), strict=True):
        np.testing.assert_allclose(said[name], value, rtol=1e-11, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("momentum", [0.9, 0.5])
def test_the_optimiser_equals_torchs_step_for_step(momentum: float, net: Model, table: Table) -> None:
    X, y, W, m = (variable(name, shape) for name, shape in zip("XyWm", [(80, 4), (80, 1), (4, 2), (4, 2)], strict=True))
    loss = evaluate_loss(net, X, W, y).loss
    step = OPTIMISERS["nesterov"].step(W, gradient(loss, [W])[0], {"m": m}, RATE, 1, momentum=momentum)
    at, kept, losses = net.init()["W"], np.zeros((4, 2)), []
    for _ in range(EPOCHS):
        given = {X: table.X, y: table.y, W: at, m: kept}
        now, at, kept = evaluate([loss, step.W_next, step.state["m"]], given)
        losses.append(now.item())
    expected, last = by_torch(table, net.init()["W"], EPOCHS, optim.SGD, momentum=momentum, nesterov=True)
    np.testing.assert_allclose(losses, expected[:-1], rtol=1e-11)
    np.testing.assert_allclose(at, last, rtol=1e-10)


def test_torchs_record_and_live_training_take_both(net: Model, table: Table) -> None:
    start = net.init()["W"]
    losses, last = by_torch(table, start, EPOCHS, optim.SGD, momentum=0.9, nesterov=True)
    told = witness(net, table, start, RATE, EPOCHS, 3, "nesterov")
    np.testing.assert_allclose(told["descent.loss"][:, 0], losses, rtol=1e-11)
    np.testing.assert_allclose(told["final.W"], last, rtol=1e-10)
    assert told["descent.m_2"].shape == (EPOCHS + 1, 4)
    live = Remembering(net, table, "nesterov").go({"W": start}, RATE, EPOCHS)
    assert live.loss == pytest.approx(losses[-1], rel=1e-11)


def test_an_optimiser_without_a_counterpart_is_an_error_that_says_where_to_add_it(
    net: Model, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(torch_optim.OPTIM, "nesterov")
    for call in (
        lambda: witness(net, table, net.init()["W"], RATE, EPOCHS, 3, "nesterov"),
        lambda: Remembering(net, table, "nesterov"),
    ):
        with pytest.raises(TrainingError, match=r"nesterov has no counterpart .* OPTIM in .*/torch_optim.py"):
            call()
