"""Lesson 11: its look-ups, ratings and maps, held against torch and numpy; and a recommender of one's own."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import laid_out
import numpy as np
import pandas as pd
import pytest
import torch
from conftest import edit
from openpyxl import load_workbook
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, mse_loss

import sheetnet as sn
from sheetnet.book import reader
from sheetnet.book.inputs import read_inputs
from sheetnet.book.reader import where
from sheetnet.course.embeddings.own import FOODS, PEOPLE, Ratings, ratings, tells
from sheetnet.errors import WorkbookError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import square, variable
from sheetnet.models.losses import mean_known
from sheetnet.page.area import cell_address
from sheetnet.page.screen import Geometry

SEEDS = [0, 2]
lesson, said, told = (partial(one, "embeddings") for one in (laid_out.laid, laid_out.said, laid_out.figures))


# ---- a mask


def test_what_is_missing_is_left_out_of_loss_and_slopes_as_torch_leaves_it_out() -> None:
    draw = np.random.default_rng(0)
    x, y, known = draw.normal(size=(4, 3)), draw.normal(size=(4, 3)), draw.integers(0, 2, (4, 3)).astype(float)
    y[known == 0] = np.nan
    nodes = [variable(name, (4, 3)) for name in ("out", "y", "known")]
    loss = mean_known(square(nodes[0] - nodes[1]), nodes[2])
    found = evaluate([loss], dict(zip(nodes, (x, y, known), strict=True)))[0]
    out, target, mask = torch.tensor(x, requires_grad=True), torch.tensor(y), torch.tensor(known) == 1
    theirs = mse_loss(out[mask], target[mask])
    theirs.backward()  # type: ignore[no-untyped-call]
    assert found.item() == pytest.approx(theirs.item(), rel=1e-14)
    (slope,) = gradient(loss, nodes[:1])
    filled = dict(zip(nodes, (x, np.nan_to_num(y), known), strict=True))
    assert out.grad is not None
    np.testing.assert_allclose(evaluate([slope], filled)[0], out.grad.numpy(), rtol=1e-13)


class Recommender(nn.Module):
    """As a person writes it, for a long table with a column of people and one of things."""

    def __init__(self, people: int, things: int, size: int = 2) -> None:
        super().__init__()
        self.person, self.thing = nn.Embedding(people, size), nn.Embedding(things, size)
        self.b, self.c = nn.Embedding(people, 1), nn.Embedding(things, 1)
        self.mean = nn.Parameter(torch.tensor(3.0))

    def forward(self, x: Tensor) -> Tensor:
        i, j = x[:, 0].long(), x[:, 1].long()
        match = (self.person(i) * self.thing(j)).sum(dim=1, keepdim=True)
        return self.mean + self.b(i) + self.c(j) + match


def test_a_recommender_of_ones_own_trains_on_a_long_table_and_is_green(tmp_path: Path) -> None:
    """Its last weights are those of torch's own run on the rows: a missing rating is no row."""
    R = ratings(0).R
    at = [(i, j) for i, j in np.ndindex(R.shape) if not np.isnan(R[i, j])]
    long = pd.DataFrame(
        {"who": [PEOPLE[i] for i, _ in at], "what": [FOODS[j] for _, j in at], "rating": [R[i, j] for i, j in at]}
    )
    table = sn.table(long, "rating", columns={"who": sn.codes(), "what": sn.codes()})
    torch.manual_seed(1)
    module = Recommender(len(PEOPLE), len(FOODS))
    built = sn.build(tmp_path / "own.xlsx", table, module, epochs=5, lr=0.2)
    report = sn.check(built.path)
    assert [str(finding) for finding in report.findings] == []
    X, y = (torch.tensor(np.asarray(part), dtype=torch.float64) for part in (table.X, table.y))
    own = module.double()
    optimiser = torch.optim.SGD(own.parameters(), lr=0.2)
    losses = []
    for _ in range(6):
        optimiser.zero_grad()
        loss = mse_loss(own(X), y.reshape(-1, 1))
        losses.append(loss.item())
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert next(iter(built.losses.values()))[-1] == pytest.approx(losses[-1], rel=1e-10)


# ---- its data


@pytest.mark.parametrize("seed", SEEDS)
def test_ratings_are_as_many_as_the_sheet_says(seed: int) -> None:
    one = ratings(seed)
    known = ~np.isnan(one.R)
    assert tells(one)
    asked = " ".join(one.question for one in lesson(seed).predictions)
    assert f"Of 120 ratings {(~known).sum()} are missing" in asked
    assert told(seed, "is 1 for the # ratings to learn from. # of # are kept back") == [72, 16, 88]
    assert (known.sum(), one.kept.sum(), (one.kept[~known] == 1).any()) == (88, 16, False)
    assert set(one.R[known]) <= {1, 2, 3, 4, 5}
    mean, zero, *by_food = said(seed, "ratings.mean ratings.all_zero ratings.there ratings.zero")
    assert (mean.item(), zero.item()) == pytest.approx(
        (one.R[known & (one.kept == 0)].mean(), one.R[known].sum() / 120)
    )
    assert by_food[0][:, 0] == pytest.approx(np.nanmean(one.R, axis=0))
    assert (by_food[1] < by_food[0]).all()


def test_ratings_of_which_the_story_is_not_true_are_noticed() -> None:
    one = ratings(0)
    shuffled = one.R.copy()
    np.random.default_rng(0).shuffle(shuffled.ravel())
    assert not tells(Ratings(shuffled, one.kept, one.P, one.Q))  # no tastes behind it
    assert not tells(Ratings(one.R, np.where(one.R == 5, 1.0, one.kept), one.P, one.Q))  # too few are left


# ---- what can be looked up elsewhere


def test_a_one_hot_row_times_a_matrix_is_an_embedding_of_torch() -> None:
    E, product, rows, orders = said(0, "lookup.tastes lookup.product lookup.rows lookup.orders")
    layer = nn.Embedding.from_pretrained(torch.tensor(E))  # type: ignore[no-untyped-call]
    assert (layer(torch.tensor(orders[:, 0] - 1).long()).numpy() == rows).all()
    for food in range(1, 11):
        product, index = said(0, "lookup.product lookup.index", {"lookup.food": food})
        assert (product == index).all()
        assert (layer(torch.tensor([food - 1])).numpy() == product).all()


@pytest.mark.parametrize(("run", "decay"), [("none", 0.0), ("decay", 0.03)])
def test_the_descent_is_that_of_autograd_and_sgd_with_weight_decay(run: str, decay: float) -> None:
    one = ratings(0)
    R, train = torch.tensor(one.R), torch.tensor(~np.isnan(one.R) & (one.kept == 0))
    start = one.P, one.Q, np.zeros((12, 1)), np.zeros((10, 1))
    P, Q, b, c = parameters = [torch.tensor(value, requires_grad=True) for value in start]
    optimiser = torch.optim.SGD(parameters, lr=2.0, weight_decay=decay)
    for _ in range(60):
        optimiser.zero_grad()
        mse_loss((R[train].mean() + b + c.T + P @ Q.T)[train], R[train]).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    found = said(0, " ".join(f"train.{run}.{key}.60" for key in "PQbc"))
    for ours, theirs in zip(found, parameters, strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("stretch", [1.0, 3.0])
def test_cosines_are_those_of_torch_and_see_no_length(stretch: float) -> None:
    Q, cosines, far = said(0, "nearest.Q nearest.cosines nearest.far", {"nearest.stretch": stretch})
    theirs = cosine_similarity(torch.tensor(Q)[:, None], torch.tensor(Q)[None], dim=2).numpy()
    np.testing.assert_allclose(cosines, theirs, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(cosines, said(0, "nearest.cosines")[0], rtol=1e-12, atol=1e-14)
    assert cosines.min() < -0.8  # as a task says
    assert far[:, 0] == pytest.approx(np.linalg.norm(Q - Q[0], axis=1))
    assert np.allclose(far, said(0, "nearest.far")[0]) == (stretch == 1)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_components_are_those_of_numpys_svd(seed: int) -> None:
    centred, V, scores, share1, share2 = said(
        seed, "components.centred components.V components.scores components.share1 components.share2"
    )
    _, sizes, rows = np.linalg.svd(centred)
    sides = np.sign((V * rows[:2]).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(V, sides * rows[:2], atol=1e-9)
    np.testing.assert_allclose(scores, centred @ (sides * rows[:2]).T, atol=1e-9)
    assert [share1.item(), share2.item()] == pytest.approx((sizes**2 / (sizes**2).sum())[:2].tolist(), rel=1e-9)
    assert scores[0, 0] > 0 < scores[5, 1]  # cake to the right, chilli above
    (both,) = told(seed, "Two directions hold #% of the spread")
    assert both == pytest.approx(100 * (share1 + share2).item(), abs=0.051)
    for begin in ([1.0, 0.2, -0.3], [-0.5, 1.0, 0.4]):  # another first direction finds the same
        (other,) = said(seed, "components.V", {"components.begin": begin})
        np.testing.assert_allclose(other, V, atol=1e-6)


# ---- what it tells


@pytest.mark.parametrize("seed", SEEDS)
def test_decay_is_worse_on_what_was_seen_and_better_on_what_was_not(seed: int) -> None:
    train, valid, curve = said(seed, "train.train_end train.valid_end train.none_valid")
    figures = told(seed, "ends at # on what is learnt from, and at # on what is kept back; it had been #. With decay")
    figures += told(seed, "With decay: # and #. Worse")
    assert figures == pytest.approx([train[0, 0], valid[0, 0], curve.min(), train[0, 1], valid[0, 1]], abs=5e-4)
    assert (train[0, 0] < train[0, 1], valid[0, 0] > valid[0, 1]) == (True, True)
    sizes = [node.shape[0] * node.shape[1] for node in lesson(seed).start.values()]
    assert told(seed, "# numbers can learn # ratings by heart") == [sum(sizes), 72] == [88, 72]
    (off,) = told(seed, "Typically off by #: the square root")
    assert off == pytest.approx(valid[0, 1] ** 0.5, abs=0.005)
    others = [said(seed, "train.valid_end", {"train.decay": decay})[0][0, 1] for decay in (0.001, 0.08, 0.1, 0.15)]
    assert valid[0, 1] < min(others)  # too little and too much decay


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_recommended_is_the_best_of_what_is_new(seed: int) -> None:
    R, (pred,) = ratings(seed).R, said(seed, "recommend.pred")
    for who in range(12):
        new = np.where(np.isnan(R[who]), pred[who], -np.inf)
        name, best = said(seed, "recommend.best_name recommend.best", {"recommend.person": who + 1})
        assert (name.item(), best.item()) == (FOODS[new.argmax()], pytest.approx(new.max()))


def test_a_cold_start_gives_what_most_people_like_and_ratings_make_it_bolder() -> None:
    nothing = np.full((10, 1), np.nan)
    says, mean, c = said(0, "you.says ratings.mean train.decay.c.60", {"you.own": nothing})
    np.testing.assert_allclose(says, mean + c, rtol=1e-12)
    one, two = nothing.copy(), nothing.copy()
    one[0], two[[0, 5]] = 5, [[5], [1]]
    spread = [np.ptp(said(0, "you.says", {"you.own": own})[0]) for own in (nothing, one, two)]
    assert spread == sorted(spread)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_made_tastes_are_found_again_by_turning_and_no_turn_changes_a_distance(seed: int) -> None:
    """The best turn by Procrustes: numpy's SVD of what both maps have in common."""
    scores, made, plain, far = said(seed, "components.scores meaning.made meaning.turned meaning.apart")
    left, _, right = np.linalg.svd(scores.T @ made)
    turn = left @ right
    typed = {
        "meaning.angle": np.degrees(np.arctan2(-turn[1, 0], turn[1, 1])),
        "meaning.mirror": float(np.linalg.det(turn) < 0),
    }
    turned, apart, corr = said(seed, "meaning.turned meaning.apart meaning.corr", typed)
    np.testing.assert_allclose(turned, np.linalg.norm(made) / np.linalg.norm(scores) * scores @ turn, atol=1e-12)
    assert apart.item() < min(0.35, far.item())
    assert corr[0] == pytest.approx([np.corrcoef(turned[:, j], made[:, j])[0, 1] for j in (0, 1)])
    assert corr.min() > 0.85
    gaps = [np.linalg.norm(places[:, None] - places[None], axis=2) for places in (turned, plain)]
    np.testing.assert_allclose(*gaps, atol=1e-12)


# ---- ratings as a person types and clears them


def test_own_ratings_may_be_blank_and_nothing_but_1_to_5(lesson_file: Callable[[str], Path], tmp_path: Path) -> None:
    path = lesson_file("embeddings")
    contents, own, R = reader.read(path), *(lesson(0).book.block(id).area for id in ("you.own", "ratings.R"))
    blank = next(at for at, x in zip(R.cells(), ratings(0).R.ravel(), strict=True) if np.isnan(x))
    cleared = dict.fromkeys((where(own.sheet, *at) for at in own.cells()), None) | {where(R.sheet, *blank): 4}
    assert [str(finding) for finding in sn.check(edit(path, tmp_path / "other.xlsx", cleared)).findings] == []
    for sheet, at, value in (
        (own.sheet, (own.row, own.col), 7.0),
        (own.sheet, (own.row, own.col), "good"),
        (R.sheet, blank, 2.5),
    ):
        page = contents.sheets[sheet]
        other = replace(contents, sheets={**contents.sheets, sheet: replace(page, values={**page.values, at: value})})
        with pytest.raises(WorkbookError, match="1, 2, 3, 4 or 5, or nothing"):
            read_inputs(other, lesson(0))


def test_a_blank_yellow_cell_takes_its_rule_with_it(lesson_file: Callable[[str], Path]) -> None:
    own = lesson(0).book.block("you.own").area
    rules = load_workbook(lesson_file("embeddings"))[own.sheet].data_validations.dataValidation
    ruled = {str(rule.sqref): (rule.type, rule.formula1, rule.formula2) for rule in rules}
    assert {ruled[cell_address(*at)] for at in own.cells()} == {("whole", "1", "5")}


# ---- what is seen first


@pytest.mark.parametrize("seed", SEEDS)
def test_charts_and_first_notes_are_whole_on_first_screens(seed: int) -> None:
    for page in lesson(seed).book.pages:
        seen = Geometry(page).first_screen()
        assert not [chart.title for chart in page.charts if chart not in seen.charts], page.name
        notes = [text for text in page.texts if text.style == "note" and not text.text.startswith("For the curious")]
        assert not [text.text for text in notes if text not in seen.texts], page.name


def test_foods_stand_on_the_maps_with_their_names_and_no_legend(lesson_file: Callable[[str], Path]) -> None:
    with zipfile.ZipFile(lesson_file("embeddings")) as archive:
        charts = [archive.read(name) for name in archive.namelist() if name.startswith("xl/charts/chart")]
    named = [chart.count(b'<c:showSerName val="1"/>') for chart in charts]
    assert sorted(n for n in named if n) == [10] * 5 + [11]  # on Start, too; and a person among the foods
    assert [b"<c:legend>" in chart for chart, n in zip(charts, named, strict=True) if n] == [False] * 6


def test_numbers_are_such_as_people_read() -> None:
    pages = [page for page in lesson(0).book.pages if page.name != "Torch"]
    assert not {"diff", "loss", "heat_loss"} & {block.format for page in pages for block in page.blocks}
