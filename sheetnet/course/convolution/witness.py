"""Lesson 12 in torch: conv2d, max_pool2d and autograd; the same numbers, found apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, conv2d, max_pool2d, mse_loss, pad, unfold

from sheetnet.models.twins import one_thread

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]


@one_thread()
def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    said = {
        "slide": _slide(given),
        "filters": _filters(given),
        "product": _product(given),
        "sizes": _sizes(given),
        "sharing": _sharing(given),
        "shift": _shift(given),
        "find": _find(given),
        "bars": _bars(given),
        "learn": _learn(given),
    }
    return {f"{page}.{id}": value for page, blocks in said.items() for id, value in blocks.items()}


def slid(picture: Tensor, taps: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """What a filter answers at each place, (h, w) -> (h', w')."""
    return conv2d(picture[None, None], taps[None, None], stride=stride, padding=padding)[0, 0]


def windows(picture: Tensor) -> Tensor:
    """Each window of 3 x 3 as a row."""
    return unfold(picture[None, None], 3)[0].T


def downhill(parameters: Iterable[Tensor], rate: Tensor) -> None:
    """A step: each parameter less its gradient times the rate. torch.optim would take longer to load than all the rest."""
    with torch.no_grad():
        for one in parameters:
            assert one.grad is not None
            one -= rate.item() * one.grad
            one.grad = None


def _at(given: Given, id: str) -> int:
    return int(given[id].item())


def _slide(given: Given) -> Said:
    picture, taps = given["slide.picture"], given["slide.taps"]
    i, j = _at(given, "slide.row") - 1, _at(given, "slide.col") - 1
    window, out = picture[i : i + 3, j : j + 3], slid(picture, taps)
    said = {"window": window, "each": window * taps, "out": out}
    return said | dict.fromkeys(("by_sum", "by_product"), out[i, j])


def _filters(given: Given) -> Said:
    said = {
        f"out_{key}": slid(given["slide.picture"], given[f"filters.{key}"])
        for key in ("vertical", "horizontal", "blur")
    }
    return said | {"picture": given["slide.picture"]}


def _product(given: Given) -> Said:
    picture, taps = given["slide.picture"], given["slide.taps"]
    out = slid(picture, taps).reshape(-1, 1)
    number = 6 * (given["slide.row"] - 1) + given["slide.col"]
    return {
        "patches": windows(picture),
        "column": taps.reshape(-1, 1),
        "product": out,
        "slid": out,
        "apart": 0 * out,
        "number": number,
    }


def _sizes(given: Given) -> Said:
    picture, taps, (n, k, p, s) = given["slide.picture"], given["slide.taps"], (given[f"sizes.{id}"] for id in "nkps")
    starts, room = given["sizes.starts"], n + 2 * p - k
    fits = (starts * s <= room).double()
    plain = slid(picture, taps).relu()
    return {
        "padded": pad(picture, (1, 1, 1, 1)), "same_size": slid(picture, taps, padding=1), "rectified": plain,
        "strided": slid(picture, taps, 2), "pooled": max_pool2d(plain[None], 2)[0], "by_formula": room / s + 1,
        "fitting": fits.sum(), "fits": fits,
    }  # fmt: skip


def _sharing(given: Given) -> Said:
    part, taps, n = given["slide.picture"][1:6, 1:6], given["slide.taps"], given["sharing.side"]
    spots = torch.eye(25, dtype=torch.float64).reshape(25, 1, 5, 5)  # a linear map is what it does to each pixel
    dense = conv2d(spots, taps[None, None]).reshape(25, 9).T
    out = slid(part, taps).reshape(-1, 1)
    said = {"flat": part.reshape(1, -1), "dense": dense, "product": out}
    pixels, outputs = n**2, (n - 2) ** 2
    return said | {
        "pixels": pixels,
        "outputs": outputs,
        "of_dense": (pixels + 1) * outputs,
        "of_conv": torch.full((1, 1), 10.0),
    }


def _moved(a: Tensor, down: int, right: int) -> Tensor:
    n = len(a)
    framed = pad(a, (n, n, n, n))
    return framed[n - down : 2 * n - down, n - right : 2 * n - right]


def _shift(given: Given) -> Said:
    picture, taps = given["slide.picture"], given["slide.taps"]
    by = _at(given, "shift.down"), _at(given, "shift.right")
    moved, before = _moved(picture, *by), slid(picture, taps)
    output, after = slid(moved, taps), _moved(before, *by)
    said = {"picture": moved, "output": output, "moved": after, "gap": output - after}
    return said | {
        "before": before.max(),
        "after": output.max(),
        "equal": ((output - after).abs() <= 1e-9).sum().double(),
    }


def _find(given: Given) -> Said:
    picture, wanted = given["find.picture"], slid(given["find.picture"], given["find.hidden"])
    taps = nn.Parameter(given["find.start"].reshape(1, 1, 3, 3).clone())
    seen, losses = list[Tensor](), list[Tensor]()
    for _ in given["find.epochs"]:
        loss = mse_loss(conv2d(picture[None, None], taps)[0, 0], wanted)
        seen.append(taps.detach().reshape(1, 9).clone())
        losses.append(loss.detach().reshape(1, 1))
        loss.backward()  # type: ignore[no-untyped-call]
        downhill([taps], given["find.lr"])
    at, patches = _at(given, "find.epoch"), windows(picture)
    found = seen[at].reshape(3, 3)
    return {
        "wanted": wanted, "y": wanted.reshape(-1, 1), "patches": patches, "taps": torch.cat(seen), "losses": torch.cat(losses),
        "then": seen[at], "loss": losses[at], "found": found, "output": slid(picture, found),
        "exact": torch.linalg.lstsq(patches, wanted.reshape(-1, 1), driver="gelsd").solution,
    }  # fmt: skip


def _bars(given: Given) -> Said:
    said = {"share": torch.kron(torch.eye(12, dtype=torch.float64), torch.full((16, 1), 1 / 16, dtype=torch.float64))}
    for part in ("given", "kept"):
        pictures = given[f"bars.{part}"].reshape(-1, 6, 6)
        said[f"patches_{part}"] = torch.cat([windows(one) for one in pictures])
        said |= {f"{part}_{i}": one for i, one in enumerate(pictures, start=1)}
    return said


class Net(nn.Module):
    """A convolution, ReLU, the mean over all places, and a line."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.conv, self.line = nn.Conv2d(1, 1, 3), nn.Linear(1, 1)
        self.double()
        starts = {self.conv.weight: "start", self.conv.bias: "b", self.line.weight: "w", self.line.bias: "c"}
        with torch.no_grad():
            for parameter, id in starts.items():
                assert parameter is not None
                parameter.copy_(given[f"learn.{id}"].reshape(parameter.shape))

    def answer(self, pictures: Tensor) -> Tensor:
        """(n, 6, 6) -> (n, 4, 4)."""
        out: Tensor = self.conv(pictures[:, None])[:, 0].relu()
        return out

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 6, 6) -> scores (n, 1)."""
        out: Tensor = self.line(self.answer(pictures).mean((1, 2))[:, None])
        return out


def _learn(given: Given) -> Said:
    net = Net(given)
    parts = {part: given[f"bars.{part}"].reshape(-1, 6, 6) for part in ("given", "kept")}
    y, mine, at = given["bars.kind"].T, given["learn.mine"], _at(given, "learn.epoch")
    seen = dict[str, list[Tensor]]()
    said: Said = {"first": given["learn.start"].reshape(1, 9)}
    for epoch in range(len(given["learn.epochs"])):
        scores = {part: net(pictures) for part, pictures in parts.items()}
        means = net.answer(parts["given"]).mean((1, 2))
        scores["given"].retain_grad()
        losses = {part: binary_cross_entropy_with_logits(score, y) for part, score in scores.items()}
        losses["given"].backward()  # type: ignore[no-untyped-call]
        slope = scores["given"].grad
        assert slope is not None
        assert net.conv.bias is not None
        now = {"taps": net.conv.weight.reshape(1, 9), "b": net.conv.bias, "w": net.line.weight, "c": net.line.bias}
        now |= {f"losses_{part}": loss for part, loss in losses.items()}
        now |= {f"rights_{part}": ((score > 0) == (y == 1)).double().mean() for part, score in scores.items()}
        now |= {"answers": means[None], "ds": slope.T}
        for id, value in now.items():
            seen.setdefault(id, []).append(value.detach().clone().reshape(1, -1))
        if epoch == at:
            said |= {"answer": net.answer(mine[None])[0].detach(), "says": net(mine[None]).sigmoid().detach()}
        downhill(net.parameters(), given["learn.lr"])
    said |= {f"{id}s" if len(id) == 1 else id: torch.cat(rows) for id, rows in seen.items()}
    said |= {id: said[id][:-1] for id in ("answers", "ds")}
    said |= {"then" if id == "taps" else f"{id}_then": seen[id][at] for id in ("taps", "b", "w", "c")}
    said |= {
        f"{one}_{part}": seen[f"{many}_{part}"][at]
        for one, many in (("loss", "losses"), ("right", "rights"))
        for part in parts
    }
    return said | {"found": seen["taps"][at].reshape(3, 3)}
