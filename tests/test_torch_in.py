"""A torch module becomes a net that says what the module itself says, or is refused with its place."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import sheetnet as sn
from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import mean, variable
from sheetnet.models import torch_calls
from sheetnet.models.layer import Pass
from sheetnet.models.layers import Activation, Combine, LeakyReLU
from sheetnet.models.net import Net
from sheetnet.models.norms import BatchNorm, LayerNorm
from sheetnet.models.torch_in import net_of

ROWS = 13
X3 = np.random.default_rng(5).uniform(-2, 2, (ROWS, 3))
X3[:, 0] = np.random.default_rng(6).integers(0, 4, ROWS)  # the first column can be taken as a code
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": nn.MSELoss(),
    "mae": nn.L1Loss(),
    "huber": nn.HuberLoss(),
    "bce_with_logits": nn.BCEWithLogitsLoss(),
    "cross_entropy": lambda out, y: nn.CrossEntropyLoss()(out, y[:, 0].long()),
}


class Masking(nn.Module):
    """In place of a dropout, in training: times the next mask."""

    def __init__(self, masks: Iterator[np.ndarray]) -> None:
        super().__init__()
        self.masks = masks

    def forward(self, a: Tensor) -> Tensor:
        return a * torch.from_numpy(next(self.masks)) if self.training else a


def by_module(module: nn.Module, net: Net, X: np.ndarray, y: np.ndarray, masks: list[np.ndarray]) -> dict[str, Any]:
    """What the module itself says, in float64, with autograd: by the names of its own state_dict."""
    own = copy.deepcopy(module).double()
    drawn = iter(masks)
    for parent in list(own.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Dropout) and child.p:
                setattr(parent, name, Masking(drawn))
    with torch.no_grad():
        predicted = own.eval()(torch.from_numpy(X)).reshape(len(X), -1).numpy()
    own.zero_grad()
    out = own.train()(torch.from_numpy(X)).reshape(len(X), -1)
    loss = LOSSES[net.loss](out, torch.from_numpy(y))
    if loss.requires_grad:
        loss.backward()
    said = {"predicted": predicted, "out": out.detach().numpy(), "loss": loss.detach().numpy().reshape(1, 1)}
    said |= {f"grad {key}": p.grad for key, p in own.named_parameters() if p.requires_grad}
    said |= {f"after {key}": p.detach() for key, p in own.named_parameters() if not p.requires_grad}
    return said | {f"after {key}": b for key, b in own.named_buffers() if b.is_floating_point()}


def by_net(net: Net, X: np.ndarray, y: np.ndarray, masks: list[np.ndarray]) -> dict[str, np.ndarray]:
    """What the net's graph says, by the same names."""
    X_node, y_node = variable("X", X.shape), variable("y", y.shape)
    P = {p.name: variable(p.name, p.shape) for p in net.parameters}
    M = {name: variable(name, mask.shape) for name, mask in zip(net.masks, masks, strict=True)}
    how = Pass(training=True, masks=M, rows=float(len(X)))
    out = net.forward(X_node, P, how)[-1]
    loss = mean(net.of_loss.rows(out, y_node))
    roots = {"predicted": net.forward(X_node, P)[-1], "out": out, "loss": loss}
    grads = gradient(loss, [P[p.name] for p in net.trained])
    roots |= {f"grad {p.key}": grad for p, grad in zip(net.trained, grads, strict=True)}
    roots |= {f"after {p.key}": how.updates.get(p.name, P[p.name]) for p in net.parameters if not p.trained}
    assert net.start is not None
    given = {X_node: X, y_node: y} | {P[k]: v for k, v in net.start.items()}
    given |= {M[name]: mask for name, mask in zip(net.masks, masks, strict=True)}
    return dict(zip(roots, evaluate(list(roots.values()), given), strict=True))


def agrees(module: nn.Module, X: np.ndarray = X3, loss: str = "mse") -> Net:
    """The net of a module, which says what the module says; and the module is left as it was."""
    before, mode = copy.deepcopy(module.state_dict()), [m.training for m in module.modules()]
    rng = torch.get_rng_state(), random.getstate()
    net = net_of(module, X.shape[1], loss)
    assert torch.equal(torch.get_rng_state(), rng[0])
    assert random.getstate() == rng[1]
    assert [m.training for m in module.modules()] == mode
    after = module.state_dict()
    assert before.keys() == after.keys()
    for key, value in before.items():
        assert after[key].dtype == value.dtype
        assert torch.equal(after[key], value)
    assert all(p.grad is None for p in module.parameters())
    y = np.random.default_rng(1).integers(0, min(net.n_outputs, 2) + 1 if loss == "cross_entropy" else 2, (len(X), 1))
    if loss not in ("bce_with_logits", "cross_entropy"):
        y = y + np.random.default_rng(2).normal(size=y.shape)
    masks = list(net.draw_masks(len(X), 3).values())
    said = by_module(module, net, X, y.astype(float), masks)
    found = by_net(net, X, y.astype(float), masks)
    by_key = {p.key: p for p in net.parameters}
    for key, value in found.items():
        parameter = by_key.get(key.partition(" ")[2])
        theirs = parameter.from_torch(said[key]) if parameter else said[key]
        np.testing.assert_allclose(value, theirs, rtol=1e-10, atol=1e-12, err_msg=key)
    return net


class Way(nn.Module):
    """Some layers, and a forward that is given."""

    def __init__(self, how: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.how = how
        self.fc, self.two, self.last = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 1)
        self.emb, self.drop, self.bn = nn.Embedding(4, 2), nn.Dropout(0.4), nn.BatchNorm1d(4)
        self.w, self.M, self.one = (nn.Parameter(torch.randn(*size)) for size in ((4,), (4, 2), (1, 3)))
        self.register_buffer("mean", torch.tensor([1.0, 2.0, 3.0]))
        self.mean: Tensor

    def forward(self, x: Any) -> Any:
        return self.how(self, x)


def trimmed(how: Callable[[Any, Any], Any], *keep: str) -> Way:
    """A Way without the layers and parameters that its forward does not use."""
    way = Way(how)
    for name in ("fc", "two", "last", "emb", "drop", "bn", "w", "M", "one", "mean"):
        if name not in keep:
            delattr(way, name)
    return way


# ---- each layer


LAYERS = {
    "linear": nn.Linear(4, 3),
    "without bias": nn.Linear(4, 3, bias=False),
    "relu": nn.ReLU(),
    "relu in place": nn.ReLU(inplace=True),
    "leaky": nn.LeakyReLU(0.2),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "gelu": nn.GELU(),
    "gelu tanh": nn.GELU(approximate="tanh"),
    "silu": nn.SiLU(),
    "softplus": nn.Softplus(),
    "softmax": nn.Softmax(dim=1),
    "softmax -1": nn.Softmax(dim=-1),
    "log_softmax": nn.LogSoftmax(dim=1),
    "dropout": nn.Dropout(0.3),
    "no dropout": nn.Dropout(0.0),
    "batch norm": nn.BatchNorm1d(4, eps=1e-3, momentum=0.3),
    "batch norm, not affine": nn.BatchNorm1d(4, affine=False),
    "layer norm": nn.LayerNorm(4, eps=1e-4),
    "layer norm, not affine": nn.LayerNorm(4, elementwise_affine=False),
    "flatten": nn.Flatten(),
    "identity": nn.Identity(),
    "nested": nn.Sequential(nn.Linear(4, 2), nn.Sequential(nn.Tanh(), nn.Linear(2, 3))),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_what_torch_makes_of_it(name: str) -> None:
    torch.manual_seed(1)
    width = 3 if any(word in name for word in ("linear", "bias", "nested")) else 4
    module = nn.Sequential(nn.Linear(3, 4), copy.deepcopy(LAYERS[name]), nn.Linear(width, 1))
    net = agrees(module)
    assert {p.key for p in net.parameters} == {key for key in module.state_dict() if "num_batches" not in key}


@pytest.mark.parametrize("module", [nn.Linear(3, 1), nn.BatchNorm1d(3), nn.Identity(), nn.Tanh(), nn.Sequential()])
def test_a_module_can_be_a_single_layer(module: nn.Module) -> None:
    net = net_of(module, 3, "mse")
    assert {p.key for p in net.parameters} == {key for key in module.state_dict() if "num_batches" not in key}


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_is_torchs(loss: str) -> None:
    torch.manual_seed(2)
    width = 3 if loss == "cross_entropy" else 1
    net = agrees(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, width)), loss=loss)
    assert net.loss == loss


# ---- each way of calling


WAYS: dict[str, tuple[Callable[[Any, Any], Any], tuple[str, ...]]] = {
    "torch.relu": (lambda s, x: s.last(torch.relu(s.fc(x))), ("fc", "last")),
    "F.relu": (lambda s, x: s.last(F.relu(s.fc(x))), ("fc", "last")),
    "x.relu()": (lambda s, x: s.last(s.fc(x).relu()), ("fc", "last")),
    "x.tanh()": (lambda s, x: s.last(s.fc(x).tanh()), ("fc", "last")),
    "torch.tanh": (lambda s, x: s.last(torch.tanh(s.fc(x))), ("fc", "last")),
    "torch.sigmoid": (lambda s, x: s.last(torch.sigmoid(s.fc(x))), ("fc", "last")),
    "x.sigmoid()": (lambda s, x: s.last(s.fc(x).sigmoid()), ("fc", "last")),
    "F.leaky_relu": (lambda s, x: s.last(F.leaky_relu(s.fc(x), 0.3)), ("fc", "last")),
    "F.gelu": (lambda s, x: s.last(F.gelu(s.fc(x), approximate="tanh")), ("fc", "last")),
    "F.silu": (lambda s, x: s.last(F.silu(s.fc(x))), ("fc", "last")),
    "F.softplus": (lambda s, x: s.last(F.softplus(s.fc(x))), ("fc", "last")),
    "F.softmax": (lambda s, x: s.last(F.softmax(s.fc(x), dim=1)), ("fc", "last")),
    "x.softmax": (lambda s, x: s.last(s.fc(x).softmax(-1)), ("fc", "last")),
    "F.log_softmax": (lambda s, x: s.last(F.log_softmax(s.fc(x), dim=1)), ("fc", "last")),
    "abs, exp": (lambda s, x: s.last((-s.fc(x).abs()).exp()), ("fc", "last")),
    "square, sqrt": (lambda s, x: s.last((s.fc(x).square() + 1).sqrt()), ("fc", "last")),
    "powers": (lambda s, x: s.last(s.fc(x) ** 2 + torch.pow(s.fc(x), 3) + (s.fc(x) ** 2 + 2) ** 0.5), ("fc", "last")),
    "sin, cos": (lambda s, x: s.last(torch.sin(s.fc(x)) * s.fc(x).cos()), ("fc", "last")),
    "sum": (lambda s, x: s.fc(x).tanh().sum(dim=1, keepdim=True), ("fc",)),
    "sum, a column less": (lambda s, x: torch.sum(s.fc(x).tanh(), 1), ("fc",)),
    "mean, axis": (lambda s, x: s.fc(x).tanh().mean(axis=-1, keepdim=True), ("fc",)),
    "residual": (lambda s, x: s.last(s.two(torch.relu(s.fc(x))) + s.fc(x)), ("fc", "two", "last")),
    "the same layer twice": (lambda s, x: s.last(s.two(torch.tanh(s.two(s.fc(x))))), ("fc", "two", "last")),
    "numbers on each side": (lambda s, x: s.last(1 - 2 * s.fc(x) / 3 + (s.fc(x) - 0.5)), ("fc", "last")),
    "a number over it": (lambda s, x: s.last(1.0 / (s.fc(x).square() + 1)), ("fc", "last")),
    "quotient of branches": (lambda s, x: s.last(s.fc(x) / (s.two(s.fc(x)).square() + 1)), ("fc", "two", "last")),
    "functions of torch": (
        lambda s, x: s.last(torch.mul(torch.add(s.fc(x), 1), torch.sub(s.fc(x), 2)).div(3)), ("fc", "last"),
    ),
    "a column times columns": (lambda s, x: s.last(x[:, 0:1] * s.fc(x)), ("fc", "last")),
    "cat": (lambda s, x: s.last(torch.cat([x, x[:, 1:2].tanh()], dim=1)), ("last",)),
    "cat of columns apart": (lambda s, x: s.last(torch.cat((x[:, [2, 0]], x[:, -2:]), -1)), ("last",)),
    "columns": (lambda s, x: s.fc(x)[:, 1:2] - s.fc(x)[:, -1:] * x[:, ::2].sum(1, keepdim=True), ("fc",)),
    "chunks": (lambda s, x: (s.fc(x).chunk(2, dim=1)[0] * s.fc(x).chunk(2, 1)[1]).sum(1, keepdim=True), ("fc",)),
    "columns of one dimension": (lambda s, x: x[:, 0] * x[:, 1] - x[:, 2], ()),
    "stack": (lambda s, x: s.fc(torch.stack([x[:, 0], x[:, 1] * 2, x[:, 2]], dim=1)).sum(1), ("fc",)),
    "flatten": (lambda s, x: s.last(torch.flatten(s.fc(x), 1)), ("fc", "last")),
    "view": (lambda s, x: s.last(s.fc(x).view(x.size(0), -1)), ("fc", "last")),
    "reshape": (lambda s, x: s.last(s.fc(x).reshape(-1, 2, 2).flatten(1)), ("fc", "last")),
    "reshape by shape": (lambda s, x: s.last(s.fc(x)).reshape(x.shape[0]), ("fc", "last")),
    "squeeze": (lambda s, x: s.last(s.fc(x)).squeeze(-1), ("fc", "last")),
    "squeeze, unsqueeze": (lambda s, x: s.last(s.fc(x)).squeeze().unsqueeze(1), ("fc", "last")),
    "embedding": (lambda s, x: s.last(torch.cat([s.emb(x[:, 0].long()), x[:, 1:3]], dim=1)), ("emb", "last")),
    "embedding of a matrix": (
        lambda s, x: s.last(torch.cat([s.emb(x[:, :1].long()).squeeze(1), x[:, 1:]], 1)), ("emb", "last"),
    ),
    "embedding, int": (lambda s, x: s.emb(x[:, 0].int()).sum(1) + x[:, 1], ("emb",)),
    "embedding, to": (lambda s, x: s.emb(x[:, 0].to(torch.long)).sum(1) + x[:, 1], ("emb",)),
    "dropout twice": (lambda s, x: s.last(s.drop(s.fc(s.drop(x)))), ("drop", "fc", "last")),
    "a parameter times x": (lambda s, x: s.last(s.w * s.fc(x)), ("fc", "w", "last")),
    "functions of a parameter": (lambda s, x: s.last(torch.exp(s.w) * s.fc(x) + s.w.tanh()), ("fc", "w", "last")),
    "a row": (lambda s, x: (x - s.one).sum(1), ("one",)),
    "a buffer": (lambda s, x: s.last(s.fc((x - s.mean) / s.mean)), ("fc", "mean", "last")),
    "x @ M": (lambda s, x: (s.fc(x) @ s.M).sum(1), ("fc", "M")),
    "torch.mm": (lambda s, x: torch.mm(s.fc(x), s.M).sum(1), ("fc", "M")),
    "F.linear": (lambda s, x: F.linear(x, s.one) + 1, ("one",)),
    "x @ one.T": (lambda s, x: x @ s.one.T + x @ s.one.t(), ("one",)),
    "in place": (lambda s, x: s.last(s.fc(x).add_(1).relu_()), ("fc", "last")),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_a_way_of_calling_is_what_torch_makes_of_it(name: str) -> None:
    how, keep = WAYS[name]
    agrees(trimmed(how, *keep))


def test_float_means_float64_here() -> None:
    with_it = net_of(trimmed(lambda s, x: s.last(s.fc(x.float()).double()), "fc", "last"), 3, "mse")
    assert with_it == net_of(trimmed(lambda s, x: s.last(s.fc(x)), "fc", "last"), 3, "mse")


def test_a_tensor_in_forward_is_held_as_a_buffer() -> None:
    net = net_of(trimmed(lambda s, x: x * torch.tensor([0.25, 0.5, 1.0])), 3, "mse")
    assert [(p.shape, p.trained) for p in net.parameters] == [((1, 3), False)]
    assert net.start is not None
    np.testing.assert_array_equal(net.start["fixed"], [[0.25, 0.5, 1.0]])


# ---- modules as people write them


class Tower(nn.Module):
    """Blocks in a ModuleList, each with a norm and a way round."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.first = nn.Linear(3, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU()) for _ in range(depth)
        )
        self.gates = nn.ParameterList(nn.Parameter(torch.tensor(0.5)) for _ in range(depth))
        self.last = nn.Linear(width, 1)

    def forward(self, x: Any) -> Any:
        h = self.first(x)
        for block, gate in zip(self.blocks, self.gates, strict=True):
            h = h + torch.sigmoid(gate) * block(h)
        return self.last(h)


class ByHand(nn.Module):
    """A net of parameters alone."""

    def __init__(self) -> None:
        super().__init__()
        self.W1, self.b1 = nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.zeros(4))
        self.w2, self.b2 = nn.Parameter(torch.randn(4)), nn.Parameter(torch.tensor(0.1))

    def forward(self, x: Any) -> Any:
        return torch.relu(x @ self.W1 + self.b1) @ self.w2 + self.b2


class Doubled(nn.Linear):
    """A layer of one's own."""

    def forward(self, x: Any) -> Any:
        return 2 * super().forward(x)


def test_blocks_in_lists_keep_their_names() -> None:
    torch.manual_seed(4)
    module = Tower(4, 2)
    net = agrees(module)
    assert {p.key for p in net.parameters} == set(module.state_dict())


def test_parameters_alone_make_a_net() -> None:
    torch.manual_seed(4)
    net = agrees(ByHand())
    assert {p.key: p.shape for p in net.parameters} == {"W1": (3, 4), "b1": (1, 4), "w2": (4, 1), "b2": (1, 1)}


def test_a_layer_of_ones_own_is_followed() -> None:
    torch.manual_seed(4)
    assert {p.key for p in agrees(nn.Sequential(Doubled(3, 2), nn.Tanh(), Doubled(2, 1))).parameters} == {
        "0.weight", "0.bias", "2.weight", "2.bias",
    }  # fmt: skip


def test_shared_weights_are_one_parameter() -> None:
    torch.manual_seed(4)
    layer = nn.Linear(3, 3)
    for module in (nn.Sequential(layer, nn.Tanh(), layer), nn.Sequential(layer, nn.Tanh(), nn.Linear(3, 3))):
        module[2].weight, module[2].bias = layer.weight, layer.bias
        assert [p.key for p in agrees(nn.Sequential(*module, nn.Linear(3, 1))).parameters] == [
            "0.weight", "0.bias", "3.weight", "3.bias",
        ]  # fmt: skip


def test_a_frozen_layer_stays_as_it_is() -> None:
    torch.manual_seed(4)
    module = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
    module[0].requires_grad_(False)
    net = net_of(module, 3, "mse")
    assert [p.key for p in net.trained] == ["2.weight", "2.bias"]
    assert [p.key for p in net.parameters if not p.trained] == ["0.weight", "0.bias"] == [*net.frozen]
    assert [p.name for p in net.parameters] == ["W_1", "b_1", "W_2", "b_2"]  # they are weights as any others


def test_of_any_layer_any_parameter_may_be_frozen() -> None:
    torch.manual_seed(4)
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.LayerNorm(3), nn.Linear(3, 1))
    still = ("0.bias", "1.weight", "2.bias", "3.weight")
    for key in still:
        module.get_parameter(key).requires_grad_(False)
    net = agrees(module)
    assert net.frozen == still
    assert "1.running_mean" not in [p.key for p in net.trained]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_its_numbers_are_the_modules_to_the_last_bit(dtype: torch.dtype) -> None:
    torch.manual_seed(4)
    module = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)).to(dtype)
    net = net_of(module, 3, "mse")
    for p in net.parameters:
        assert net.start is not None
        assert torch.equal(torch.from_numpy(p.to_torch(net.start[p.name])), module.state_dict()[p.key].double())
    again = net.check_params({key: value.double() for key, value in module.state_dict().items()})
    assert all(np.array_equal(value, again[name]) for name, value in net.init().items())


def random_module(seed: int) -> nn.Module:
    """A module of random layers and branches, three columns in, one or three out."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    acts = [nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.GELU, nn.SiLU, nn.Softplus, lambda: nn.Softmax(dim=1)]

    class Random(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.plan: list[tuple[str, int]] = []
            self.layers = nn.ModuleList()
            self.coded = bool(rng.random() < 0.4)
            self.emb = nn.Embedding(4, 2) if self.coded else nn.Identity()
            width = 4 if self.coded else 3
            for _ in range(int(rng.integers(1, 4))):
                n = int(rng.integers(1, 7))
                self.layers.append(nn.Linear(width, n, bias=bool(rng.random() < 0.7)))
                norms: list[Callable[[], nn.Module]] = [nn.Identity, lambda n=n: nn.BatchNorm1d(n)]
                norms += [lambda: nn.Dropout(0.3)] + [lambda n=n: nn.LayerNorm(n)] * (n > 1)
                self.layers.append(norms[int(rng.integers(len(norms)))]())
                self.layers.append(acts[int(rng.integers(len(acts)))]())
                how = str(rng.choice(["on", "round", "beside", "times", "minus"]))
                self.plan.append((how, int(rng.integers(1, 4))))
                width = 2 * n if how == "beside" else n
            self.last = nn.Linear(width, 3 if seed % 5 == 4 else 1)

        def forward(self, x: Any) -> Any:
            h = torch.cat([self.emb(x[:, 0].long()), x[:, 1:]], dim=1) if self.coded else x
            for at, (how, number) in enumerate(self.plan):
                a = self.layers[3 * at](h)
                b = self.layers[3 * at + 2](self.layers[3 * at + 1](a))
                h = {
                    "on": lambda b=b: b, "round": lambda a=a, b=b: a + b, "times": lambda a=a, b=b: a * b / 2,
                    "beside": lambda a=a, b=b: torch.cat([a, b], 1), "minus": lambda b=b, k=number: k - b.square(),
                }[how]()  # fmt: skip
            return self.last(h)

    return Random()


@pytest.mark.parametrize("seed", range(60))
def test_a_random_module_is_what_torch_makes_of_it(seed: int) -> None:
    agrees(random_module(seed), loss=list(LOSSES)[seed % 5])


# ---- refusals


class Taking(nn.Module):
    """Two inputs."""

    def forward(self, x: Any, y: Any) -> Any:
        return x + y


class Nothing(nn.Module):
    """No input."""

    def forward(self) -> Any:
        return torch.zeros(3)


class Without(nn.Module):
    """A part of it without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 1)

    def forward(self, x: Any) -> Any:
        with torch.no_grad():
            h = self.a(x)
        return self.b(h)


class Predicting(nn.Module):
    """Another thing when predicting."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(3, 1)

    def forward(self, x: Any) -> Any:
        return self.a(x) if self.training else 2 * self.a(x)


def changed(module: nn.Module, change: Callable[[Any], Any]) -> nn.Module:
    """The module after a change."""
    change(module)
    return module


def spoilt(module: nn.Module) -> None:
    with torch.no_grad():
        module.weight[0, 1] = float("nan")


UNKNOWN = "this module does something that sheetnet does not know: on random rows "
REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "conv": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Conv2d(1, 2, 3)),
        r'layer "1" is nn\.Conv2d\(1, 2, .*: \(n, 4\) comes in, expected \(n, channels, .* take nn\.Unflatten',
    ),
    "lstm": (lambda: nn.LSTM(3, 2), r"the module is nn\.LSTM\(3, 2\): .* are no sequence"),
    "elu": (lambda: nn.Sequential(nn.ELU()), r'layer "0" is nn\.ELU.*take nn\.ReLU, nn\.LeakyReLU'),
    "norm of images": (lambda: nn.BatchNorm2d(3), r"nn\.BatchNorm2d.*; take nn\.BatchNorm1d"),
    "softplus": (lambda: nn.Softplus(2), "beta=2 and threshold=20.* are not known; take beta=1"),
    "momentum": (lambda: nn.BatchNorm1d(3, momentum=None), "momentum=None, .* take momentum=0.1"),
    "no running": (lambda: nn.BatchNorm1d(3, track_running_stats=False), "track_running_stats=False is not known"),
    "norm of two": (lambda: nn.LayerNorm((2, 3)), "it is over 2 dimensions"),
    "norm without bias": (lambda: nn.LayerNorm(3, bias=False), "bias=False is not known"),
    "softmax without dim": (lambda: nn.Softmax(), "dim=None is not known.*take dim=1"),
    "softmax of rows": (lambda: nn.Softmax(dim=0), "dim=0 is not known, as rows would mix"),
    "padding": (lambda: nn.Embedding(3, 2, padding_idx=0), "padding_idx=0 is not known; take padding_idx=None"),
    "max_norm": (lambda: nn.Embedding(3, 2, max_norm=1.0), "max_norm=1.0 is not known"),
    "codes": (lambda: nn.Embedding(3, 2), r"as in emb\(x\[:, 0\]\.long\(\)\)"),
    "all dropped": (lambda: nn.Dropout(1.0), "p=1 leaves nothing"),
    "two inputs": (Taking, r"forward\(x, y\) takes another number of inputs than one"),
    "no input": (Nothing, r"takes another number of inputs than one .*take one X \(n, columns\)"),
    "nan": (lambda: changed(nn.Linear(3, 1), spoilt), "Linear: weight has entries that are no finite numbers"),
    "complex": (lambda: nn.Linear(3, 1, dtype=torch.complex64), "weight is of torch.complex64"),
    "meta": (lambda: nn.Linear(3, 1, device="meta"), "on the device meta, without numbers"),
    "lazy": (lambda: nn.LazyLinear(2), "weight has no shape yet; give the module a batch once"),
    "large": (lambda: nn.Linear(300, 300), "90,300 parameters; at most 20,000"),
    "wide": (lambda: nn.Linear(3, 300), "300 columns wide, at most 256"),
    "other width": (lambda: nn.Sequential(nn.Linear(5, 1)), r'layer "0" is nn\.Linear.*it is for 5 columns, 3 come in'),
    "weight_norm": (
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 1))),
        'layer "0" .*a parametrization makes its parameters; remove it',
    ),
    "compiled": (lambda: torch.compile(nn.Linear(3, 1)), r"give the module within, model\._orig_mod"),
    "parallel": (lambda: nn.DataParallel(nn.Linear(3, 1)), r"give the module within, model\.module"),
    "script": (lambda: torch.jit.script(nn.Linear(3, 1)), "is a ScriptModule"),
    "hook": (
        lambda: changed(nn.Linear(3, 1), lambda m: m.register_forward_hook(lambda *_: None)),
        "a hook changes what goes through",
    ),
    "hook of a gradient": (
        lambda: changed(nn.Linear(3, 1), lambda m: m.weight.register_hook(lambda g: 2 * g)),
        "a hook changes the gradient of weight",
    ),
    "half shared": (
        lambda: changed(nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)), lambda m: setattr(m[1], "bias", m[0].bias)),
        'layer "1" .*: it shares its bias with another layer, but not all',
    ),
    "unused": (lambda: trimmed(lambda s, x: s.fc(x), "fc", "last"), "forward does not use last.weight, last.bias"),
    "no such layer": (lambda: trimmed(lambda s, x: s.nothing(x)), "cannot be followed .*no attribute 'nothing'"),
    "if": (lambda: trimmed(lambda s, x: x if x.sum() > 0 else -x), "control flow.*take no if, for"),
    "for": (lambda: trimmed(lambda s, x: sum(row for row in x)), "cannot be followed .*iterated"),
    "tuple": (lambda: trimmed(lambda s, x: (x, x)), "what comes out: found tuple, expected one tensor"),
    "dict": (lambda: trimmed(lambda s, x: {"a": x}), "what comes out: found immutable_dict, expected one tensor"),
    "nothing": (lambda: trimmed(lambda s, x: None), "found NoneType, expected one tensor"),
    "without x": (lambda: trimmed(lambda s, x: s.w + 1, "w"), "found what does not depend on x"),
    "clamp": (lambda: trimmed(lambda s, x: x.clamp(0, 1)), "clamp in the forward of Way: sheetnet does not know it"),
    "mean of rows": (lambda: trimmed(lambda s, x: x - x.mean(0)), "mean in the forward of Way: dim=0 .*rows would mix"),
    "all": (lambda: trimmed(lambda s, x: x.sum()), "sum in the forward of Way: dim=None"),
    "some rows": (lambda: trimmed(lambda s, x: x[:5]), r"rows of X would mix: n rows become the shape \(5, 3\)"),
    "reversed rows": (lambda: trimmed(lambda s, x: x[list(range(256, -1, -1))]), "rows of X would mix; take columns"),
    "one dimension": (lambda: trimmed(lambda s, x: x.view(-1)), r"become the shape \(771,\)"),
    "rows by rows": (
        lambda: trimmed(lambda s, x: x[:, 0] * s.fc(x), "fc"), r"\(n,\) and \(n, 4\) would become rows by rows",
    ),
    "alpha": (lambda: trimmed(lambda s, x: torch.add(x, x, alpha=2)), "called with alpha=2, which is not known"),
    "dtype": (lambda: trimmed(lambda s, x: x.sum(1, dtype=torch.float32)), "dtype=torch.float32, which is not known"),
    "half": (lambda: trimmed(lambda s, x: x.half()), "half in the forward of Way: sheetnet does not know it"),
    "huge": (lambda: trimmed(lambda s, x: x * 1e20), r"the number 1e\+20 is too large"),
    "power": (lambda: trimmed(lambda s, x: x**1.5), "the power 1.5 is not known"),
    "codes as numbers": (lambda: trimmed(lambda s, x: x[:, 0].long() * 2), "known as codes for nn.Embedding only"),
    "calculated codes": (
        lambda: trimmed(lambda s, x: s.emb((2 * x[:, 0]).long()), "emb"), 'layer "emb" .*its codes are calculated',
    ),
    "norm twice": (lambda: trimmed(lambda s, x: s.bn(s.bn(s.fc(x))), "fc", "bn"), 'layer "bn" .* it is used twice'),
    "a weight in two ways": (
        lambda: trimmed(lambda s, x: F.linear(s.fc(x), s.fc.weight.t()), "fc"), "fc.weight is used in two ways",
    ),
    "text": (lambda: trimmed(lambda s, x: x + "a"), "str is not known here"),
    "no numbers": (lambda: trimmed(lambda s, x: torch.sqrt(-x * x - 1)), "gives no finite number on random rows"),
    "always dropping": (lambda: trimmed(lambda s, x: F.dropout(x, 0.5)), "a dropout drops when predicting too"),
    "noise": (lambda: trimmed(lambda s, x: x + torch.rand(3)), UNKNOWN + "the values when predicting"),
    "in place": (
        lambda: trimmed(lambda s, x: (lambda h: F.relu(h, inplace=True) + h)(s.fc(x)), "fc"),
        UNKNOWN + "the values when predicting",
    ),
    "divided by rows": (lambda: trimmed(lambda s, x: x.sum(1) / x.shape[0]), UNKNOWN + "the values when predicting"),
    "without gradients": (Without, UNKNOWN + r"the gradient of a\.weight"),
    "predicting": (Predicting, UNKNOWN + "the values when predicting"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused_with_its_place(name: str) -> None:
    make, words = REFUSED[name]
    with pytest.raises(SheetnetError, match=words):
        net_of(make(), 3, "mse")


@pytest.mark.parametrize(
    ("last", "loss", "words"),
    [
        (nn.Sigmoid(), "bce_with_logits", "BCEWithLogitsLoss has the sigmoid in it: leave the last nn.Sigmoid out"),
        (nn.Softmax(dim=1), "cross_entropy", "CrossEntropyLoss takes scores and has the softmax in it"),
        (nn.LogSoftmax(dim=1), "cross_entropy", "CrossEntropyLoss is LogSoftmax and NLLLoss in one"),
    ],
)
def test_a_last_layer_that_the_loss_has_in_it_is_refused(last: nn.Module, loss: str, words: str) -> None:
    with pytest.raises(SheetnetError, match=words):
        net_of(nn.Sequential(nn.Linear(3, 2), last), 3, loss)
    assert net_of(nn.Sequential(nn.Linear(3, 1), nn.Sigmoid()), 3, "mse").n_outputs == 1


# ---- planted


PLANTED: dict[str, tuple[type[nn.Module], Callable[..., int]]] = {
    "another function": (nn.Tanh, lambda to, module, path, a: to.add(Activation("sigmoid"), a)),
    "a slope": (nn.LeakyReLU, lambda to, module, path, a: to.add(LeakyReLU(module.negative_slope + 1e-8), a)),
    "a factor": (nn.Tanh, lambda to, module, path, a: to.add(Combine("mul", 1 + 1e-9), value(to, a))),
    "gelu": (nn.GELU, lambda to, module, path, a: to.add(Activation("gelu_tanh"), a)),
    "a momentum": (
        nn.BatchNorm1d, lambda to, module, path, a: to.add(BatchNorm(4, 1e-5, 0.1001), a, key=to.key(module, path)),
    ),
    "an eps": (nn.LayerNorm, lambda to, module, path, a: to.add(LayerNorm(4, 1.1e-5), a, key=to.key(module, path))),
    "no dropout": (nn.Dropout, lambda to, module, path, a: a.step),
}  # fmt: skip


def value(to: Any, a: Any) -> Any:
    """tanh(a)."""
    return replace(a, step=to.add(Activation("tanh"), a))


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_translation_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, wrong = PLANTED[name]
    torch.manual_seed(1)
    made = {nn.BatchNorm1d: lambda: nn.BatchNorm1d(4), nn.LayerNorm: lambda: nn.LayerNorm(4)}.get(kind, kind)
    module = nn.Sequential(nn.Linear(3, 4), made(), nn.Linear(4, 1))
    net_of(module, 3, "mse")
    monkeypatch.setitem(torch_calls.LAYERS, kind, wrong)
    with pytest.raises(SheetnetError, match="this module does something that sheetnet does not know"):
        net_of(module, 3, "mse")


def test_it_is_proved_on_the_tables_rows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    beyond = trimmed(lambda s, x: s.fc(x) + torch.relu(x[:, 0:1] - 1000), "fc")
    honest = torch_calls.FUNCTIONS[torch.relu]
    assert net_of(beyond, 3, "mse", X=np.full((5, 3), 2000.0)).n_outputs == 4
    monkeypatch.setitem(torch_calls.FUNCTIONS, torch.relu, lambda to, a: to.add(Combine("mul", 0.0), a))
    assert net_of(beyond, 3, "mse").n_outputs == 4  # on random rows nothing is beyond
    with pytest.raises(SheetnetError, match="this module does something"):
        net_of(beyond, 3, "mse", X=np.full((5, 3), 2000.0))
    monkeypatch.setitem(torch_calls.FUNCTIONS, torch.relu, honest)


def test_a_weight_of_two_layers_is_learnt_as_one() -> None:
    """Tied weights: torch.optim on the module itself is the referee."""

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(3)
            self.into, self.back = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
            self.back.weight = self.into.weight
            self.last = nn.Linear(3, 1)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.last(self.back(torch.relu(self.into(x))))
            return out

    table = sn.table(X3, X3[:, 0] - X3[:, 1], scale="none")
    own, found = Tied().double(), []
    optimiser = torch.optim.SGD(own.parameters(), lr=0.01)
    for _ in range(21):
        loss = F.mse_loss(own(torch.tensor(np.array(table.X))), torch.tensor(np.array(table.y)).reshape(-1, 1))
        found.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    np.testing.assert_allclose(sn.train(Tied(), table, epochs=20, lr=0.01).losses, found, rtol=1e-12)
