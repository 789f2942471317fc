"""Lesson 8 says what numpy and scikit-learn say, and its texts say what its sheets show."""

from __future__ import annotations

import re

import numpy as np
import pytest
from laid_out import drawn, note
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import KFold, cross_val_score

from sheetnet.course import kind_of
from sheetnet.course.validation import own, texts
from sheetnet.course.validation.own import legendre, parcels, points, tells
from sheetnet.graph.evaluate import evaluate
from sheetnet.page.screen import Geometry

SEEDS = pytest.mark.parametrize("seed", [0, 3])
TRAIN, VALID, TEST = slice(0, 12), slice(12, 20), slice(20, 30)


def said(seed: int, *ids: str, **typed: float) -> list[np.ndarray]:
    """What blocks say, with other numbers in the yellow cells of those names."""
    workbook, given = drawn("validation", seed)
    names = {node.name: node for node in given}
    changes = {names[name]: np.array([[value]]) for name, value in typed.items()}
    return evaluate([workbook.book.block(id).node for id in ids], {**given, **changes})


def rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of training, validation and test rows, as the sheets have them."""
    workbook, _ = drawn("validation", seed)
    given = workbook.as_delivered()
    where = {"train": "degree", "valid": "degree", "test": "choose"}
    return tuple(np.vstack([given[f"{page}.{key}_{part}"] for part, page in where.items()])[:, 0] for key in "xy")  # type: ignore[return-value]


def loss(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    return float(np.square(np.polyval(weights[::-1], x) - y).mean())


@SEEDS
def test_polynomials_are_those_of_polyfit(seed: int) -> None:
    x, y = rows(seed)
    (W,) = said(seed, "degree.W")
    for degree, weights in enumerate(W, start=1):
        right = np.polyfit(x[TRAIN], y[TRAIN], degree)[::-1]
        assert weights[: degree + 1] == pytest.approx(right, rel=1e-8, abs=1e-8)
        assert not weights[degree + 1 :].any()


@SEEDS
def test_losses_are_those_of_polyfit(seed: int) -> None:
    x, y = rows(seed)
    train, valid = said(seed, "degree.loss_train", "degree.loss_valid")
    fits = [np.polyfit(x[TRAIN], y[TRAIN], degree)[::-1] for degree in own.DEGREES]
    assert train[:, 0] == pytest.approx([loss(w, x[TRAIN], y[TRAIN]) for w in fits], rel=1e-8)
    assert valid[:, 0] == pytest.approx([loss(w, x[VALID], y[VALID]) for w in fits], rel=1e-8)


@SEEDS
def test_weights_with_decay_are_those_of_ridge(seed: int) -> None:
    x, y = rows(seed)
    higher = x[:, None] ** np.arange(1, 10)
    W, w = said(seed, "decay.W", "decay.w")
    for weights, decay in zip([*W, w[0]], [*own.DECAYS, 0.1], strict=True):
        ridge = Ridge(alpha=decay, solver="svd").fit(higher[TRAIN], y[TRAIN])
        assert weights == pytest.approx([ridge.intercept_, *ridge.coef_], rel=1e-8, abs=1e-8)


@SEEDS
def test_parts_and_their_losses_are_those_of_kfold(seed: int) -> None:
    x, y = (column[:20] for column in rows(seed))
    aside, losses, mean = said(seed, "folds.aside", "folds.losses", "folds.mean")
    assert [np.flatnonzero(part).tolist() for part in aside.T] == [out.tolist() for _, out in KFold(5).split(x)]
    for degree in own.DEGREES:
        X = x[:, None] ** np.arange(1, degree + 1)
        scores = cross_val_score(LinearRegression(), X, y, cv=KFold(5), scoring="neg_mean_squared_error")
        assert losses[degree - 1] == pytest.approx(-scores, rel=1e-8)
        assert mean[degree - 1] == pytest.approx(-scores.mean(), rel=1e-8)


@SEEDS
def test_test_rows_are_closed_until_they_are_opened(seed: int) -> None:
    x, y = rows(seed)
    assert not said(seed, "choose.loss_test")[0].any()
    (valid,) = said(seed, "choose.loss_valid")
    opened = np.hstack([said(seed, "choose.loss_test", open_test=1.0, choice=way)[0] for way in range(1, 6)])
    found = opened.diagonal()
    assert np.count_nonzero(opened) == 5  # of the chosen way alone
    fits = [np.polyfit(x[TRAIN], y[TRAIN], degree)[::-1] for degree in (1, 3, 9)]
    assert found[:3] == pytest.approx([loss(w, x[TEST], y[TEST]) for w in fits], rel=1e-8)
    decay, kept = said(seed, "choose.best_decay", "stopping.w_kept")
    ridge = Ridge(alpha=decay.item(), solver="svd").fit(x[TRAIN, None] ** np.arange(1, 10), y[TRAIN])
    others = np.array([ridge.intercept_, *ridge.coef_]), kept[0]
    assert found[3:] == pytest.approx([loss(w, x[TEST], y[TEST]) for w in others], rel=1e-8)
    assert valid.argmin() == 1
    assert valid[1] < found[1]


def test_legendres_polynomials_are_numpys() -> None:
    right = np.zeros((10, 10))
    for k in range(10):
        right[: k + 1, k] = np.polynomial.legendre.leg2poly([0] * k + [1])
    assert legendre(10) == pytest.approx(right, rel=1e-14)


@SEEDS
def test_patience_stops_as_one_would_by_hand(seed: int) -> None:
    (valid,) = said(seed, "stopping.loss_valid")
    for patience in (1, 5, 40):
        lowest, waited, stop = np.inf, 0, 0
        for epoch, now in enumerate(valid[:, 0]):
            lowest, waited, stop = (now, 0, epoch) if now < lowest else (lowest, waited + 1, epoch)
            if waited == patience:
                break
        stops, kept = said(seed, "stopping.stops", "stopping.kept", patience=patience)
        assert (stops.item(), kept.item()) == (stop, stop - waited)


@SEEDS
def test_the_wrong_price_is_the_greatest_surprise_and_no_other_price_is_wrong(seed: int) -> None:
    _, typed, slips = parcels(seed)
    wrong = int(np.argmax(typed != slips))
    assert (typed != slips).sum() == 1
    at, before = said(seed, "surprise.at", "surprise.loss")
    assert at[0] == wrong + 1
    assert sorted(typed[:, 0].tolist()).index(typed[wrong, 0]) in range(1, 53)
    (after,) = said(seed, "surprise.loss", checked=wrong + 1.0)
    assert after < before / 2


def test_the_loop_runs_away_and_chance_brings_it_back() -> None:
    (last,) = said(0, "loop.last")
    assert last > 0.999
    (last,) = said(0, "loop.last", by_chance=0.6)
    assert last == pytest.approx(0.5, abs=0.001)


def test_shares_in_the_note_on_the_loop_are_those_of_the_sheet() -> None:
    weeks, few, little, many, much, trust = told(0, "The rule: A's next share")
    assert (weeks, trust) == (20, said(0, "loop.trust")[0].item())
    for chance, share in ((few, little), (many, much)):
        assert said(0, "loop.last", by_chance=chance)[0] == pytest.approx(share / 100, abs=0.005)


def told(seed: int, words: str) -> list[float]:
    """The numbers in the text that holds some words."""
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", note("validation", seed, words))]


@SEEDS
def test_numbers_in_texts_are_those_of_the_sheets(seed: int) -> None:
    by_decay, by_degree = said(seed, "decay.loss_valid", "degree.loss_valid")
    low, high, nine, best, none = told(seed, "In between, degree 9")
    assert (low, high, nine) == (own.DECAYS[0], own.DECAYS[-1], 9)
    assert (best, none) == pytest.approx((by_decay.min(), by_degree[8].item()), abs=0.0005)
    (valid,) = said(seed, "stopping.loss_valid")
    lesson, at, least, last, end, again = told(seed, "The optimiser is Adagrad")
    assert (lesson, last) == (7, own.EPOCHS)
    assert at == again == valid.argmin()
    assert (least, end) == pytest.approx((valid.min(), valid[-1].item()), abs=0.0005)
    x, _ = rows(seed)
    assert [len(x[some]) for some in (TRAIN, VALID)] == [12, 8]
    assert "12 training rows" in texts.ABOUT_DEGREE
    assert "8 validation rows" in texts.ABOUT_DEGREE
    assert all(word in texts.FOLDS for word in ("Eight validation rows", "all 20 rows", "k = 5", "4 rows", "other 16"))


@SEEDS
def test_the_training_loss_falls_with_degree_and_epoch_and_rises_with_decay(seed: int) -> None:
    degree, decay, epoch = (
        column[:, 0] for column in said(seed, "degree.loss_train", "decay.loss_train", "stopping.loss_train")
    )
    assert (np.diff(degree) < 0).all()
    assert (np.diff(decay) > 0).all()
    assert (np.diff(epoch) < 0).all()


def test_each_first_screen_shows_all_charts_and_the_first_note() -> None:
    workbook, _ = drawn("validation", 0)
    pages = [page for page in workbook.book.pages[1:] if page.charts]
    assert len(pages) == 7
    for page in pages:
        seen = Geometry(page).first_screen()
        assert set(page.charts) <= set(seen.charts), page.name
        assert next(text for text in page.texts if text.style == "note") in seen.texts, page.name
        assert not {"diff", "loss", "heat_loss"} & {block.format for block in page.blocks}


def test_points_of_which_the_story_is_not_true_are_noticed() -> None:
    x, y = points(0)
    assert tells(x, y)
    assert not tells(x, x)  # a line is enough
    assert not tells(x, y[::-1])
    assert not tells(np.where(np.arange(30)[:, None] < 12, x / 2, x), y)  # too near to each other for ten weights


def test_parcels_with_the_same_error_come_in_their_order() -> None:
    """As a stable sort has them: each place of the list has a parcel, and none has two."""
    lesson = kind_of("validation")("0")
    inputs = lesson.as_delivered()
    for name in ("kg", "km", "typed", "slip"):
        column = inputs[f"surprise.{name}"] = inputs[f"surprise.{name}"].copy()
        column[2] = column[1]
    inputs["surprise.typed"][1:3] += 30
    ranks, at = (evaluate([node], lesson.by_node(inputs))[0][:, 0].tolist() for node in (lesson.rank, lesson.at))
    assert sorted(ranks) == [float(i) for i in range(1, len(ranks) + 1)]
    assert at.index(2.0) + 1 == at.index(3.0)
