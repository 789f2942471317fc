"""Lesson 9: what it says of sigmoid, losses, thresholds and softmax, held against what can be looked up elsewhere."""

from __future__ import annotations

import math
from functools import partial

import laid_out
import numpy as np
import pytest
from onnx_cases import collected
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_curve, precision_score, recall_score

from sheetnet.course.classification.many import cross_entropy
from sheetnet.course.classification.own import EARLY, flowers, people, tells
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import variable
from sheetnet.page.screen import Geometry

SEEDS = [0, 2]
lesson, said, told = (partial(one, "classification") for one in (laid_out.laid, laid_out.said, laid_out.figures))


# ---- its data


@pytest.mark.parametrize("seed", SEEDS)
def test_the_people_and_the_flowers_are_as_many_as_it_says(seed: int) -> None:
    (value, ill), (_, kind) = people(seed), flowers(seed)
    assert told(seed, "each of # people") == [len(value)] == [40]
    assert tells(value, ill)
    assert told(seed, "is right for #% of these people") == pytest.approx([100 * (1 - ill.mean())])
    assert told(seed, "# made flowers") == [len(kind)]
    assert [int((kind == j).sum()) for j in (1, 2, 3)] == [12, 12, 12]


def test_people_of_whom_the_story_is_not_true_are_noticed() -> None:
    value, ill = people(0)
    assert not tells(-value, ill)  # the start is right then
    assert not tells(np.where(ill == 1, 2.0, -2.0), ill)  # a threshold changes nothing


# ---- two losses


@pytest.mark.parametrize("seed", SEEDS)
def test_the_slope_of_cross_entropy_is_prediction_less_truth(seed: int) -> None:
    """By central differences of the loss as it is defined, with numpy."""
    for score in (-8.0, -5.0, -0.3, 0.0, 2.0, 7.0):
        for truth in (0.0, 1.0):
            slopes, losses, error = said(
                seed, "losses.slope losses.loss losses.error", {"losses.score": score, "losses.y": truth}
            )
            s = np.array([score, score + 1e-4, score - 1e-4])
            squared = (1 / (1 + np.exp(-s)) - truth) ** 2
            entropy = np.log1p(np.exp(-s if truth else s))  # -ln(p), or -ln(1 - p)
            assert losses[0] == pytest.approx([squared[0], entropy[0]], rel=1e-12)
            assert slopes[0] == pytest.approx(
                [(squared[1] - squared[2]) / 2e-4, (entropy[1] - entropy[2]) / 2e-4], abs=1e-9
            )
            assert slopes[0, 1] == pytest.approx(error.item(), rel=1e-12)


def test_the_surely_wrong_person_is_told_as_the_sheet_says() -> None:
    flat, slope, score, y = said(0, "losses.flat losses.slope losses.score losses.y")
    assert (score.item(), y.item()) == (-5, 1)
    figures = told(0, "by its slope, #. What is left is #: hardly") + told(0, "prediction - truth, here #.")
    assert figures == pytest.approx([flat[0, 0], *slope[0]], abs=5e-4)
    far = said(0, "losses.slope", {"losses.score": 5})[0][0]
    assert abs(far).max() < 0.01  # the truth is reached: neither pulls
    wrong = said(0, "losses.slope", {"losses.score": 5, "losses.y": 0})[0][0]
    assert abs(wrong[1]) > 50 * abs(wrong[0])


def test_wiggled_slopes_are_equal_as_the_sheet_shows_them() -> None:
    """Below a millionth a cell says equal, whatever the score."""
    for score in np.linspace(-10, 10, 41):
        assert said(0, "losses.apart", {"losses.score": score})[0].max() < 1e-6
    assert said(0, "softmax.apart")[0].max() < 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_note_of_descent_says_comes_true(seed: int) -> None:
    right, far = said(seed, "descent.right_then descent.far_end")
    epoch, entropy = told(seed, "After # epochs the run on cross-entropy has #% of the people right")
    (squared,) = told(seed, "right, the run on squared error #%. That")
    assert epoch == EARLY
    assert [squared, entropy] == pytest.approx(100 * right[0], abs=0.051)
    assert max(far[0]) < 0.12  # it arrives
    stuck, helped, near = (
        said(seed, "descent.far_end", {"descent.start": start, "descent.lr_squared": rate})[0][0]
        for start, rate in (([-4.0, 3.0], 1.0), ([-4.0, 3.0], 20.0), ([1.0, 0.0], 1.0))
    )
    assert stuck[0] > 0.6 > 0.2 > stuck[1]
    assert helped[0] < 0.12
    assert abs(near[0] - near[1]) < 0.02  # from a good start both are


# ---- threshold


def judged_otherwise(seed: int, ids: str = "precision recall accuracy") -> list[str]:
    """Where the sheet and scikit-learn judge otherwise, at thresholds that are somebody's prediction, and between."""
    pred, ill = (a[:, 0] for a in said(seed, "threshold.pred threshold.truth"))
    found = []
    for threshold in (0.0, *np.sort(pred)[::6], 0.2, 0.5, 0.8, 1.0):
        called = pred >= threshold
        wanted = [
            precision_score(ill, called, zero_division=1),
            recall_score(ill, called),
            accuracy_score(ill, called),
        ]
        blocks = [f"threshold.{id}" for id in ids.split()]
        *got, matrix = said(seed, " ".join([*blocks, "threshold.confusion"]), {"threshold.threshold": threshold})
        if (matrix != confusion_matrix(ill, called)).any():
            found.append(f"confusion matrix at {threshold}")
        found += [
            f"{id} at {threshold}" for id, a, b in zip(blocks, got, wanted, strict=True) if abs(a.item() - b) > 1e-12
        ]
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_a_threshold_is_judged_as_scikit_learn_judges_it(seed: int) -> None:
    assert judged_otherwise(seed) == []
    assert len(judged_otherwise(seed, "recall precision accuracy")) > 10  # two that change places are noticed


@pytest.mark.parametrize("seed", SEEDS)
def test_the_curve_over_all_thresholds_is_that_of_scikit_learn(seed: int) -> None:
    pred, ill, steps, *ours = said(
        seed, "threshold.pred threshold.truth threshold.steps threshold.curve_precision threshold.curve_recall"
    )
    precision, recall, thresholds = precision_recall_curve(ill[:, 0], pred[:, 0])
    at = np.searchsorted(thresholds, steps[:, 0])  # the first prediction that is called ill
    assert ours[0][:, 0] == pytest.approx(precision[at], rel=1e-12)
    assert ours[1][:, 0] == pytest.approx(recall[at], rel=1e-12)


# ---- softmax


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_is_what_onnx_says(seed: int) -> None:
    case = collected()["softmax_example"]
    (scores,), (wanted,) = case.inputs, case.outputs
    assert scores is not None
    typed = {"softmax.scores": scores.T}
    for shift in (0.0, 10_000.0):
        shares, direct, safe = said(seed, "softmax.share large.direct large.safe", {**typed, "large.shift": shift})
        assert pytest.approx(wanted, rel=1e-6) == safe.T
        assert pytest.approx(wanted, rel=1e-6) == shares.T
        assert np.isnan(direct).all() == (shift > 0)


def onnx_says(scores: np.ndarray, truth: np.ndarray, wrong: float = 0.0) -> float:
    nodes = variable("scores", scores.shape), variable("truth", truth.shape)
    given = dict(zip(nodes, (scores + wrong * truth, truth), strict=True))
    return float(evaluate([cross_entropy(*nodes)], given)[0].item())


def test_cross_entropy_is_what_onnx_says() -> None:
    case = collected()["sce_mean"]
    scores, labels = case.inputs
    assert scores is not None
    assert labels is not None
    truth = np.eye(scores.shape[1])[labels.astype(int)]
    wanted = pytest.approx(float(case.outputs[0]), rel=1e-6)
    assert onnx_says(scores.astype(float), truth) == wanted
    assert onnx_says(scores.astype(float), truth, 1e-5) != wanted


@pytest.mark.parametrize("seed", SEEDS)
def test_the_slopes_of_softmax_are_share_less_truth(seed: int) -> None:
    draw = np.random.default_rng(seed)
    for kind in (1, 2, 3):
        scores = draw.normal(0, 3, (3, 1))
        typed = {"softmax.scores": scores, "softmax.kind": kind}
        exact, shares, entropy = said(seed, "softmax.exact softmax.share softmax.entropy", typed)

        def loss(s: np.ndarray, own: int = kind - 1) -> float:
            return float(np.log(np.exp(s).sum()) - s[own, 0])

        for j, unit in enumerate(np.eye(3)):
            move = 1e-5 * unit[:, None]
            assert exact[j, 0] == pytest.approx((loss(scores + move) - loss(scores - move)) / 2e-5, abs=1e-8)
        assert entropy.item() == pytest.approx(-(shares * np.log(shares)).sum())
        assert entropy.item() <= math.log(3)


def test_figures_of_softmax_and_large_scores_are_true() -> None:
    assert told(0, "ln 3, about #.") == [round(math.log(3), 3)]
    assert told(0, "e is a number, about #.") == [round(math.e, 3)]
    assert said(0, "softmax.entropy", {"softmax.scores": 0})[0].item() == pytest.approx(math.log(3))
    power, digits = told(0, "e^# has # digits")
    assert digits == math.floor(power / math.log(10)) + 1
    for shift, word in ((0, "alive"), (700, "alive"), (710, "broken"), (800, "broken"), (-800, "broken")):
        lives, safe, usual = said(0, "large.lives large.safe_sum softmax.total", {"large.shift": shift})
        assert lives.item() == word
        assert safe.item() == pytest.approx(math.log(usual.item()) + shift)


# ---- classes


@pytest.mark.parametrize("seed", SEEDS)
def test_flowers_are_told_apart_and_borders_are_where_the_entropy_is_high(seed: int) -> None:
    losses, right, weights = said(seed, "classes.losses classes.right classes.now")
    assert losses[0, 0] == pytest.approx(math.log(3))
    assert (np.diff(losses[:, 0]) < 0).all()
    assert right.item() > 0.85
    far = weights[:2, 0] / np.linalg.norm(weights[:2, 0])  # straight away from where A's score is low
    inside, outside, meet = (
        said(seed, "classes.unsure", {"classes.spot": spot[None]})[0].item()
        for spot in (np.array([-1.4, -0.6]), 8 * far, np.linalg.solve(*borders(weights)))
    )
    assert outside < inside < meet == pytest.approx(math.log(3))


def borders(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where all three scores are equal, as two equations."""
    apart = weights[:, :2] - weights[:, 2:]
    return apart[:2].T, -apart[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_flower_and_place_is_drawn_once_in_its_own_look(seed: int) -> None:
    for what, up, kinds in (("flower", "sizes", "kind"), ("place", "places", "says_there")):
        height, kind, *drawn = said(
            seed, f"classes.{up} classes.{kinds} classes.{what}_A classes.{what}_B classes.{what}_C"
        )
        for j, column in enumerate(drawn, start=1):
            assert (column == np.where(kind == j, height[:, 1:], -9.0)).all()


# ---- what is seen first


@pytest.mark.parametrize("seed", SEEDS)
def test_charts_and_notes_are_whole_on_first_screens(seed: int) -> None:
    for page in lesson(seed).book.pages:
        seen = Geometry(page).first_screen()
        assert not [chart.title for chart in page.charts if chart not in seen.charts], page.name
        assert not [text.text for text in page.texts if text.style == "note" and text not in seen.texts], page.name


def test_numbers_are_such_as_people_read() -> None:
    pages = [page for page in lesson(0).book.pages if page.name != "Torch"]
    assert not {"diff", "loss", "heat_loss"} & {block.format for page in pages for block in page.blocks}
