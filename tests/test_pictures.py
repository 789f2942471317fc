"""Convolution and pooling as layers of a net: equal to torch in values and gradients, in graph and in a sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import sheetnet as sn
from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import apply, constant, variable
from sheetnet.models import convolution
from sheetnet.models.convolution import Conv, MaxPool, MeanPool, Sliding
from sheetnet.models.net import Net, Step
from sheetnet.models.torch_in import net_of

WINDOWS = [(k, s, p) for k in (1, 2, 3) for s in (1, 2) for p in (0, 1) if p < k]
N = 3  # pictures


def of(kind: type[Sliding], k: int, s: int, p: int, **more: int) -> Sliding:
    """A layer over pictures of 2 channels, 5 rows and 4 columns."""
    return kind(2, 5, 4, k, k, s, s, p, p, **more)


def compared(layer: Sliding, function: object, X: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What the graph says and what torch says: the value, and the gradient in what comes in and in each parameter."""
    net = Net("net", "Net", X.shape[1], (Step(layer, (0,), "0"),), "mse")
    rng = np.random.default_rng(3)
    params = {p.name: rng.normal(size=p.shape) for p in net.parameters}
    nodes = {name: variable(name, value.shape) for name, value in params.items()}
    x = variable("X", X.shape)
    out = net.forward(x, nodes)[-1]
    weights = rng.normal(size=out.shape)
    loss = apply("sum", out * constant(tuple(map(tuple, weights.tolist()))))
    wanted = [x, *nodes.values()]
    given = {x: X} | {nodes[name]: value for name, value in params.items()}
    value, *grads = evaluate([out, *gradient(loss, wanted)], given)

    leaf = torch.tensor(X, requires_grad=True)
    held = [torch.tensor(p.to_torch(params[p.name]), requires_grad=True) for p in net.parameters]
    said: Tensor = function(leaf.reshape(N, *layer.picture), *held).flatten(1)  # type: ignore[operator]
    (said * torch.tensor(weights)).sum().backward()
    theirs = [leaf.grad.numpy(), *(p.from_torch(h.grad) for p, h in zip(net.parameters, held, strict=True))]
    names = ["in X", *params]
    both = {name: pair for name, *pair in zip(names, grads, theirs, strict=True)}
    return {"value": (value, said.detach().numpy())} | both  # type: ignore[return-value]


def assert_equal(pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for name, (ours, theirs) in pairs.items():
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(("k", "s", "p"), WINDOWS)
def test_a_convolution_is_torchs_in_value_and_gradients(k: int, s: int, p: int) -> None:
    X = np.random.default_rng([k, s, p]).normal(size=(N, 40))
    for filters in (1, 3):
        assert_equal(compared(of(Conv, k, s, p, filters=filters), lambda a, w, b: F.conv2d(a, w, b, s, p), X))


@pytest.mark.parametrize(("k", "s", "p"), WINDOWS)
def test_pools_are_torchs_in_value_and_gradients_also_where_entries_are_equal(k: int, s: int, p: int) -> None:
    p = min(p, k // 2)  # torch takes no more
    rng = np.random.default_rng([k, s, p])
    for X in (rng.normal(size=(N, 40)), rng.integers(0, 2, (N, 40)).astype(float)):
        assert_equal(compared(of(MaxPool, k, s, p), lambda a: F.max_pool2d(a, k, s, p), X))
        assert_equal(compared(of(MeanPool, k, s, p), lambda a: F.avg_pool2d(a, k, s, p), X))


def test_windows_need_not_be_square() -> None:
    X = np.random.default_rng(1).normal(size=(N, 40))
    sizes = (2, 5, 4, 3, 2, 1, 2, 1, 0)
    assert_equal(compared(Conv(*sizes, 2, False), lambda a, w: F.conv2d(a, w, None, (1, 2), (1, 0)), X))
    assert_equal(compared(MaxPool(*sizes), lambda a: F.max_pool2d(a, (3, 2), (1, 2), (1, 0)), X))
    assert_equal(compared(MeanPool(*sizes), lambda a: F.avg_pool2d(a, (3, 2), (1, 2), (1, 0)), X))


def test_a_weight_at_a_wrong_place_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = convolution.spread
    monkeypatch.setattr(convolution, "spread", lambda one: right(one)[::-1])
    with pytest.raises(AssertionError):
        test_a_convolution_is_torchs_in_value_and_gradients(3, 1, 0)


# ---- a person's own module


class Own(nn.Module):
    """With functions, and a second convolution upon the first."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 1, 2, stride=2)
        self.line = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(torch.relu(self.one(x.reshape(-1, 1, 5, 5))), 2)
        return self.line(self.two(x).flatten(1))


MODULES = {
    "sequential": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 5, 5)), nn.Conv2d(1, 2, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 1)
    ),
    "functions": Own,
    "means": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 5, 5)), nn.AvgPool2d(2, 1), nn.Conv2d(1, 3, 3, bias=False), nn.Tanh(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_looks_at_pictures_is_read_kept_and_put_back(name: str) -> None:
    torch.manual_seed(1)
    module = MODULES[name]()
    net = net_of(module, 25, "mse")
    assert Net.from_settings(net.settings) == net
    assert net.start is not None
    for parameter in net.parameters:
        np.testing.assert_allclose(
            parameter.to_torch(net.start[parameter.name]), module.state_dict()[parameter.key].double().numpy()
        )
    X = np.random.default_rng(4).normal(size=(6, 25))
    x, P = variable("X", X.shape), {p.name: variable(p.name, p.shape) for p in net.parameters}
    (out,) = evaluate([net.forward(x, P)[-1]], {x: X} | {P[key]: value for key, value in net.start.items()})
    with torch.no_grad():
        np.testing.assert_allclose(out, module.double()(torch.tensor(X)).numpy(), rtol=1e-12, atol=1e-12)


def test_it_becomes_a_workbook_that_learns_as_torch_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    pixels = [f"pixel_{i}" for i in range(25)]
    table = pd.DataFrame(rng.uniform(size=(8, 25)).round(2), columns=pixels)
    table["upright"] = [0.0, 1.0] * 4
    torch.manual_seed(2)
    table, module = (
        sn.table(table, target="upright", columns=dict.fromkeys(pixels, sn.number())),
        MODULES["sequential"](),
    )
    sn.build(tmp_path / "pictures.xlsx", table, module, epochs=2, lr=0.5, loss="bce_with_logits")
    report = sn.check(tmp_path / "pictures.xlsx")
    assert [str(finding) for finding in report.findings] == []
    told = {block.id for block in report.blocks if block.torch_abs is not None}
    assert {"net.descent.loss", "net.descent.W_1.2", "net.descent.b_1.2", "net.then.grad_W_1"} <= told
    sheets = sn.read_params(tmp_path / "pictures.xlsx").state_dict("net", epoch=2)
    trained = sn.train(module, table, epochs=2, lr=0.5).state_dict()
    for key, value in module.state_dict().items():
        assert sheets[key].shape == value.shape
        np.testing.assert_allclose(sheets[key], trained[key], rtol=1e-10)


# ---- what cannot be

FAULTS = {
    "no picture": (lambda: nn.Conv2d(1, 1, 2), r"expected \(n, channels, rows, columns\); take nn.Unflatten"),
    "channels": (lambda: nn.Sequential(nn.Unflatten(1, (1, 5, 5)), nn.Conv2d(2, 1, 2)), "expected 2"),
    "dilation": (lambda: nn.Sequential(nn.Unflatten(1, (1, 5, 5)), nn.Conv2d(1, 1, 2, dilation=2)), "dilation"),
    "groups": (lambda: nn.Sequential(nn.Unflatten(1, (5, 1, 5)), nn.Conv2d(5, 5, 1, groups=5)), "groups"),
    "padding": (lambda: nn.Sequential(nn.Unflatten(1, (1, 5, 5)), nn.Conv2d(1, 1, 3, padding="same")), "such as 1"),
    "ceil": (lambda: nn.Sequential(nn.Unflatten(1, (1, 5, 5)), nn.MaxPool2d(2, ceil_mode=True)), "ceil_mode"),
    "adaptive": (lambda: nn.Sequential(nn.Unflatten(1, (1, 5, 5)), nn.AdaptiveAvgPool2d(2)), "take 1"),
    "three dimensions": (lambda: nn.Conv3d(1, 1, 1), "take nn.Conv2d"),
    "too large": (lambda: nn.Sequential(nn.Unflatten(1, (1, 5, 5)), nn.Conv2d(1, 40, 1)), "more than 20,000 cells"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_known_is_refused_with_what_to_do(fault: str) -> None:
    make, words = FAULTS[fault]
    with pytest.raises(SheetnetError, match=words):
        net_of(make(), 25, "mse")


HOSTILE = {
    "no steps": {"s_rows": 0}, "huge": {"k_rows": 10**8}, "outside": {"p_rows": 9}, "another picture": {"rows": 6},
    "many filters": {"filters": 10**8}, "no number": {"k_cols": "3"}, "half": {"k_cols": 1.5},
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_sizes_that_no_net_has_are_refused(what: str) -> None:
    settings = net_of(MODULES["sequential"](), 25, "mse").settings
    settings["steps"] = [step | HOSTILE[what] if step["layer"] == "Conv" else step for step in settings["steps"]]
    with pytest.raises((SheetnetError, ValueError, TypeError)):
        Net.from_settings(settings)
