"""Lesson 13 in torch: loops through time, autograd for every slope, clip_grad_norm_, GRUCell, SGD; found apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_
from torch.optim import SGD

from sheetnet.models.twins import one_thread

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]
GONE, POWER, LAGS, KNOWN = 100.0, 9, 3, 30


@one_thread()
def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    pages = (_memory, _unrolled, _backwards, _vanish, _clip, _gate, _remember, _series)
    said: Said = {}
    for page in pages:
        said |= {f"{page.__name__[1:]}.{id}": value for id, value in page(given).items()}
    return said


def slopes(of: Tensor, at: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The slope of a number in each of some tensors, by autograd; 0 where it does not depend on one."""
    return torch.autograd.grad(of, list(at), retain_graph=True, materialize_grads=True)


def run(x: Tensor, w: Tensor, u: Tensor, bend: Callable[[Tensor], Tensor] = torch.tanh) -> tuple[list[Tensor], ...]:
    """The sums before bending and the memories of a plain unit, one for each row of x; a memory of 0 comes before."""
    sums, h = [], [torch.zeros_like(x[:1])]
    for now in x:
        sums.append(w * h[-1] + u * now[None])
        h.append(bend(sums[-1]))
    return sums, h


def leaf(value: Tensor) -> Tensor:
    return value.clone().requires_grad_()


def _memory(given: Given) -> Said:
    x, w, u = (given[f"memory.{id}"] for id in ("x", "w", "u"))
    out = {"plain": torch.cat(run(x, w, u, lambda a: a)[1][1:]), "tanh": torch.cat(run(x, w, u)[1][1:])}
    both = torch.cat([out["plain"], out["tanh"]], dim=1)
    return out | {"first": both[:1], "later": both[10:11], "over": (both.abs() > 0.1).double().sum(0, keepdim=True)}


def _chain(given: Given, w: Tensor, u: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor], Tensor]:
    """The six inputs of Unrolled, sums, memories and loss for these weights."""
    x = torch.cat([given[f"unrolled.x_{t}"] for t in range(1, 7)])
    sums, h = run(x, w, u)
    return x, sums, h, mse_loss(h[-1], given["unrolled.y"])


def _unrolled(given: Given) -> Said:
    _, _, h, loss = _chain(given, given["unrolled.w"], given["unrolled.u"])
    return {f"h_{t}": one for t, one in enumerate(h) if t} | {"pred": h[-1], "loss": loss}


def _backwards(given: Given) -> Said:
    w, u, wiggle = leaf(given["unrolled.w"]), leaf(given["unrolled.u"]), given["backwards.wiggle"]
    x, sums, h, loss = _chain(given, w, u)
    d_h, d_a = torch.cat(slopes(loss, h[1:])), torch.cat(slopes(loss, sums))
    copies = [leaf(w.detach().expand(6, 1)), leaf(u.detach().expand(6, 1))]  # a weight of its own for each step
    at: Tensor = torch.zeros_like(w)
    for t in range(6):
        at = torch.tanh(copies[0][t] * at + copies[1][t] * x[t])
    share_w, share_u = slopes(mse_loss(at, given["unrolled.y"]), copies)
    wiggled = []
    for by in ((wiggle, 0 * wiggle), (0 * wiggle, wiggle)):
        up, down = (_chain(given, w + sign * by[0], u + sign * by[1])[-1] for sign in (1, -1))
        wiggled.append((up - down) / (2 * wiggle))
    grad, wiggle_grad = torch.cat(slopes(loss, [w, u]), dim=1), torch.cat(wiggled, dim=1)
    flat = torch.cat([slopes(torch.tanh(a), [a])[0] for a in sums])
    out = {"x": x, "before": torch.cat(h[:-1]), "h": torch.cat(h[1:]), "d_h": d_h, "flat": flat, "d_a": d_a}
    out |= {"share_w": share_w, "share_u": share_u, "grad": grad, "wiggled": wiggle_grad}
    return out | {"apart": (wiggle_grad - grad).abs()}


def _vanish(given: Given) -> Said:
    ws = torch.cat([given[f"vanish.w_{j}"] for j in (1, 2, 3)], dim=1)
    begin, last = leaf(given["vanish.begin"]), len(given["vanish.back"]) - 1
    h = [leaf(torch.ones_like(ws))]
    for _ in range(last):
        h.append(ws * h[-1])
    powers = torch.cat(slopes(h[-1].sum(), h)[::-1])
    bent = [begin]
    for _ in range(last):
        bent.append(torch.tanh(ws[:, 2:] * bent[-1]))
    left = torch.cat([slopes(one, [begin])[0] for one in bent])
    out = {"powers": powers, "left": left, "h": torch.cat(bent)}
    return out | {f"left_{k}": torch.cat([powers[k : k + 1], left[k : k + 1]], dim=1) for k in (10, 20, last)}


def _clip(given: Given) -> Said:
    y, most, places = (given[f"clip.{id}"] for id in ("y", "most", "places"))
    start = torch.cat([given["clip.w_start"], given["clip.u_start"]], dim=1)
    steps = len(given["clip.steps"]) - 1
    out = {
        "curve": (start[:, 1:] * places**POWER - y).square(),
        "first": (start[:, 1:] * start[:, :1] ** POWER - y) ** 2,
    }
    for key in ("plain", "clip", "small"):
        w, u = weights = [nn.Parameter(start[:, j : j + 1].clone()) for j in range(2)]
        optimiser = SGD(weights, lr=given["clip.small" if key == "small" else "clip.lr"].item())
        path, norms = [start], []
        for _ in range(steps):
            if abs(w.item()) > GONE:
                norms.append(torch.zeros_like(most[0, 0]))
            else:
                optimiser.zero_grad()
                mse_loss(u * w**POWER, y).backward()  # type: ignore[no-untyped-call]
                norms.append(clip_grad_norm_(weights, most.item() if key == "clip" else torch.inf))
                optimiser.step()
            path.append(torch.cat([w, u], dim=1).detach())
        way = torch.cat(path)
        out |= {f"w_{key}": way[:, :1], f"u_{key}": way[:, 1:], f"norm_{key}": torch.stack(norms)[:, None]}
        out[f"far_{key}"] = way[[1, 5, steps], :1].T
    return out | {"norm": out["norm_clip"][0], "factor": (most / (out["norm_clip"][0] + 1e-6)).clamp(max=1)}


def unit(u: Tensor, a: Tensor, b: Tensor) -> nn.GRUCell:
    """torch's GRU of one unit whose reset gate is wide open, its candidate blind to the memory: inputs x and mark.

    Its gate says what is kept: 1 - z.
    """
    cell = nn.GRUCell(2, 1, dtype=torch.float64)
    zero = torch.zeros_like(u)
    rows = [torch.cat(pair, dim=1) for pair in ((zero, zero), (zero, -a), (u, zero))]
    made = {"weight_ih": torch.cat(rows), "weight_hh": torch.zeros(3, 1, dtype=torch.float64)}
    made |= {"bias_ih": torch.cat([zero + 40, -b, zero])[:, 0], "bias_hh": torch.zeros(3, dtype=torch.float64)}
    for name in made:
        delattr(cell, name)
        setattr(cell, name, made[name])  # no copies: slopes go on to u, a and b
    return cell


def kept(cell: nn.GRUCell, x: Tensor, mark: Tensor) -> list[Tensor]:
    """The memories (1, n) of a gated unit, one for each row of x (T, n) and mark (T, 1); 0 comes before."""
    h = [torch.zeros_like(x[:1])]
    for now, at in zip(x, mark, strict=True):
        both = torch.stack([now, at.expand(len(now))], dim=1)
        h.append(cell(both, h[-1].T).T)
    return h


def _gate(given: Given) -> Said:
    x, mark = given["gate.x"], given["gate.mark"]
    w, v = (given[f"gate.plain_{id}"] for id in ("w", "u"))
    u, a, b = (given[f"gate.gated_{id}"] for id in ("u", "a", "b"))
    begin = [leaf(run(x[:1], w, v)[1][1]), leaf(kept(unit(u, a, b), x[:1], mark[:1])[1])]
    plain, gated = [begin[0]], [begin[1]]
    for t in range(1, len(x)):
        plain.append(torch.tanh(w * plain[-1] + v * x[t]))
        gated.append(unit(u, a, b)(torch.cat([x[t], mark[t]])[None], gated[-1]))
    out = {"z": torch.sigmoid(a * mark + b), "c": torch.tanh(u * x)}
    for key, h, first in zip(("plain", "gated"), (plain, gated), begin, strict=True):
        out |= {f"h_{key}": torch.cat(h), f"left_{key}": torch.cat([slopes(one, [first])[0] for one in h])}
    out |= {"h_last": torch.cat([plain[-1], gated[-1]], dim=1), "open": out["z"][0], "shut": out["z"][1]}
    return out | {"slope_last": torch.cat([out["left_plain"][-1:], out["left_gated"][-1:]], dim=1)}


def _remember(given: Given) -> Said:
    X, mark, epoch = given["remember.X"], given["remember.marks"], int(given["remember.epoch"].item())
    n_epochs, out, most = len(given["remember.epochs"]), dict[str, Tensor](), given["remember.most"].item()
    for key in ("plain", "gated"):
        P = nn.Parameter(given[f"remember.{key}_start"].clone())
        optimiser, losses = SGD([P], lr=given[f"remember.lr_{key}"].item()), []
        for k in range(n_epochs):
            p = P.T[:, None].unbind() if key == "plain" else P[0][:, None, None].unbind()
            band = {"P": P.detach().clone()}
            if key == "plain":
                sums, h = run(X, p[0], p[1])
            else:
                h = kept(unit(*p), X, mark)
                band |= {"z": torch.sigmoid(p[1] * mark + p[2]), "C": torch.tanh(p[0] * X)}
            loss = mse_loss(h[-1], X[:1])
            band["D"] = torch.cat(slopes(loss, sums if key == "plain" else h[1:]))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            assert P.grad is not None
            band |= {"H": torch.cat(h[:-1]), "last": h[-1], "grad": P.grad.clone()}
            clip_grad_norm_([P], most)
            optimiser.step()
            losses.append(loss)
            out |= {f"{key}.{lane}.{k}": value for lane, value in band.items()}
        out |= {f"loss_{key}": torch.stack(losses)[:, None], f"then_{key}": out[f"{key}.P.{epoch}"]}
    both = torch.cat([out["loss_plain"], out["loss_gated"]], dim=1)
    out |= {"then": both[epoch : epoch + 1], "begin": both[:1], "end": both[-1:]}
    (_, a, b) = out["then_gated"][0]
    return out | {"doors": torch.sigmoid(torch.stack([a + b, b]))[None], "both": given["remember.epoch"].repeat(1, 2)}


def _series(given: Given) -> Said:
    y, epoch, most = given["series.y"], int(given["series.epoch"].item()), given["series.most"].item()
    known, out, losses = y[:KNOWN], dict[str, Tensor](), []
    weights = {key: nn.Parameter(given[f"series.{key}.0"].clone()) for key in "UWbV"}
    optimiser = SGD(weights.values(), lr=given["series.lr"].item())
    for k in range(len(given["series.epochs"])):
        sums, h = _net(known[:-1], weights)
        pred = torch.cat(h) @ weights["V"]
        loss = mse_loss(pred[LAGS:], known[LAGS:])
        off, *d = slopes(loss, [pred, *sums])
        optimiser.zero_grad()
        band = {key: one.detach().clone() for key, one in weights.items()}
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_grad_norm_(weights.values(), most)
        optimiser.step()
        losses.append(loss)
        band |= {"H": torch.cat(h), "pred": pred, "off": off, "D": torch.cat([*d, torch.zeros_like(d[0])])}
        band["factor"] = (most / (norm + 1e-6)).clamp(max=1)
        out |= {f"{lane}.{k}": value for lane, value in band.items()}
    then = {key: out[f"{key}.{epoch}"] for key in "UWbV"}
    h = _net(y[:-1], then)[1]
    before = torch.stack([y[LAGS - k : len(y) - k, 0] for k in range(1, LAGS + 1)], dim=1)
    X = torch.cat([torch.zeros(LAGS, 4, dtype=y.dtype), torch.cat([before, torch.ones_like(y[LAGS:])], dim=1)])
    best = torch.linalg.lstsq(X[LAGS:KNOWN], y[LAGS:KNOWN], driver="gelsd").solution
    ahead = {"last": torch.cat([0 * y[:1], y[:-1]]), "line": X @ best, "net": torch.cat(h) @ then["V"]}
    memory, nets, lines = h[KNOWN], [], [*known[-LAGS:]]
    for _ in y[KNOWN:]:
        nets.append(memory @ then["V"])
        memory = torch.tanh(nets[-1] @ then["U"] + memory @ then["W"] + then["b"])
        lines.append(torch.cat([*lines[: -LAGS - 1 : -1], torch.ones(1, dtype=y.dtype)]) @ best)
    alone = {"last": known[-1:].repeat(len(y) - KNOWN, 1), "line": torch.stack(lines[LAGS:]), "net": torch.cat(nets)}
    curve = torch.stack(losses)[:, None]
    out |= {"memories": torch.cat(h), "X": X, "best": best, "truth": y[KNOWN:], "known": known, "losses": curve}
    out |= {f"now_{key}": one for key, one in then.items()} | {"loss_then": curve[epoch]}
    for key, said in ahead.items():
        far = [
            mse_loss(said[LAGS:KNOWN], y[LAGS:KNOWN]),
            mse_loss(said[KNOWN:], y[KNOWN:]),
            mse_loss(alone[key], y[KNOWN:]),
        ]
        out |= {f"ahead_{key}": said, f"alone_{key}": alone[key], f"far_{key}": torch.stack(far)[None]}
    return out | {"levels": out["far_line"][:, :1].repeat(2, 1)}


def _net(x: Tensor, weights: Given) -> tuple[list[Tensor], list[Tensor]]:
    """The sums before tanh (1, 3), one for each row of x, and the memories, of which 0 comes first."""
    sums, h = [], [torch.zeros_like(weights["b"])]
    for now in x:
        sums.append(now[None] @ weights["U"] + h[-1] @ weights["W"] + weights["b"])
        h.append(torch.tanh(sums[-1]))
    return sums, h
