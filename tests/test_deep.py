"""Lesson 10: what it says of chains, corners, starts and models, held against torch, numpy and what can be counted."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import laid_out
import numpy as np
import pytest
import torch
from keep_trained import curve as trained_on_curve
from keep_trained import passengers as trained_on_passengers
from torch import nn
from torch.nn.functional import mse_loss

import sheetnet as sn
from sheetnet.course.deep import own
from sheetnet.page.screen import Geometry

SEEDS = pytest.mark.parametrize("seed", [0, 3])
lesson = partial(laid_out.laid, "deep")


def said(ids: str, seed: int = 0, typed: laid_out.Typed | None = None) -> list[np.ndarray]:
    return laid_out.said("deep", seed, ids, typed)


def told(pattern: str, seed: int = 0) -> list[float]:
    return laid_out.figures("deep", seed, pattern)


# ---- Chain and Descent


def by_autograd(seed: int) -> dict[str, np.ndarray]:
    """Every gradient of the net of whole numbers, by the names of its blocks, from an nn.Sequential."""
    X, y, *P = (
        torch.tensor(a)
        for a in said("chain.X chain.y chain.W_1 chain.b_1 chain.W_2 chain.b_2 chain.W_3 chain.b_3", seed)
    )
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    with torch.no_grad():
        for p, given in zip(net.parameters(), P, strict=True):
            p.copy_(given.T if p.dim() == 2 else given[0])
    steps = [X]
    for layer in net:
        steps.append(layer(steps[-1]))
    names = ["d_lin_1", "d_relu_1", "d_lin_2", "d_relu_2", "d_pred"]
    names += [name for k in (1, 2, 3) for name in (f"grad_W_{k}", f"d_b_{k}")]
    grads = torch.autograd.grad(mse_loss(steps[-1], y), [*steps[1:], *net.parameters()])
    turned = [
        grad.T if name.startswith("grad") else grad.reshape(-1, grad.shape[-1])
        for name, grad in zip(names, grads, strict=True)
    ]
    return {name: grad.numpy() for name, grad in zip(names, turned, strict=True)}


def gradients_that_differ(seed: int, typed: laid_out.Typed | None = None) -> set[str]:
    wanted = by_autograd(seed)
    found = said(" ".join(f"chain.{id}" for id in wanted), seed, typed)
    return {
        id
        for id, a in zip(wanted, found, strict=True)
        if a.shape != wanted[id].shape or abs(a - wanted[id]).max() > 1e-12
    }


@SEEDS
def test_every_cotangent_and_gradient_of_the_chain_is_autograds(seed: int) -> None:
    assert gradients_that_differ(seed) == set()
    (y,) = said("chain.y", seed)
    assert {"d_pred", "grad_W_1", "d_b_1"} <= gradients_that_differ(
        seed, {"chain.y": y + 1}
    )  # another truth is noticed


@SEEDS
def test_the_chain_is_in_numbers_of_one_digit(seed: int) -> None:
    ids = "X y lin_1 relu_1 lin_2 relu_2 pred error d_pred d_relu_2 d_lin_2 d_relu_1 d_lin_1 grad_W_1 grad_W_2 grad_W_3"
    for numbers in said(" ".join(f"chain.{id}" for id in ids.split()), seed):
        assert (numbers == numbers.round()).all()
        assert abs(numbers).max() <= 9
    lins = said("chain.lin_1 chain.lin_2", seed)
    assert all(0 < (column > 0).sum() < len(column) for lin in lins for column in lin.T)
    apart, exact, wiggled = said("chain.apart chain.exact chain.wiggled", seed)
    assert apart.max() < 1e-6
    assert wiggled == pytest.approx(exact, abs=1e-6)


@SEEDS
def test_descent_learns_and_says_from_where_to_where(seed: int) -> None:
    (losses,) = said("descent.losses", seed)
    first, last = told("the loss falls from # to #.", seed)
    assert [first, last] == pytest.approx([losses[0, 0], losses[-1, 0]], abs=5e-4)
    assert losses[-1, 0] < 0.011
    for rate in (0.02, 0.3):
        assert np.isfinite(said("descent.losses", seed, {"descent.lr": rate})[0]).all()


# ---- Units and Fold


def corners_of(hidden: tuple[int, ...], weights: list[np.ndarray]) -> int:
    """How often the slope of a net's line changes between -2 and 2, on a grid so fine that it shows each change."""
    x = np.linspace(-2, 2, 40_001)[:, None]
    slopes = np.diff(own.forward(x, weights)[-1][:, 0])
    changes = np.flatnonzero(abs(np.diff(slopes)) > 1e-9)
    return 1 + int((np.diff(changes) > 1).sum()) if len(changes) else 0


def test_a_net_of_k_units_has_at_most_k_corners() -> None:
    """Counted by the slopes of the line; the sheet counts by units that go on or off, on a coarser grid."""
    (sheet,) = said("units.corners")
    for j, (name, hidden) in enumerate(own.GROUPS.items()):
        found = corners_of(hidden, [np.array(a) for a in own.trained()["curve"][name]])
        if len(hidden) == 1:
            assert found <= sheet[j, 0] <= hidden[0]
        assert abs(found - sheet[j, 0]) <= 2, name


def test_the_kept_weights_are_what_torch_trains() -> None:
    """One net of each kind is trained again. Of four units, start 1 was the best of five."""
    torch.set_num_threads(1)
    kept = own.trained()
    _, weights = trained_on_curve((4,), 1)
    for found, was in zip(weights, kept["curve"]["4"], strict=True):
        assert np.array(found) == pytest.approx(np.array(was), abs=2e-4)
    losses, (line,) = trained_on_passengers("line", 0)
    assert losses == pytest.approx(kept["losses"]["line"], abs=2e-4)
    assert np.array(line) == pytest.approx(np.array(kept["passengers"]["line"][0]), abs=2e-4)


def test_figures_of_units_are_those_of_the_sheet() -> None:
    errors, counts, units = said("units.errors units.counts units.units")
    one, eight = told("One unit leaves a loss of #, eight leave #. The")
    assert (one, eight) == (round(errors[0, 0], 3), round(errors[3, 0], 4))
    assert (np.diff(errors[:6, 0]) < 0).all()
    assert errors[4, 0] < 1.3 * errors[5, 0]  # hardly falls
    assert counts[5] == counts[6] == told("the net of 32 units, #. For")
    assert errors[6, 0] > errors[5, 0]
    assert told("# epochs of Adam, the best of # starts") == [own.FOLLOWED, own.STARTS]
    assert units[:, 0].tolist() == [*own.SIZES, 16]


def test_each_layer_of_the_fold_doubles_the_pieces() -> None:
    pieces, wide = said("fold.pieces fold.wide")
    for k in range(1, own.FOLDED + 1):
        (line,) = said(f"fold.fold_{k}")
        turns = int((np.diff(np.sign(np.diff(line[:, 0]))) != 0).sum())
        assert turns + 1 == 2**k == pieces[k - 1, 0]
        assert wide[k - 1, 0] == turns
    assert told("Four layers have # units and # pieces") == [8, 16]
    assert told("# pieces need # units. With # layers it is # units against #.") == [16, 15, 10, 20, 2**10 - 1]


# ---- Dead, Spread, Vanishing


@SEEDS
def test_dead_units_stay_dead_and_their_gradient_is_0(seed: int) -> None:
    rows, size, dead, losses = said("dead.rows dead.size dead.dead dead.losses", seed)
    assert ((rows == 0) == (size == 0)).all()
    assert (dead[:, 1] == dead[0, 1]).all()
    start, units, end, epochs = told("a bias of -3, # of # units are dead at the start and # after # epochs.", seed)
    bad, good = told("The loss ends at #, with a bias of 0 at #.", seed)
    assert [start, end, units, epochs] == [dead[0, 1], dead[-1, 1], own.TOGETHER, own.AFTER]
    assert [good, bad] == pytest.approx(losses[-1], abs=5e-4)
    weights = said(f"dead.run1.A.0 dead.run1.A.{own.AFTER}", seed)
    silent = rows[:, 0] == 0
    assert (weights[0][:, silent] == weights[1][:, silent]).all()


@SEEDS
def test_a_bias_of_2_kills_units_that_were_alive(seed: int) -> None:
    for bias in (-5, -1, 2):
        dead, losses = said("dead.dead dead.losses", seed, {"dead.bias": bias})
        assert np.isfinite(losses).all()
        assert bias < 2 or (dead[0, 1] == 0 and dead[-1, 1] >= 3), dead[-1]
    (slowly,) = said("dead.dead_end", seed, {"dead.bias": 2, "dead.lr": 0.01})
    assert slowly[0, 1] <= 1


def sizes_of(spread: float, n: int = 200, layers: int = 6) -> list[float]:
    """The mean size of what each of six wide ReLU layers gives in torch, of some hundred rows."""
    torch.manual_seed(1)
    act = torch.randn(300, n).double()
    out = [act.abs().mean().item()]
    for _ in range(layers):
        linear = nn.Linear(n, n, bias=False).double()
        nn.init.normal_(linear.weight, std=spread)
        act = torch.relu(linear(act)).detach()
        out.append(act.mean().item())
    return out


def test_hes_start_keeps_the_size_and_a_smaller_one_shrinks_it() -> None:
    """With 200 units: sqrt(2 / 200) = 0.1 is He's; torch's own kaiming_normal_ draws with that spread."""
    he = sizes_of(0.1)
    assert max(he[1:]) / min(he[1:]) < 1.5
    halved = sizes_of(0.05)
    assert halved[-1] / he[-1] == pytest.approx(1 / 64)
    linear = nn.Linear(200, 4000)
    nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
    assert linear.weight.std().item() == pytest.approx(0.1, rel=0.01)


@SEEDS
def test_half_the_spread_is_64_times_smaller_after_six_layers(seed: int) -> None:
    sizes, he = said("spread.sizes spread.he", seed)
    assert sizes[-1, 1] / sizes[-1, 0] == pytest.approx(64)
    assert sizes[-1, 2] / sizes[-1, 1] == pytest.approx(64)
    assert he.item() == told("here sqrt(2 / 8) = #.")[0] == own.KEPT_SPREAD
    assert 0.3 < sizes[-1, 1] / sizes[0, 1] < 2


@SEEDS
def test_sigmoids_let_the_gradient_vanish_and_relus_do_not(seed: int) -> None:
    sizes, ratio = said("vanishing.sizes vanishing.ratio", seed)
    (times,) = told("in layer 6 it is # times as large as in layer 1", seed)
    (level,) = told("With ReLUs it is # times as large", seed)
    assert [level, times] == pytest.approx(ratio[0], abs=0.51)
    assert ratio[0, 1] > 200 > 3 > ratio[0, 0] > 0.3
    wider = [said("vanishing.ratio", seed, {"vanishing.spread_sigmoid": s})[0][0, 1] for s in (0.5, 1, 2, 4)]
    assert wider[0] > wider[1] > wider[2] > wider[3]  # large weights bring it back
    exploded = said("vanishing.sizes", seed, {"vanishing.spread_relu": 1})[0]
    assert exploded[0, 0] > 30 * sizes[0, 0]


# ---- Starts


@SEEDS
def test_how_many_starts_end_well_is_said_as_it_is(seed: int) -> None:
    ends, counted = said("starts.ends starts.counted", seed)
    quiet, near, shaken = told("Without noise # of 20 end below #, with noise #.", seed)
    assert [quiet, shaken] == (ends < near).sum(axis=0).tolist()
    helped, harmed = told("It shook # starts to a clearly lower loss, and # to a higher one", seed)
    change = ends[:, 0] - ends[:, 1]
    assert [helped, harmed] == [(change > 0.05).sum(), (change < -0.05).sum()]
    for column, found in zip(ends.T, counted.T, strict=True):
        wanted, _ = np.histogram(column, [*np.arange(10) / 10, np.inf])
        assert found.tolist() == wanted.tolist()
    for strength in (0, 1, 2):
        assert np.isfinite(said("starts.ends", seed, {"starts.strength": strength})[0]).all()
    assert np.ptp(said("starts.ends", seed, {"starts.strength": 0})[0], axis=1).max() < 1e-12


# ---- Models


def test_the_models_and_their_costs_are_told_as_they_are() -> None:
    losses, right, mean, cost, parts = said("models.losses models.right models.mean models.cost models.parts")
    table, inside = sn.titanic(), own.folds() == 0
    assert losses[0, 0] == pytest.approx(np.mean(table.y[inside]))
    assert right[0, 0] == pytest.approx(1 - np.mean(table.y[inside]))
    assert losses[:, 0] == pytest.approx(parts[:, 0], abs=2e-4)  # what torch said, and what the kept weights give
    inputs = len(table.features)
    weights = [0, inputs, 2 * inputs, *(sum(a * b for a, b in pairwise((inputs, *h, 1))) for h in ((8,), (8, 4)))]
    assert cost[:, 0] == pytest.approx([w * 3 * (712 - inside.sum()) * 1000 / 1e6 for w in weights])
    times, better = told("MLP 8-4 costs # times as much, and its mean loss is # lower")
    assert [times, better] == pytest.approx(
        [weights[4] / weights[1], mean[1, 0] - mean[4, 0]], abs=0.5 if times > 1 else 0
    )
    assert better == round(mean[1, 0] - mean[4, 0], 3)
    low, high = told("the loss of the line goes from # to #.")
    assert [low, high] == [round(parts[1].min(), 3), round(parts[1].max(), 3)]
    assert high - low > 5 * better  # which part is set aside matters more
    assert told("weights × # rows × 3 × # epochs") == [712 - inside.sum(), 1000]


# ---- its numbers, and what is seen first


def test_starts_of_which_the_story_is_not_true_are_noticed() -> None:
    X, y, P = own.whole_net(0)
    many = [np.array([a]) for a in P]
    error = (own.forward(X, list(P))[-1] - y)[None]
    assert own._teaches(X[None], many, error).all()
    assert not own._teaches(X[None], [0 * p for p in many], error).any()
    assert (
        len(own._descend([0 * p for p in own.start(0)], *own.points(own.FEW))) == 1
    )  # units at 0: each program its way


@SEEDS
def test_charts_and_notes_are_whole_on_first_screens(seed: int) -> None:
    for page in lesson(seed).book.pages:
        seen = Geometry(page).first_screen()
        assert not [chart.title for chart in page.charts if chart not in seen.charts], page.name
        assert not [text.text for text in page.texts if text.style == "note" and text not in seen.texts], page.name
