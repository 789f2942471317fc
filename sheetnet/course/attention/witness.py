"""Lesson 14 in torch: a module by hand, autograd, torch.optim.SGD with momentum; the same numbers, found apart."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding, one_hot, softmax
from torch.optim import SGD

from sheetnet.models.twins import one_thread

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]
LETTERS = ".aeilmnorstu"
N, T, HEADS = 8, 6, 2  # names, places, heads
AWAY = -9.0


@one_thread()
def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block that holds numbers, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    said = {"tokens": _tokens(given)}
    said |= {"attention": _attention(given, said["tokens"]["x"]), "scale": _scale(given), "mask": _mask(given)}
    said["names"] = _names(given)
    nets, said["descent"] = _descent(given, said["names"])
    said["step"] = _step(given, said["descent"])
    said["heads"], said["writes"] = _heads(given, said["descent"]), _writes(given, nets)
    return {f"{page}.{id}": value for page, blocks in said.items() for id, value in blocks.items()}


def causal(n: int) -> Tensor:
    return torch.ones(n, n, dtype=torch.bool).tril()


def hot(tokens: Tensor) -> Tensor:
    """1 in the column of each token."""
    return one_hot(tokens.long().flatten(), len(LETTERS)).double()


# ---- four tokens


def _tokens(given: Given) -> Said:
    word, E, Pos = (given[f"tokens.{id}"] for id in ("word", "E", "Pos"))
    embedded = embedding(word.long().flatten(), E)
    vowels = torch.tensor([letter in "aeiou" for letter in LETTERS])
    out = {"found": hot(word), "embedded": embedded, "x": embedded + Pos}
    return out | {
        "vowels": torch.where(vowels, E[:, 1], AWAY)[:, None],
        "others": torch.where(vowels, AWAY, E[:, 1])[:, None],
    }


def _attention(given: Given, x: Tensor) -> Said:
    q, k, v = (x @ given[f"attention.{name}"] for name in ("Wq", "Wk", "Wv"))
    seen = causal(len(x)) if given["attention.mask"].item() else torch.ones(len(x), len(x), dtype=torch.bool)
    products = q @ k.T
    scaled = products / x.shape[1] ** 0.5
    A = softmax(scaled.masked_fill(~seen, -torch.inf), dim=1)
    at = int(given["attention.looks"].item()) - 1
    score = scaled[at][:, None]
    out = {
        "q": q,
        "k": k,
        "v": v,
        "products": products,
        "scaled": scaled,
        "seen": seen.double(),
        "A": A,
        "mixed": A @ v,
    }
    return out | {"score": score, "power": score.exp() * seen[at][:, None], "share": A[at][:, None]}


def _scale(given: Given) -> Said:
    q, k, d = given["scale.q"], given["scale.k"], int(given["scale.d"].item())
    raw = k[:d].T @ q[:d]
    divided = raw / d**0.5
    spread = torch.cumsum(q * k, dim=0).std(dim=1, correction=0, keepdim=True)
    out = {"raw": raw, "divided": divided, "sharp": softmax(raw, 0), "soft": softmax(divided, 0)}
    out |= {"most_raw": out["sharp"].max(), "most_divided": out["soft"].max()}
    return out | {"spread": spread, "root": spread / given["scale.numbers"].sqrt()}


def _mask(given: Given) -> Said:
    tokens = given["mask.word"].long().flatten()
    n = len(tokens)
    score = torch.diag(given["mask.strength"].flatten().expand(n - 1), 1)
    out: Said = {}
    for id, seen in (("open", torch.ones(n, n, dtype=torch.bool)), ("masked", causal(n))):
        A = softmax(score.masked_fill(~seen, -torch.inf), dim=1)
        right = (A[:-1] @ hot(tokens)).gather(1, tokens[1:, None])
        out |= {f"A_{id}": A, f"right_{id}": right, f"mean_{id}": right.mean()}
    return out


# ---- eight names


class Net(nn.Module):
    """The transformer: tokens (names, places) -> scores of the next letter; what passes on the way is kept."""

    E: Tensor
    Pos: Tensor
    Wq: Tensor
    Wk: Tensor
    Wv: Tensor
    Wo: Tensor
    W_in: Tensor
    b_in: Tensor
    W_out: Tensor
    b_out: Tensor
    W_last: Tensor
    b_last: Tensor

    def __init__(self, start: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.kept: Said = {}
        for name, value in start.items():
            self.register_parameter(name, nn.Parameter(value.clone()))

    def forward(self, tokens: Tensor) -> Tensor:
        n, places = tokens.shape
        x = embedding(tokens, self.E) + self.Pos
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        split = [part.reshape(n, places, HEADS, -1).transpose(1, 2) for part in (q, k, v)]
        raw = split[0] @ split[1].mT
        A = softmax((raw / split[0].shape[-1] ** 0.5).masked_fill(~causal(places), -torch.inf), dim=-1)
        mixed = (A @ split[2]).transpose(1, 2).flatten(2)
        h = x + mixed @ self.Wo
        lin = h @ self.W_in + self.b_in
        out = h + torch.relu(lin) @ self.W_out + self.b_out
        score = out @ self.W_last + self.b_last
        self.kept = {"x": x, "q": q, "k": k, "v": v, "mixed": mixed, "h": h, "lin": lin, "out": out, "score": score}
        self.kept |= {"raw": raw, "A": A}
        return score


def flat(of_names: Tensor) -> Tensor:
    """(names, places, columns) -> (names * places, columns)."""
    return of_names.flatten(0, 1)


def _pairs(given: Given) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens and next tokens (8, 6), and whether there is a next one: up to the end of the name."""
    codes = given["names.codes"].long()
    none = torch.zeros(N, 1, dtype=torch.long)
    here, following = torch.cat([none, codes], 1), torch.cat([codes, none], 1)
    real = torch.cat([torch.ones(N, 1, dtype=torch.bool), (codes != 0).cumprod(1).bool()], 1)
    return here, following, real


def _names(given: Given) -> Said:
    here, following, real = _pairs(given)
    Y = hot(following) * real.flatten()[:, None]
    out = {"here": here.reshape(-1, 1).double(), "following": following.reshape(-1, 1).double()}
    out |= {"real": real.reshape(-1, 1).double(), "X": hot(here), "Y": Y, "n": real.sum().double()}
    out |= {"place": torch.eye(T).double().repeat(N, 1), "seen": causal(T).double().repeat(N, 1)}
    out |= {"own": torch.kron(torch.eye(N), torch.ones(T, T)).double(), "one": torch.ones(N * T, 1).double()}
    return out | {"often": Y.sum(0)[:, None]}


def _look(net: Net) -> Said:
    """The steps of a pass, and once the loss has gone back, the slopes in them."""
    kept = {name: flat(value.detach()) for name, value in net.kept.items() if name not in ("raw", "A", "score")}
    kept |= {f"A_{i + 1}": flat(net.kept["A"][:, i].detach()) for i in range(HEADS)}
    kept["pred"] = flat(softmax(net.kept["score"].detach(), -1))
    slopes = {name: value.grad for name, value in net.kept.items() if value.retains_grad and name != "A"}
    if slopes.get("score") is not None:
        kept |= {f"d_{name}": flat(value) for name, value in slopes.items() if value is not None and name != "raw"}
        raw = slopes["raw"]
        assert raw is not None
        kept |= {f"d_S_{i + 1}": flat(raw[:, i]) for i in range(HEADS)}
    return kept


def _descent(given: Given, names: Said) -> tuple[list[Net], Said]:
    """The net before and after, and every step of the way."""
    start = {
        id.split(".")[1]: v
        for id, v in given.items()
        if id.startswith("descent.") and id.endswith(".0") and ".m_" not in id
    }
    steps, lr = len(given["descent.steps"]) - 1, given["descent.lr"].item()
    net, before = Net(start), Net(start)
    here, following, real = _pairs(given)
    optimiser, losses, out = SGD(net.parameters(), lr=lr, momentum=0.9), [], Said()
    for number in range(steps + 1):
        optimiser.zero_grad()
        score = net(here)
        loss = cross_entropy(score[real], following[real])
        losses.append(loss.detach())
        if number < steps:
            for kept in net.kept.values():
                kept.retain_grad()
            loss.backward()  # type: ignore[no-untyped-call]
        out |= {f"{name}.{number}": value for name, value in _look(net).items()}
        if number == steps:
            break
        for name, W in net.named_parameters():
            assert W.grad is not None
            out[f"grad_{name}.{number}"] = W.grad.clone()
        optimiser.step()
        for name, W in net.named_parameters():
            out[f"{name}.{number + 1}"] = W.detach().clone()
            out[f"m_{name}.{number + 1}"] = optimiser.state[W]["momentum_buffer"].clone()
    out |= {f"{id.removeprefix('descent.')}": v for id, v in given.items() if id.startswith("descent.")}
    chance = torch.tensor(log(len(LETTERS)), dtype=torch.float64)
    out |= {"losses": torch.stack(losses)[:, None], "first": losses[0], "last": losses[-1], "chance": chance}
    return [before, net], out | {"level": chance.repeat(2)[:, None]}


def _step(given: Given, descent: Said) -> Said:
    at = int(given["step.at"].item())
    now = {id.removesuffix(f".{at}"): v for id, v in descent.items() if id.endswith(f".{at}")}
    grads = {name.removeprefix("grad_"): v for name, v in now.items() if name.startswith("grad_")}
    out = {name: v for name, v in now.items() if name not in grads and not name.startswith("m_")}
    for name in grads:
        out |= {f"then_{name}": now[name], f"m_then_{name}": now[f"m_{name}"]}
        out |= {f"m_{name}": descent[f"m_{name}.{at + 1}"], f"next_{name}": descent[f"{name}.{at + 1}"]}
    out["sizes"] = torch.stack([grad.square().mean().sqrt() for grad in grads.values()])[:, None]
    return out | {"loss": descent["losses"][at]}


def _heads(given: Given, descent: Said) -> Said:
    name, step, looker = (int(given[f"heads.{id}"].item()) for id in ("name", "step", "looker"))
    out = {"token": _pairs(given)[0][name - 1][:, None].double()}
    for i in (1, 2):
        maps = {when: descent[f"A_{i}.{at}"].reshape(N, T, T)[name - 1] for when, at in (("before", 0), ("then", step))}
        out |= {f"{when}_{i}": A for when, A in maps.items()} | {f"look_{i}": maps["then"][looker - 1][:, None]}
        out[f"A_{i}"] = descent[f"A_{i}.{step}"]
    return out


def _writes(given: Given, nets: list[Net]) -> Said:
    prefix, drawn = given["writes.prefix"].long(), given["writes.drawn"]
    length = int((prefix != 0).cumprod(1).sum()) + 1
    out = {"length": torch.tensor(float(length)).double()}
    start = torch.zeros(1, 1, dtype=torch.long)
    codes = given["names.codes"].long()
    number = 0
    for when, net in zip(("before", "after"), nets, strict=True):
        with torch.no_grad():
            each = softmax(net(torch.cat([start, prefix], 1))[0], -1)
            out |= {f"each_{when}": each, f"next_{when}": each[length - 1 : length]}
            out |= {f"{name}_{when}": v for name, v in _look(net).items() if name in ("x", "A_1", "A_2", "h")}
            tokens = torch.zeros(N, T, dtype=torch.long)
            for i in range(T - 1):
                pred = softmax(net(tokens), -1)[:, i]
                chosen = (drawn[:, i : i + 1] > pred.cumsum(1)[:, :-1]).sum(1)
                if i:
                    chosen = torch.where(tokens[:, i] == 0, 0, chosen)
                out |= {
                    f"so_far.{number}": tokens.reshape(-1, 1).double(),
                    f"pred.{number}": pred,
                    f"chosen.{number}": chosen[:, None].double(),
                }
                out |= {f"{name}.{number}": v for name, v in _look(net).items() if name in ("A_1", "A_2", "h")}
                tokens[:, i + 1] = chosen
                number += 1
        written = tokens[:, 1:]
        known = (written[:, None] == codes[None]).all(2).any(1)
        out |= {
            f"tokens_{when}": written.double(),
            f"known_{when}": known[:, None].double(),
            f"of_{when}": known.sum().double(),
        }
    return out
