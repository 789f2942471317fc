"""Random small nets with data: depth to 3, widths to 6, every layer and every loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sheetnet.models import layers as L
from sheetnet.models.convolution import Conv, MaxPool, MeanPool
from sheetnet.models.layer import Layer
from sheetnet.models.losses import LOSSES
from sheetnet.models.net import Net, Step
from sheetnet.models.norms import BatchNorm, Embedding, LayerNorm

ROWS = 12
SMOOTH = ("sigmoid", "tanh", "gelu", "gelu_tanh", "silu", "softplus", "softmax", "log_softmax", "sin", "cos")
AFTER = ("relu", *SMOOTH, "abs", "square", "identity", "neg")


@dataclass(frozen=True)
class Case:
    """A net, its start parameters and masks, X (12, p) and y (12, 1)."""

    net: Net
    params: dict[str, np.ndarray]
    masks: dict[str, np.ndarray]
    X: np.ndarray
    y: np.ndarray


def random_case(seed: int) -> Case:
    """A case; the same for the same seed. Kinks (relu, abs) are met at random places, as in life."""
    rng = np.random.default_rng(seed)
    loss = list(LOSSES)[seed % len(LOSSES)]
    coded = bool(rng.random() < 0.3)
    X, y = random_rows(rng, loss, coded)
    net = random_net(rng, X.shape[1], coded, loss, "net", f"Net {seed}")
    return Case(net, net.init(seed), net.draw_masks(ROWS, seed), X, y)


def random_rows(rng: np.random.Generator, loss: str, coded: bool) -> tuple[np.ndarray, np.ndarray]:
    """X (12, p) and y (12, 1) that suit a loss; coded: the first column holds codes 0, 1 and 2."""
    X = np.round(rng.uniform(-2, 2, (ROWS, int(rng.integers(2, 5)))), 3)
    if coded:
        X[:, 0] = rng.permutation([0, 1, 2] * (ROWS // 3))
    if loss in ("mse", "mae", "huber"):
        return X, np.round(rng.uniform(-1, 1, (ROWS, 1)), 3)
    classes = 3 if loss == "cross_entropy" else 2
    return X, rng.permutation(np.arange(ROWS) % classes)[:, None].astype(float)


def random_net(rng: np.random.Generator, p: int, coded: bool, loss: str, name: str, title: str) -> Net:
    """A net for p columns, of which the first holds codes where coded."""
    width = p
    steps: list[Step] = []

    def add(layer: Layer, *sources: int) -> int:
        steps.append(Step(layer, sources, f"net.{len(steps)}"))
        return len(steps)

    last = 0
    if coded:
        code = add(L.Columns(0, 1), 0)
        size = int(rng.integers(1, 4))
        embedded = add(Embedding(3, size), code)
        rest = add(L.Columns(1, p - 1), 0)
        last, width = add(L.Concat(), embedded, rest), size + p - 1
    for _ in range(int(rng.integers(0, 4))):
        n, kind = int(rng.integers(1, 7)), int(rng.integers(0, 10))
        last = add(L.Dense(width, n, bool(rng.random() < 0.8) and kind != 0), last)  # a norm takes a bias away
        width = n
        if kind == 0:
            last = add(BatchNorm(width), last)
        elif kind == 1 and width > 1:
            last = add(LayerNorm(width), last)
        elif kind == 2:
            last = add(L.Dropout(0.25), last)
        elif kind == 3:
            last = add(L.LeakyReLU(0.1), last)
        if kind == 4:  # two branches
            left, right = add(L.Activation("tanh"), last), add(L.Activation("sigmoid"), last)
            last = add(L.Combine(str(rng.choice(L.ARITHMETIC[:3]))), left, right)
        elif kind == 5:
            last = add(L.Combine("div", 2.0, False), last)
        elif kind == 6:  # a parameter of the module's own
            row = add(L.Row(width, dims=int(rng.integers(1, 3)), trained=bool(rng.random() < 0.5)), 0)
            last = add(L.Combine("mul"), last, row)
        elif kind == 7:
            n = int(rng.integers(1, 3))
            dims = 2 if n > 1 or rng.random() < 0.5 else 1
            last = add(L.Product(width, n, turned=dims == 1 or bool(rng.random() < 0.5), dims=dims), last)
            width = n
        else:
            among = AFTER if width > 1 else tuple(name for name in AFTER if "softmax" not in name)  # else 1 or 0
            last = add(L.Activation(str(rng.choice(among))), last)
    if width in (4, 6):  # pictures of two rows
        cols, kind = width // 2, MaxPool if len(steps) % 2 else MeanPool
        last = add(Conv(1, 2, cols, 2, 2, 1, 1, 1, 0, filters=2), last)
        last, width = add(kind(2, 3, cols - 1, 2, 1, 1, 1), last), 4 * (cols - 1)
    outputs = 3 if loss == "cross_entropy" else 1
    summed = "softmax" not in str(steps[-1].layer) if steps else False
    if outputs == 1 and width > 1 and len(steps) > 3 and summed and rng.random() < 0.2:
        last = add(L.SumColumns(mean=bool(rng.random() < 0.5)), last)
    else:
        last = add(L.Dense(width, outputs), last)
    return Net(name, title, p, tuple(steps), loss)
