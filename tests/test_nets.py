"""Nets as graph say what torch's own layers say: forward, loss, gradients, running statistics."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from random_nets import Case, random_case

from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.magnitude import NOISE, with_magnitudes
from sheetnet.graph.node import mean, variable
from sheetnet.models import layers as L
from sheetnet.models.layer import Pass
from sheetnet.models.layer_twins import NetTwin
from sheetnet.models.losses import LOSSES, right
from sheetnet.models.net import Net, sequence

CASES = range(200)


def by_graph(case: Case) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Values and magnitudes: out, loss, gradients by parameter, buffers after the pass, out when predicting."""
    net = case.net
    X, y = variable("X", case.X.shape), variable("y", case.y.shape)
    P = {p.name: variable(p.name, p.shape) for p in net.parameters}
    masks = {name: variable(name, value.shape) for name, value in case.masks.items()}
    train = variable("train", case.y.shape)
    how = Pass(training=True, masks=masks, train=train, rows=float(len(case.X)))
    out = net.forward(X, P, how)[-1]
    loss = mean(net.of_loss.rows(out, y))
    wanted = [P[p.name] for p in net.trained]
    roots = {"out": out, "loss": loss, "predicted": net.forward(X, P)[-1]}
    roots |= {p.name: how.updates.get(p.name, P[p.name]) for p in net.parameters if not p.trained}
    roots |= {f"grad {p.name}": g for p, g in zip(net.trained, gradient(loss, wanted), strict=True)}
    given = {X: case.X, y: case.y, train: np.ones(case.y.shape)} | {P[k]: v for k, v in case.params.items()}
    given |= {masks[k]: v for k, v in case.masks.items()}
    return dict(zip(roots, with_magnitudes(list(roots.values()), given), strict=True))


def by_torch(case: Case) -> dict[str, np.ndarray]:
    twin = NetTwin(case.net)
    twin.put(case.params)
    twin.masked(case.masks)
    X, y = torch.tensor(case.X), torch.tensor(case.y)
    with torch.no_grad():
        predicted = twin.eval()(X).numpy().copy()
    out = twin.train()(X)
    loss = twin.loss(out, y)
    loss.backward()
    tensors = twin.tensors()
    said = {"out": out.detach().numpy(), "loss": loss.detach().numpy().reshape(1, 1), "predicted": predicted}
    for p in case.net.parameters:
        if p.trained:
            said[f"grad {p.name}"] = p.from_torch(tensors[p.name].grad)
        else:
            said[p.name] = twin.params()[p.name]
    return said


def far(case: Case) -> float:
    """The largest difference, in multiples of what check allows."""
    found, said = by_graph(case), by_torch(case)
    assert found.keys() == said.keys()
    return max(
        float(np.max(np.abs(value - said[key]) / (1e-10 * np.abs(said[key]) + 100 * NOISE * magnitude + 1e-300)))
        for key, (value, magnitude) in found.items()
    )


@pytest.mark.parametrize("seed", CASES)
def test_a_random_net_is_what_torch_makes_of_it(seed: int) -> None:
    assert far(random_case(seed)) < 1


def test_the_random_nets_have_every_layer_and_every_loss() -> None:
    nets = [random_case(seed).net for seed in CASES]
    assert {type(step.layer) for net in nets for step in net.steps} == set(L.KINDS.values())
    assert {net.loss for net in nets} == set(LOSSES)


@pytest.mark.parametrize("fault", [("rows", 1e-8), ("layer", 1e-8)])
def test_a_net_that_is_wrong_is_noticed(fault: tuple[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    what, by = fault
    case = random_case(7)
    if what == "layer":
        honest = L.Dense.forward
        monkeypatch.setattr(L.Dense, "forward", lambda self, *of: honest(self, *of) * (1.0 + by))
    else:
        loss = case.net.of_loss
        monkeypatch.setitem(LOSSES, loss.name, replace(loss, rows=lambda out, y: loss.rows(out, y) * (1 + by)))
    assert far(case) > 1


@pytest.mark.parametrize("seed", range(0, 200, 7))
def test_its_settings_make_the_same_net(seed: int) -> None:
    net = random_case(seed).net
    again = Net.from_settings(json.loads(json.dumps(net.settings)))
    assert again == net
    assert again.parameters == net.parameters


def test_parameters_go_to_torch_and_back() -> None:
    net = Net("n", "N", 3, sequence([L.Dense(3, 2), L.Activation("relu"), L.Dense(2, 1)]), "mse")
    assert [p.name for p in net.parameters] == ["W_1", "b_1", "W_2", "b_2"]
    assert [p.key for p in net.parameters] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    params = net.check_params(module.state_dict())
    twin = NetTwin(net)
    twin.put(params)
    X = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(4, 3)
    assert torch.equal(twin(X), module(X))
    for key, value in params.items():
        np.testing.assert_array_equal(twin.params()[key], value)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([L.Dense(4, 2)], r"layer 1 \(0\): .* is for 4 columns, 3 come in"),
        ([L.Dense(3, 2), L.Columns(1, 2)], "picks columns that are not among the 2"),
        ([L.Dense(3, 300)], "is 300 columns wide, at most 256"),
        ([], "a net has from 1 to 64"),
    ],
)
def test_layers_that_do_not_fit_are_refused_with_their_place(layers: list, words: str) -> None:
    with pytest.raises(SheetnetError, match=words):
        Net("n", "N", 3, sequence(layers), "mse")


def test_of_equal_scores_the_first_counts_as_in_argmax() -> None:
    out, y = variable("out", (4, 3)), variable("y", (4, 1))
    scores = np.array([[0.0, 0, 0], [0, 0, 0], [1, 2, 2], [3, 2, 3]])
    for classes in ([0, 0, 1, 0], [1, 2, 2, 2], [2, 1, 0, 1]):
        target = np.array(classes, dtype=float)[:, None]
        (found,) = evaluate([right(LOSSES["cross_entropy"], out, y)], {out: scores, y: target})
        np.testing.assert_array_equal(found[:, 0], scores.argmax(1) == target[:, 0])
