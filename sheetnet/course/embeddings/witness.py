"""Lesson 11 in torch: nn.Embedding, autograd and SGD with weight decay on a module of its own, cosine_similarity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, embedding, mse_loss, one_hot
from torch.optim import SGD

Said = dict[str, Tensor]
Given = Mapping[str, Tensor]
FAR, OUT = 9.0, -9.0
SIGNS = {1: 0, 2: 5}  # the row of the food whose side fixes the sign of a component: cake, chilli


def witness(inputs: Mapping[str, np.ndarray]) -> Said:
    """What torch says of every block of the lesson, by id."""
    given = {id: torch.as_tensor(value, dtype=torch.float64) for id, value in inputs.items() if value.dtype != object}
    said = {"lookup": _lookup(given), "match": _match(given), "ratings": _ratings(given)}
    said["train"], model = _train(given, said["ratings"])
    said["recommend"] = _recommend(given, said["ratings"], model)
    said["you"] = _you(given, said["ratings"], model)
    said["nearest"] = _nearest(given, model.Q.weight.detach())
    said["components"] = _components(given, model.Q.weight.detach())
    said["meaning"] = _meaning(given, said["components"]["scores"])
    said["recommend"]["off"] = said["train"]["decay_valid"][-1].sqrt()
    return {f"{page}.{id}": value for page, blocks in said.items() for id, value in blocks.items()}


def which(numbers: Tensor) -> Tensor:
    """Numbers that count from 1, as torch counts."""
    return numbers.reshape(-1).long() - 1


def _lookup(given: Given) -> Said:
    E, at, orders = given["lookup.tastes"], which(given["lookup.food"]), which(given["lookup.orders"])
    row = embedding(at, E)
    out = {"one_hot": one_hot(at, len(E)).double(), "product": row, "index": row, "apart": torch.zeros_like(row)}
    return out | {"many": one_hot(orders, len(E)).double(), "rows": embedding(orders, E)}


def _match(given: Given) -> Said:
    E, person = given["lookup.tastes"], given["match.person"]
    taste = embedding(which(given["match.food"]), E)
    dot = torch.dot(person[0], taste[0])
    out = {"taste": taste, "parts": person * taste, "dot": dot, "made": 3 + given["match.generous"] + 1.5 * dot}
    return out | {"dots": (E * person).sum(1, keepdim=True), "arrow": torch.cat([torch.zeros_like(person), person])}


def _ratings(given: Given) -> Said:
    R, kept = given["ratings.R"], given["ratings.kept"]
    known = ~R.isnan()
    train, valid = known & (kept == 0), known & (kept == 1)
    out = {"known": known, "mask": train, "valid": valid, "or_0": R.nan_to_num()}
    out |= {"n_known": known.sum(), "n_missing": (~known).sum(), "n_train": train.sum(), "n_valid": valid.sum()}
    out |= {"mean": R[train].mean(), "all_zero": R.nan_to_num().mean()}
    out |= {"there": R.nanmean(0)[:, None], "zero": R.nan_to_num().mean(0)[:, None]}
    return {id: value.double() for id, value in out.items()}


class Recommender(nn.Module):
    """mean + b of the person + c of the food + the dot product of their embeddings."""

    def __init__(self, given: Given, mean: Tensor) -> None:
        super().__init__()
        self.P, self.Q, self.b, self.c = (
            nn.Embedding.from_pretrained(given[f"train.{key}.0"].clone(), freeze=False)  # type: ignore[no-untyped-call]
            for key in "PQbc"
        )
        self.mean = mean

    def forward(self, person: Tensor, food: Tensor) -> Tensor:
        match = (self.P(person) * self.Q(food)).sum(-1)
        found: Tensor = self.mean + self.b(person)[..., 0] + self.c(food)[..., 0] + match
        return found

    def table(self) -> Tensor:
        """Every person's prediction of every food."""
        people, foods = torch.arange(self.P.num_embeddings), torch.arange(self.Q.num_embeddings)
        return self(*torch.meshgrid(people, foods, indexing="ij")).detach()  # type: ignore[no-any-return]


def _train(given: Given, data: Said) -> tuple[Said, Recommender]:
    R, masks = given["ratings.R"], {key: data[id] == 1 for key, id in (("train", "mask"), ("valid", "valid"))}
    person, food = masks["train"].nonzero(as_tuple=True)
    epochs, at = len(given["train.epochs"]), int(given["train.epoch"].item())
    out: Said = {}
    for run, decay in (("none", 0.0), ("decay", given["train.decay"].item())):
        model = Recommender(given, data["mean"])
        optimiser = SGD(model.parameters(), lr=given["train.lr"].item(), weight_decay=decay)
        losses: dict[str, list[Tensor]] = {key: [] for key in masks}
        for k in range(epochs):
            pred = model.table()
            out[f"{run}.E.{k}"] = torch.where(R.isnan(), 0.0, pred - R)
            for key, mask in masks.items():
                losses[key].append(mse_loss(pred[mask], R[mask]))
            out |= {f"{run}.{key}.{k}": getattr(model, key).weight.detach().clone() for key in "PQbc"}
            if k < epochs - 1:
                optimiser.zero_grad()
                mse_loss(model(person, food), R[person, food]).backward()  # type: ignore[no-untyped-call]
                optimiser.step()
        out |= {f"{run}_{key}": torch.stack(values)[:, None] for key, values in losses.items()}
        size = model.P.weight.square().sum() + model.Q.weight.square().sum()
        out[f"size_{run}"] = size.detach().reshape(1, 1)
    for key in masks:
        both = torch.cat([out[f"none_{key}"], out[f"decay_{key}"]], dim=1)
        out |= {f"{key}_then": both[at : at + 1], f"{key}_end": both[-1:]}
    out["size"] = torch.cat([out.pop("size_none"), out.pop("size_decay")], dim=1)
    return out, model


def best(says: Tensor, rated: Tensor) -> Said:
    """Predictions of what was not rated, and the largest of them; columns."""
    new = torch.where(rated, OUT, says)
    return {"says": says, "new": new, "best": new.max()}


def _recommend(given: Given, data: Said, model: Recommender) -> Said:
    who, pred = which(given["recommend.person"]), model.table()
    return {"pred": pred, "given": data["or_0"][who].T} | best(pred[who].T, data["known"][who].T == 1)


def _you(given: Given, data: Said, model: Recommender) -> Said:
    own, c = given["you.own"], model.c.weight.detach()
    X = torch.cat([model.Q.weight.detach(), torch.ones_like(own)], dim=1)
    rated = ~own.isnan()
    used, rest = X * rated, torch.where(rated, own - data["mean"] - c, 0.0)
    price = given["train.decay"] * data["n_train"] / 2 * torch.eye(X.shape[1], dtype=torch.float64)
    normal = used.T @ used + price
    w = torch.linalg.solve(normal, used.T @ rest)
    out = {"X": X, "used": used, "rest": rest, "zero": own.nan_to_num(), "count": rated.double().sum(), "w": w}
    out |= {"price": price[0, 0], "inverse": torch.linalg.inv(normal)}
    return out | best(data["mean"] + c + X @ w, rated)


def _nearest(given: Given, Q: Tensor) -> Said:
    at, Q = which(given["nearest.food"]), Q.clone()
    Q[at] *= given["nearest.stretch"]
    cosines = cosine_similarity(Q[:, None], Q[None], dim=2)
    out = {"Q": Q, "cosines": cosines, "cosine": cosines[at].T, "length": Q.norm(dim=1, keepdim=True)}
    return out | {"far": (Q - Q[at]).norm(dim=1, keepdim=True)}


def _components(given: Given, Q: Tensor) -> Said:
    """As the sheet steps: where the iteration has not arrived, torch has not either."""
    centred = Q - Q.mean(0)
    left, found = torch.cov(centred.T, correction=0), []
    total = left.trace()
    out = {"centred": centred, "total": total}
    for k, row in SIGNS.items():
        v = given["components.begin"]
        directions = []
        for step in range(len(given["components.steps"])):
            v = v @ left if step else v
            v = v / v.norm()
            directions.append(v)
        rows = torch.cat(directions)
        spread = torch.einsum("si,ij,sj->s", rows, left, rows)[:, None]
        out |= {f"cov{k}": left, f"steps{k}": rows, f"spread{k}": spread, f"share{k}": spread[-1] / total}
        v = v if (centred[row] @ v.T).item() >= 0 else -v
        found.append(v)
        left = left - spread[-1] * torch.outer(v[0], v[0])
    out["V"] = torch.cat(found)
    return out | {"scores": centred @ out["V"].T, "rest": 1 - out["share1"] - out["share2"]}


def _meaning(given: Given, scores: Tensor) -> Said:
    made = given["lookup.tastes"] - given["lookup.tastes"].mean(0)
    scale = made.norm() / scores.norm()
    turn = torch.deg2rad(given["meaning.angle"]).squeeze()
    flip = 1 - 2 * given["meaning.mirror"].squeeze()
    matrix = torch.stack([torch.stack([flip * turn.cos(), flip * turn.sin()]), torch.stack([-turn.sin(), turn.cos()])])
    turned = scale * scores @ matrix
    each = (turned - made).norm(dim=1, keepdim=True)
    out = {"made": made, "scale": scale, "matrix": matrix, "turned": turned, "each": each, "apart": each.mean()}
    both = torch.stack([turned, made])  # (2, foods, 2)
    return out | {"corr": torch.stack([torch.corrcoef(both[:, :, j])[0, 1] for j in (0, 1)])[None]}
