"""The models' graphs, unrolled epochs and gradients against torch modules and loops written here, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import sheetnet as sn
from sheetnet.errors import DataError, SheetnetError
from sheetnet.graph import gradient as gradients
from sheetnet.graph.evaluate import NUMERIC, evaluate
from sheetnet.graph.formula import render
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, variable
from sheetnet.models.model import KINDS, Model, Pass, create, evaluate_loss
from sheetnet.models.optimisers import OPTIMISERS, Step
from sheetnet.motifs.trained import Common, Trained
from sheetnet.tables.recipe import counting
from sheetnet.tables.table import Table

CASES = [(name, n, p, seed) for name in KINDS for n in (5, 40) for p in (1, 3, 10) for seed in (0, 1, 2)]
EPOCHS = 50
Array = np.ndarray


class Reference(nn.Module):
    """The model as anyone would write it in torch."""

    def __init__(self, W: Array, rectified: bool) -> None:
        super().__init__()
        self.layer = nn.Linear(*W.shape, bias=False, dtype=torch.float64)
        self.layer.weight = nn.Parameter(torch.tensor(W).T.clone())
        self.rectified = rectified

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        out = self.layer(X)
        return nn.functional.relu(out).sum(1, keepdim=True) if self.rectified else out


def random_case(name: str, n: int, p: int, seed: int) -> tuple[Table, Array]:
    """A table with a column of ones and half of its targets 1, and weights of both signs."""
    rng = np.random.default_rng([seed, n, p])
    X = np.hstack([rng.uniform(0, 1, (n, p - 1)), np.ones((n, 1))])
    y = rng.integers(0, 2, (n, 1)).astype(float)
    W = rng.uniform(-1, 1, (p, KINDS[name].n_hidden))
    return Table.of_sheet(X, y, tuple(f"x_{j}" for j in range(p)), "sheet"), W


def graph_of(name: str, table: Table) -> tuple[Pass, dict[str, Node]]:
    X, y = variable("X", table.X.shape), variable("y", table.y.shape)
    W = variable("W", (table.n_features, KINDS[name].n_hidden))
    return evaluate_loss(create(name, table.n_features), X, W, y), {"X": X, "y": y, "W": W}


def by_graph(name: str, table: Table, W: Array) -> dict[str, Array]:
    found, nodes = graph_of(name, table)
    roots = [found.pred, found.loss, found.accuracy, *gradient(found.loss, [nodes["W"]])]
    given = {nodes["X"]: table.X, nodes["y"]: table.y, nodes["W"]: W}
    return dict(zip(("pred", "loss", "accuracy", "grad_W"), evaluate(roots, given), strict=True))


def by_torch(name: str, table: Table, W: Array) -> dict[str, Array]:
    module = Reference(W, name == "two_relu")
    y = torch.tensor(table.y)
    pred = module(torch.tensor(table.X))
    loss = ((pred - y) ** 2).mean()
    loss.backward()
    accuracy = ((pred > 0.5) == (y == 1)).double().mean()
    grad_W = module.layer.weight.grad.T
    found = {"pred": pred, "loss": loss, "accuracy": accuracy, "grad_W": grad_W}
    return {key: np.atleast_2d(a.detach().numpy()) for key, a in found.items()}


def assert_agrees_with_torch(name: str, table: Table, W: Array) -> None:
    got, expected = by_graph(name, table, W), by_torch(name, table, W)
    for key in expected:
        assert got[key].shape == expected[key].shape, key
        np.testing.assert_allclose(got[key], expected[key], rtol=1e-12, atol=1e-13, err_msg=key)


@pytest.mark.parametrize(("name", "n", "p", "seed"), CASES)
def test_prediction_loss_accuracy_and_gradient_agree_with_torch(name: str, n: int, p: int, seed: int) -> None:
    assert_agrees_with_torch(name, *random_case(name, n, p, seed))


def loss_of(X: Array, y: Array, W: Array) -> float:
    """The mean squared error; two columns of W are rectified units."""
    lin = X @ W
    pred = np.maximum(lin, 0).sum(1, keepdims=True) if W.shape[1] > 1 else lin
    return float(np.mean((pred - y) ** 2))


@pytest.mark.parametrize(("name", "n", "p", "seed"), CASES)
def test_the_gradient_agrees_with_central_differences(name: str, n: int, p: int, seed: int) -> None:
    table, W = random_case(name, n, p, seed)
    near, step = np.empty_like(W), 1e-6
    for at in np.ndindex(W.shape):
        moved = np.zeros_like(W)
        moved[at] = step
        near[at] = (loss_of(table.X, table.y, W + moved) - loss_of(table.X, table.y, W - moved)) / (2 * step)
    np.testing.assert_allclose(by_graph(name, table, W)["grad_W"], near, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("faulty", ["a mask forgotten", "a product off by a factor"])
def test_a_model_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch, faulty: str) -> None:
    if faulty == "a mask forgotten":
        monkeypatch.setitem(gradients.RULES, "relu", lambda node, d: (d,))
    else:
        monkeypatch.setitem(NUMERIC, "matmul", lambda xp, a, b: (1 + 1e-9) * (a @ b))
    with pytest.raises(AssertionError):
        assert_agrees_with_torch("two_relu", *random_case("two_relu", 40, 3, 0))


def test_a_unit_that_is_exactly_0_follows_torch() -> None:
    X = np.array([[1.0, 1.0], [2.0, -2.0], [0.0, 0.0], [3.0, 1.0]])
    W = np.array([[0.5, -1.0], [-0.5, 1.0]])
    table = Table.of_sheet(X, np.array([[1.0], [0.0], [1.0], [1.0]]), ("a", "b"), "sheet")
    assert (X @ W == 0).sum() == 4
    assert_agrees_with_torch("two_relu", table, W)
    run = sn.train(create("two_relu", 2), table, {"W": W}, epochs=1, lr=0.1, device="cpu")
    np.testing.assert_allclose(run.params["W"], W - 0.1 * by_torch("two_relu", table, W)["grad_W"], rtol=1e-14)


# ---- all epochs of a sheet


def net_of(
    name: str, table: Table, W: Array, lr: float, epochs: int, epoch: float
) -> tuple[Trained, dict[Node, Array]]:
    """The nodes of a workbook's model, and values for its inputs."""
    n, p = table.X.shape
    inputs = {name: variable(name, (n, k)) for name, k in (("X", p), ("y", 1), ("no", 1))}
    common = Common(**inputs, epoch=variable("epoch", (1, 1)), wiggle=variable("wiggle", (1, 1)), epochs=epochs,
                    optimiser="sgd")  # fmt: skip
    net = Trained(create(name, p), common)
    given = {common.X: table.X, common.y: table.y, common.no: counting(n), net.weight: W.T, net.which: counting(p)}
    single = {net.lr: lr, common.epoch: epoch, common.wiggle: 1e-5}
    return net, given | {node: np.array([[value]]) for node, value in single.items()}


def plain_loop(table: Table, W: Array, lr: float, epochs: int) -> tuple[list[float], list[Array]]:
    """Losses and weights of epochs 0 to the last, by numpy alone."""
    X, y, losses, weights = table.X, table.y, [], [W]
    for _ in range(epochs + 1):
        W = weights[-1]
        lin = X @ W
        pred = np.where(lin > 0, lin, 0).sum(1, keepdims=True) if W.shape[1] > 1 else lin
        mask = (lin > 0) if W.shape[1] > 1 else np.ones_like(lin)
        losses.append(float(np.mean((pred - y) ** 2)))
        weights.append(W - lr * (X.T @ (2 * (pred - y) / len(X) * mask)))
    return losses, weights[:-1]


def assert_all_epochs_agree(name: str, table: Table, W: Array, lr: float) -> None:
    """50 unrolled epochs of the sheet, sn.train and a plain loop, to 1e-10."""
    net, given = net_of(name, table, W, lr, EPOCHS, 0)
    losses, *rows = evaluate([net.losses, *net.W_rows], given)
    expected_losses, expected_weights = plain_loop(table, W, lr, EPOCHS)
    by_epoch = np.stack(rows, axis=2)
    run = sn.train(create(name, table.n_features), table, {"W": W}, epochs=EPOCHS, lr=lr, device="cpu")
    np.testing.assert_allclose(losses[:, 0], expected_losses, rtol=1e-10)
    np.testing.assert_allclose(by_epoch, np.stack(expected_weights), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(run.losses, expected_losses, rtol=1e-10)
    np.testing.assert_allclose(run.params["W"], expected_weights[-1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "n", "p", "seed"), [c for c in CASES if c[3] == 0])
def test_fifty_epochs_agree_in_sheet_torch_and_a_plain_loop(name: str, n: int, p: int, seed: int) -> None:
    assert_all_epochs_agree(name, *random_case(name, n, p, seed), lr=0.1)


def test_an_epoch_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(OPTIMISERS["sgd"], rule=lambda W, grad, state, lr, t, s: Step(W - 1.0001 * lr * grad))
    monkeypatch.setitem(OPTIMISERS, "sgd", wrong)
    with pytest.raises(AssertionError):
        assert_all_epochs_agree("linear", *random_case("linear", 40, 3, 0), lr=0.1)


def assert_wiggling_agrees(name: str, seed: int) -> None:
    """The wiggled gradient of an epoch drawn by chance equals the exact one to 1e-6 of 1 + its size."""
    table, W = random_case(name, 40, 3, seed)
    epoch = int(np.random.default_rng(seed).integers(0, 13))
    net, given = net_of(name, table, W, 0.1, 12, epoch)
    wiggled, exact, W_then, W_next = evaluate([net.wiggled, net.grad_W, net.W_then, net.W_next], given)
    _, weights = plain_loop(table, W, 0.1, 13)
    np.testing.assert_allclose(W_then, weights[epoch], rtol=1e-12)
    np.testing.assert_allclose(W_next, weights[epoch + 1], rtol=1e-12)
    np.testing.assert_allclose(exact, by_torch(name, table, W_then)["grad_W"], rtol=1e-12, atol=1e-14)
    assert wiggled.shape == exact.shape == W.shape
    np.testing.assert_array_less(np.abs(wiggled - exact) / (1 + np.abs(exact)), 1e-6)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", KINDS)
def test_wiggling_each_weight_gives_the_exact_gradient_of_that_epoch(name: str, seed: int) -> None:
    assert_wiggling_agrees(name, seed)


def test_a_wiggle_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Trained._wiggled
    monkeypatch.setattr(Trained, "_wiggled", lambda self, columns, sign: honest(self, columns, sign) * 1.001)
    with pytest.raises(AssertionError):
        assert_wiggling_agrees("two_relu", 0)


@pytest.mark.parametrize("epoch", [-2.0, 13.0, 99.0])
def test_an_epoch_outside_the_descent_is_an_error_value(epoch: float) -> None:
    net, given = net_of("linear", *random_case("linear", 5, 3, 0), 0.1, 12, epoch)
    assert np.isnan(evaluate([net.grad_W], given)[0]).all()


# ---- start weights, names, steps


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2, 12345])
def test_start_weights_are_drawn_alike_small_and_short(name: str, seed: int) -> None:
    model = create(name, 200)
    W = model.init(seed)["W"]
    np.testing.assert_array_equal(W, model.init(seed)["W"])
    assert not np.array_equal(W, model.init(seed + 1)["W"])
    assert (W.shape, W.dtype) == ((200, model.n_hidden), np.float64)
    assert np.abs(W).max() <= 0.5
    assert W.min() < -0.4 < 0.4 < W.max()
    assert all(float(f"{w:.4f}") == w for w in W.flat)


def test_start_weights_without_a_seed_are_those_of_seed_0() -> None:
    np.testing.assert_array_equal(create("linear", 10).init()["W"], create("linear", 10).init(seed=0)["W"])


@pytest.mark.parametrize("name", ["mlp", "", "Linear", "two relu"])
def test_an_unknown_model_is_refused_by_name(name: str) -> None:
    with pytest.raises(DataError, match=f"no model '{name}'; known are linear, two-relu"):
        create(name, 3)


def test_a_model_is_known_by_either_spelling_and_fits_its_table() -> None:
    assert create("two-relu", 3) == create("two_relu", 3)
    table, _ = random_case("linear", 5, 3, 0)
    assert (sn.linear(table), sn.two_relu(table)) == (Model("linear", 3), Model("two_relu", 3))
    assert [(m.title, m.n_hidden) for m in (sn.linear(table), sn.two_relu(table))] == [("Linear", 1), ("Two ReLU", 2)]


@pytest.mark.parametrize("shape", [(2, 3), (3, 1), (4, 2), (3,), (3, 2, 1), ()])
def test_parameters_of_another_shape_are_refused_with_both_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(SheetnetError) as caught:
        create("two_relu", 3).check_params({"W": np.zeros(shape)})
    for words in ("two_relu", "array of shape (3, 2)", f"found W of shape {shape}"):
        assert words in str(caught.value)


def test_missing_parameters_are_refused_and_good_ones_become_float64() -> None:
    model = create("two_relu", 3)
    with pytest.raises(SheetnetError, match="two_relu needs the parameters"):
        model.check_params({"weight": np.zeros((3, 2))})
    assert model.check_params({"W": [[1, 2], [3, 4], [5, 6]]}).dtype == np.float64  # type: ignore[dict-item]


def test_sgd_reads_as_it_is_spoken() -> None:
    class ByName:
        def whole(self, node: Node) -> str | None:
            return node.name or None

        def part(self, *_: object) -> None:
            return None

    W, grad_W, lr = variable("W", (3, 2)), variable("grad_W", (3, 2)), variable("lr", (1, 1))
    W_next = OPTIMISERS["sgd"].step(W, grad_W, {}, lr, 1).W_next
    assert (W_next.name, W_next.shape, render(W_next, ByName())) == ("W_next", (3, 2), "=W-lr*grad_W")
