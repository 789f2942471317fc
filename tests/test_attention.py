"""Lesson 14: its attention as torch's own has it, its transformer as a module by hand, and what its texts say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import laid_out
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot, scaled_dot_product_attention

from sheetnet import engines
from sheetnet.course.attention import own
from sheetnet.course.attention.model import HIDDEN, LETTERS, N_PARAMETERS, PLACES, SHAPES, WIDTH, backward, forward
from sheetnet.course.attention.own import STEPS
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, constant, ones, variable
from sheetnet.models.attention import Stacked, columns_of_head, scores, stacked, weights
from sheetnet.page.screen import Geometry

SEEDS = [0, 2]
lesson, said, told = (partial(one, "attention") for one in (laid_out.laid, laid_out.said, laid_out.figures))


# ---- attention is what torch calls so


def test_one_head_is_torchs_scaled_dot_product_attention() -> None:
    rng = np.random.default_rng(1)
    n, d = 5, 3
    q, k, v = (variable(name, (n, d)) for name in "qkv")
    drawn = {node: rng.normal(size=(n, d)) for node in (q, k, v)}
    for causal in (True, False):
        seen = np.tril(np.ones((n, n))) if causal else np.ones((n, n))
        mask = variable("mask", (n, n))
        rows = Stacked(mask, mask)
        (got,) = evaluate([weights(scores(q, k, rows, d), mask) @ v], drawn | {mask: seen})
        tensors = [torch.as_tensor(drawn[node])[None] for node in (q, k, v)]
        np.testing.assert_allclose(got, scaled_dot_product_attention(*tensors, is_causal=causal)[0], rtol=1e-12)


def test_stacked_sequences_with_two_heads_are_torchs_multi_head_attention() -> None:
    """nn.MultiheadAttention on (sequences, places, width), with its own weights."""
    torch.manual_seed(3)
    n, t, d = 3, 4, 6
    module = nn.MultiheadAttention(d, 2, bias=False, batch_first=True, dtype=torch.float64)
    x = torch.randn(n, t, d, dtype=torch.float64)
    hidden = ~torch.ones(t, t, dtype=torch.bool).tril()
    expected, maps = module(x, x, x, attn_mask=hidden, average_attn_weights=False)
    Wq, Wk, Wv = (W.detach().numpy().T for W in module.in_proj_weight.chunk(3))
    number, place, X = variable("number", (n * t, 1)), variable("place", (n * t, 1)), variable("X", (n * t, d))
    rows = stacked(number, place, t)
    q, k, v = (X @ matrix(W) for W in (Wq, Wk, Wv))
    cuts = [columns_of_head(head, 2, d) for head in (0, 1)]
    A = [weights(scores(q * cut, k, rows, d // 2), rows.seen) for cut in cuts]
    mixed = rows.all(A[0]) @ (v * cuts[0]) + rows.all(A[1]) @ (v * cuts[1])
    given = {number: np.repeat([1.0, 2, 3], t)[:, None], place: np.tile([1.0, 2, 3, 4], n)[:, None]}
    *found, out = evaluate([*A, mixed], {**given, X: x.numpy().reshape(-1, d)})
    np.testing.assert_allclose(
        out @ module.out_proj.weight.detach().numpy().T, expected.detach().reshape(-1, d), rtol=1e-12, atol=1e-14
    )
    for head, one in enumerate(found):
        np.testing.assert_allclose(one, maps[:, head].detach().reshape(-1, t), rtol=1e-12)


def matrix(a: np.ndarray) -> Node:
    return constant(tuple(map(tuple, a.tolist())))


# ---- the transformer


def by_hand(P: Mapping[str, torch.Tensor], tokens: torch.Tensor) -> torch.Tensor:
    """Scores of the next letter, with torch's own attention."""
    x = one_hot(tokens, len(LETTERS)).double() @ P["E"] + P["Pos"]
    heads = [(x @ P[name]).unflatten(2, (2, 4)).transpose(1, 2) for name in ("Wq", "Wk", "Wv")]
    h = x + scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2) @ P["Wo"]
    out = h + torch.relu(h @ P["W_in"] + P["b_in"]) @ P["W_out"] + P["b_out"]
    return out @ P["W_last"] + P["b_last"]


def batch(names: tuple[str, ...]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, next tokens, and whether there is a next one."""
    rows = [f".{name}." for name in names]
    full = torch.tensor([[LETTERS.index(c) for c in row.ljust(PLACES + 1, ".")] for row in rows])
    counts = torch.tensor([[place < len(row) - 1 for place in range(PLACES)] for row in rows])
    return full[:, :-1], full[:, 1:], counts


@pytest.mark.parametrize("seed", SEEDS)
def test_every_gradient_and_weight_of_every_step_is_autograds(seed: int) -> None:
    workbook = lesson(seed)
    ids = [f"descent.{kind}{name}.{i}" for i in range(STEPS) for name in SHAPES for kind in ("", "grad_")]
    found = dict(zip(ids, said(seed, " ".join(ids)), strict=True))
    P = {name: torch.tensor(workbook.as_delivered()[f"descent.{name}.0"], requires_grad=True) for name in SHAPES}
    here, following, counts = batch(own.names(seed))
    optimiser, worst = torch.optim.SGD(P.values(), lr=own.RATE, momentum=own.KEPT), 0.0
    for i in range(STEPS):
        optimiser.zero_grad()
        cross_entropy(by_hand(P, here)[counts], following[counts]).backward()
        for name, W in P.items():
            assert W.grad is not None
            for kind, value in (("", W.detach()), ("grad_", W.grad)):
                worst = max(worst, float(np.abs(found[f"descent.{kind}{name}.{i}"] - value.numpy()).max()))
        optimiser.step()
    assert worst < 1e-10


def test_its_gradient_by_hand_is_that_of_reverse_mode() -> None:
    """The graph's own rules, from the same loss."""
    rng = np.random.default_rng(4)
    n = 2 * PLACES
    number, place = variable("number", (n, 1)), variable("place", (n, 1))
    X, Y = variable("X", (n, len(LETTERS))), variable("Y", (n, len(LETTERS)))
    P = {name: variable(name, shape) for name, shape in SHAPES.items()}
    rows = stacked(number, place, PLACES)
    seen = forward(P, X, rows)
    _, mine = backward(P, seen, X, Y, rows, ones(n, 1))
    loss = -(apply("sum", Y * apply("ln", seen.pred)) / apply("sum", Y))
    theirs = gradient(loss, list(P.values()))
    given = {node: rng.normal(size=node.shape) / 2 for node in P.values()}
    given |= {number: np.repeat([1.0, 2.0], PLACES)[:, None], place: np.tile(np.arange(1.0, 7.0), 2)[:, None]}
    given |= {X: np.eye(len(LETTERS))[rng.integers(0, 12, n)], Y: np.eye(len(LETTERS))[rng.integers(0, 12, n)]}
    given[Y][3] = 0.0  # a row that does not count
    for a, b in zip(evaluate(list(mine.values()), given), evaluate(theirs, given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_it_is_as_large_as_it_says_and_formulas_stay_short() -> None:
    parameters = sum(lesson(0).as_delivered()[f"descent.{name}.0"].size for name in SHAPES)
    assert told(0, "A transformer of # parameters takes # steps") == [parameters, STEPS] == [N_PARAMETERS, 50]
    assert parameters >= 1000
    book = lesson(0).book
    assert max(len(f.text) for block in book.blocks for f in book.formulas(block)) < 4000


@pytest.mark.parametrize("seed", [*SEEDS, 13, 39])
def test_it_learns_and_writes_names_only_afterwards(seed: int) -> None:
    losses, before, after = said(seed, "descent.losses writes.of_before writes.of_after")
    assert losses[0] == pytest.approx(np.log(12), abs=0.2)
    assert losses[-1] < 0.7
    assert (before.item(), after.item() >= 3) == (0, True)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.15])
def test_no_rate_that_may_be_typed_breaks_a_cell(seed: int, rate: float) -> None:
    losses, written = said(seed, "descent.losses writes.says_after", {"descent.lr": rate})
    assert np.isfinite(losses).all()
    assert all(isinstance(word, str) for word in written[:, 0])


def test_a_changed_name_changes_the_whole_run() -> None:
    codes = lesson(0).as_delivered()["names.codes"].copy()
    (usual,) = said(0, "descent.losses")
    codes[0] = own.tokens("mila")
    (other,) = said(0, "descent.losses", {"names.codes": codes})
    assert (np.abs(other - usual) > 1e-6).all()
    codes[:] = 0.0  # no name at all: it learns to end at once
    losses, words = said(0, "descent.losses writes.says_after", {"names.codes": codes})
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.2
    assert {*words[:, 0]} == {""}


def test_what_is_written_is_drawn_by_the_probabilities() -> None:
    last = dict(zip(SHAPES, said(0, " ".join(f"descent.{name}.{STEPS}" for name in SHAPES)), strict=True))
    P = {name: torch.as_tensor(W) for name, W in last.items()}
    words = said(0, "writes.says_after")[0][:, 0]
    for word, line in zip(words, lesson(0).as_delivered()["writes.drawn"], strict=True):
        so_far = ""
        for u in line:
            shares = torch.softmax(by_hand_of(P, so_far), dim=-1).cumsum(0)
            letter = LETTERS[int((u > shares[:-1]).sum())]
            if letter == ".":
                break
            so_far += letter
        assert word == so_far


def by_hand_of(P: Mapping[str, torch.Tensor], so_far: str) -> torch.Tensor:
    """The scores of what comes after some letters."""
    tokens = [LETTERS.index(letter) for letter in f".{so_far}".ljust(PLACES, ".")]
    return by_hand(P, torch.tensor([tokens]))[0, len(so_far)]


# ---- its texts


def test_its_numbers_are_those_of_the_sheets() -> None:
    assert own.N_NAMES == 8  # "any of eight names may come"
    assert told(0, "It has the shape # x #") == [4, 2]
    assert told(0, "Forward, # rows") == [own.N_NAMES * PLACES]
    assert told(0, "lin = h W_in + b_in, # x #") == [own.N_NAMES * PLACES, HIDDEN]
    assert told(0, "Head # works on columns # to # of q, k and v, head # on columns # to #") == [1, 1, 4, 2, 5, WIDTH]
    assert told(0, "m after = # × m then") == [own.KEPT]
    assert told(0, "If all # letters were alike it would be ln #") == [len(LETTERS)] * 2


@pytest.mark.parametrize("seed", SEEDS)
def test_undivided_scores_give_nearly_all_to_one_key(seed: int) -> None:
    sharp, soft = said(seed, "scale.most_raw scale.most_divided")
    assert sharp > 0.95 > 0.5 > soft
    narrow, narrower = said(seed, "scale.most_raw scale.most_divided", {"scale.d": 1.0})
    assert narrow == narrower < 0.5
    assert own.tells(*own.keys(seed))
    assert not own.tells(*(one * 0.01 for one in own.keys(seed)))


def test_the_mask_hides_what_comes_later() -> None:
    for id in ("attention.A", "mask.A_masked", "heads.then_1", "heads.then_2"):
        (A,) = said(0, id)
        assert not np.triu(A, 1).any()
        np.testing.assert_allclose(A.sum(axis=1), 1.0)
    assert said(0, "attention.A", {"attention.mask": 0.0})[0].min() > 0


def test_pictures_and_what_one_changes_stand_on_the_first_screen() -> None:
    for page in lesson(0).book.pages:
        seen = Geometry(page).first_screen()
        assert [chart.title for chart in page.charts if chart not in seen.charts] == [], page.name
        yellow = [b for b in page.blocks if b.role == "input" and b.area.n_rows * b.area.n_cols < 10]
        assert not yellow or yellow[0] in seen.blocks, page.name


# ---- in an engine


def test_ironcalc_trains_it_anew_when_rate_and_name_change(lesson_file: Callable[[str], Path]) -> None:
    """One recalculation of the whole workbook, and what it writes then."""
    path = lesson_file("attention")
    assert path.stat().st_size < 5e6
    codes = lesson(0).as_delivered()["names.codes"].copy()
    codes[7] = own.tokens("luna")
    typed = {"descent.lr": 0.05, "names.codes": codes}
    losses, words = said(0, "descent.losses writes.says_after", typed)
    book = lesson(0).book
    with engines.get("ironcalc").open(path) as session:
        for id, value in typed.items():
            area = book.block(id).area
            for (r, c), number in zip(area.cells(), np.ravel(value), strict=True):
                session.set(area.sheet, r, c, float(number))
        session.recalculate()
        areas = [book.block(id).area for id in ("descent.losses", "writes.says_after")]
        got = [session.read(a.sheet, a.row, a.col, a.n_rows, a.n_cols) for a in areas]
    np.testing.assert_allclose(np.array(got[0], dtype=float), losses, rtol=1e-10)
    assert [[word or "" for word in line] for line in got[1]] == words.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_two_heads_are_still_alike_as_the_sheet_says(seed: int) -> None:
    before, one, other = said(seed, "heads.before_1 heads.then_1 heads.then_2")
    assert 0.005 < np.abs(one - before).mean() < 0.1
    assert 0.005 < np.abs(one - other).mean() < 0.1
