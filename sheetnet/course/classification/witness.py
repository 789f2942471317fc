"""Lesson 9 in torch: its losses, autograd and SGD, its softmax, logsumexp and Categorical; the same numbers, found apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, mse_loss, one_hot
from torch.optim import SGD

from sheetnet.models.twins import one_thread

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]
Loss = Callable[[Tensor], Tensor]
KINDS = "ABC"
AWAY = -9.0


@one_thread()
def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    said = {
        "sigmoid": _sigmoid(given),
        "losses": _losses(given),
        "descent": _descent(given),
        "softmax": _softmax(given),
        "large": _large(given),
        "classes": _classes(given),
    }
    said["threshold"] = _threshold(given, said["descent"])
    return {f"{page}.{id}": value for page, blocks in said.items() for id, value in blocks.items()}


def slope(of: Loss, at: Tensor) -> Tensor:
    """The gradient of a loss there, by autograd."""
    leaf = at.clone().requires_grad_()
    (found,) = torch.autograd.grad(of(leaf).sum(), leaf)
    return found


def away(here: Tensor, height: Tensor) -> Tensor:
    return torch.where(here, height, AWAY)


def unsure(scores: Tensor) -> Tensor:
    """The entropy of each row's softmax."""
    found: Tensor = Categorical(logits=scores).entropy()  # type: ignore[no-untyped-call]
    return found


def _sigmoid(given: Given) -> Said:
    w, b, x, ill = (given[f"sigmoid.{id}"] for id in ("w", "b", "x", "y"))
    one = w * given["sigmoid.value"] + b
    score, drawn = x @ w + b, given["sigmoid.values"] @ w + b
    pred = torch.sigmoid(score)
    out = {"one_score": one, "one_power": (-one).exp(), "one_below": 1 + (-one).exp(), "one_pred": torch.sigmoid(one)}
    out |= {"half": -b / w, "right": ((pred >= 0.5) == (ill == 1)).double().mean(), "score": score, "pred": pred}
    out |= {"healthy": away(ill == 0, torch.zeros_like(ill)), "ill": away(ill == 1, torch.ones_like(ill))}
    return out | {"curve_score": drawn, "curve": torch.sigmoid(drawn)}


def _losses(given: Given) -> Said:
    y, score, wiggle, scores = (given[f"losses.{id}"] for id in ("y", "score", "wiggle", "scores"))
    of_pred: dict[str, Loss] = {
        "squared": lambda p: mse_loss(p, y.expand_as(p), reduction="none"),
        "entropy": lambda p: binary_cross_entropy(p, y.expand_as(p), reduction="none"),
    }
    of_score: dict[str, Loss] = {
        "squared": lambda s: of_pred["squared"](torch.sigmoid(s)),
        "entropy": lambda s: binary_cross_entropy_with_logits(s, y.expand_as(s), reduction="none"),
    }
    pred, flat = torch.sigmoid(score), slope(torch.sigmoid, score)
    both = [of_score["squared"], of_score["entropy"]]
    slopes = torch.cat([slope(of, score) for of in both], dim=1)
    wiggled = torch.cat([(of(score + wiggle) - of(score - wiggle)) / (2 * wiggle) for of in both], dim=1)
    out = {"pred": pred, "error": pred - y, "both": score.repeat(1, 2), "flat": flat.repeat(1, 2)}
    out |= {"loss": torch.cat([of(score) for of in both], dim=1), "slope": slopes, "wiggled": wiggled}
    out |= {
        "in_pred": torch.cat([slope(of, pred) for of in of_pred.values()], dim=1),
        "apart": (wiggled - slopes).abs(),
    }
    out |= {"curve_pred": torch.sigmoid(scores), "curve_flat": slope(torch.sigmoid, scores)}
    for key, of in of_score.items():
        out |= {f"curve_{key}": of(scores), f"curve_{key}_slope": slope(of, scores)}
    return out


def run(loss: Loss, start: Tensor, rate: float, epochs: int) -> list[Tensor]:
    """The weights at each epoch of torch's SGD, the first included."""
    weights = nn.Parameter(start.clone())
    optimiser, seen = SGD([weights], lr=rate), [start]
    for _ in range(epochs):
        optimiser.zero_grad()
        loss(weights).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        seen.append(weights.detach().clone())
    return seen


def _descent(given: Given) -> Said:
    ill, epoch = given["sigmoid.y"], int(given["descent.epoch"].item())
    X = torch.cat([given["sigmoid.x"], torch.ones_like(ill)], dim=1)
    losses: dict[str, Loss] = {
        "squared": lambda w: mse_loss(torch.sigmoid(X @ w.T), ill),
        "entropy": lambda w: binary_cross_entropy_with_logits(X @ w.T, ill),
    }
    out = {"X": X, "both": given["descent.epoch"].repeat(1, 2)}
    for key, loss in losses.items():
        w = torch.cat(
            run(loss, given["descent.start"], given[f"descent.lr_{key}"].item(), len(given["descent.epochs"]) - 1)
        )
        preds = torch.sigmoid(X @ w.T)
        out |= {f"w_{key}": w, f"far_{key}": (preds - ill).square().mean(0)[:, None]}
        right = ((preds >= 0.5) == (ill == 1)).double().mean(0)[:, None]
        out[f"right_{key}"] = torch.where(preds.isfinite().all(0)[:, None], right, torch.nan)
    for what in ("far", "right"):
        runs = torch.cat([out[f"{what}_{key}"] for key in losses], dim=1)
        out |= {f"{what}_then": runs[epoch : epoch + 1], f"{what}_end": runs[-1:]}
    return out


def _threshold(given: Given, descent: Said) -> Said:
    ill, threshold, many = given["sigmoid.y"], given["threshold.threshold"], given["threshold.steps"]
    pred = torch.sigmoid(descent["X"] @ descent["w_entropy"][-1:].T)
    called = (pred >= threshold).double()
    pairs = torch.cat([ill, called], dim=1).long()
    confusion = torch.zeros((2, 2), dtype=torch.float64)
    for truth, said in pairs.tolist():
        confusion[truth, said] += 1
    out = {"pred": pred, "truth": ill, "called": called, "hit": (called == ill).double(), "confusion": confusion}
    out |= {"nobody": (ill == 0).double().mean(), "level": threshold.repeat(2, 1)}
    out |= {"healthy": away(ill == 0, pred), "ill": away(ill == 1, pred)}
    each = (many <= pred.T).double()
    out |= {"many_found": each @ ill, "many_called": each.sum(1, keepdim=True)}
    for prefix, calls in (("", called.T), ("curve_", each)):
        found, n = calls @ ill, calls.sum(1, keepdim=True)
        out[f"{prefix}precision"] = torch.where(n == 0, 1.0, found / n.clamp(min=1))
        out |= {
            f"{prefix}recall": found / ill.sum(),
            f"{prefix}accuracy": (calls == ill.T).double().mean(1, keepdim=True),
        }
    return out | {"marked": torch.cat([out["precision"], out["recall"]])}


def _softmax(given: Given) -> Said:
    scores, nudge, which = given["softmax.scores"], given["softmax.nudge"], given["softmax.kind"].long() - 1
    share, logs = torch.softmax(scores, dim=0), torch.log_softmax(scores, dim=0)

    def loss(s: Tensor) -> Tensor:
        return cross_entropy(s.T, which[0])

    moves = torch.eye(3, dtype=torch.float64) * nudge
    up, down = (torch.stack([loss(scores + sign * m[:, None]) for m in moves])[:, None] for sign in (1, -1))
    wiggled, exact = (up - down) / (2 * nudge), slope(loss, scores)
    power = scores.exp()
    out = {"power": power, "share": share, "log": logs, "part": -share * logs, "total": power.sum()}
    out |= {
        "truth": one_hot(which[0], 3).T.double(),
        "surprise": loss(scores),
        "entropy": unsure(scores.T),
    }
    out |= {"most": torch.tensor(3.0, dtype=torch.float64).log(), "up": up, "down": down, "wiggled": wiggled}
    return out | {"exact": exact, "apart": (wiggled - exact).abs()}


def _large(given: Given) -> Said:
    scores, marks = given["softmax.scores"] + given["large.shift"], given["large.marks"]
    power, below = scores.exp(), scores - scores.max()
    out = {"scores": scores, "power": power, "direct": power / power.sum(), "direct_sum": power.sum().log()}
    out |= {"below": below, "small": below.exp(), "safe": torch.softmax(scores, dim=0), "most": scores.max()}
    out |= {"safe_sum": torch.logsumexp(scores, dim=0), "larger": torch.relu(marks)}
    return out | {"soft": torch.logsumexp(torch.cat([marks, torch.zeros_like(marks)], dim=1), dim=1, keepdim=True)}


def _classes(given: Given) -> Said:
    sizes, kind, places, spot = (given[f"classes.{id}"] for id in ("sizes", "kind", "places", "spot"))
    X, at = torch.cat([sizes, torch.ones_like(kind)], dim=1), int(given["classes.at"].item())
    target = kind[:, 0].long() - 1

    def loss(W: Tensor) -> Tensor:
        return cross_entropy(X @ W, target)

    Ws = run(loss, given["classes.W.0"], given["classes.lr"].item(), len(given["classes.epochs"]) - 1)
    now, losses = Ws[at], torch.stack([loss(W) for W in Ws])[:, None]
    scores, there, score = (torch.cat([a, torch.ones_like(a[:, :1])], dim=1) @ now for a in (sizes, places, spot))
    says, says_there = (s.argmax(1, keepdim=True) + 1.0 for s in (scores, there))
    out = {"X": X, "Y": one_hot(target, 3).double(), "scores": scores, "scores_there": there, "score": score}
    out |= {"says": says, "says_there": says_there, "here": torch.softmax(score, dim=1), "now": now, "losses": losses}
    out |= {
        "unsure": unsure(score),
        "loss_then": losses[at],
        "right": (says == kind).double().mean(),
    }
    for j, name in enumerate(KINDS, start=1):
        out[f"flower_{name}"] = away(kind == j, sizes[:, 1:])
        out[f"place_{name}"] = away(says_there == j, places[:, 1:])
    return out | {f"W.{number}": W for number, W in enumerate(Ws) if number}
