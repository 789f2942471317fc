"""Lesson 15: what it says of transfer and of numbers of few bits, held against torch's autograd and numpy's types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

import laid_out
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from sheetnet.course.transfer import own, texts
from sheetnet.course.transfer.elsewhere import DECAY, OLD, SHAPES, old_rows, weights
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import variable
from sheetnet.models.half import KINDS, exponent, place, rounded
from sheetnet.page.screen import Geometry

SEEDS = [0, 2]
lesson, said, told = (partial(one, "transfer") for one in (laid_out.laid, laid_out.said, laid_out.figures))
TORCH = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


# ---- numbers of few bits


def kept(values: np.ndarray, name: str) -> np.ndarray:
    """What the graph keeps of a column of numbers; inf beyond the largest."""
    kind, a = KINDS[name], variable("a", values.shape)
    near = rounded(a, place(exponent(a, kind.lowest), kind.bits))
    (found,) = evaluate([near], {a: values})
    return np.where(np.abs(found) > kind.largest, np.copysign(np.inf, found), found)


def some_numbers(name: str) -> np.ndarray:
    """Of all sizes and both signs, subnormal ones, middles between two places, powers of 2 and what is beside them."""
    rng, kind = np.random.default_rng(15), KINDS[name]
    sizes = 2.0 ** rng.uniform(kind.lowest - kind.bits - 2, np.log2(kind.largest) + 0.5, 600)
    few = 2.0 ** rng.uniform(-30, 20, 300)
    whole = rng.integers(0, 2 ** (kind.bits + 1), 200) + rng.integers(0, 2, 200) / 2  # halves: ties among them
    ties = whole * 2.0 ** rng.integers(kind.lowest - kind.bits + 1, 4, 200)
    powers = 2.0 ** np.arange(max(kind.lowest - kind.bits, -150), min(np.log2(kind.largest), 100))
    edge = kind.largest * np.array([1.0, 1.0 - 2.0**-20, 1.0 + 2.0 ** -(kind.bits + 1.5), 1.2])
    beside = [np.nextafter(powers, end) for end in (0, np.inf)]
    all_of = np.concatenate([sizes, few, ties, powers, *beside, edge, [0]])
    return np.concatenate([all_of, -all_of])[:, None]


@pytest.mark.parametrize("name", KINDS)
def test_a_number_is_kept_as_torch_keeps_it(name: str) -> None:
    """Torch rounds a double to float32 first: numbers that are of float32 already are rounded once."""
    values = some_numbers(name)
    if name != "float32":
        values = np.clip(values, -3e38, 3e38).astype(np.float32).astype(float)
    expected = torch.tensor(values).to(TORCH[name]).double().numpy()
    np.testing.assert_array_equal(kept(values, name), expected)
    assert np.isinf(expected).any() or name == "bfloat16"
    assert len(values) > 1000


def test_a_number_is_kept_as_numpy_keeps_it_in_float16() -> None:
    values = some_numbers("float16")
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(kept(values, "float16"), values.astype(np.float16).astype(float))


def test_digits_tells_what_the_course_says_of_its_numbers() -> None:
    for number, half, short in (
        (3.14159, 3.140625, 3.140625),
        (2049, 2048, 2048),
        (1e-8, 0, 1.00117176771164e-08),
        (-0.1, -0.0999755859375, -0.10009765625),
    ):
        near, value = said(0, "digits.near digits.value", {"digits.number": number})
        assert near[0, :2] == pytest.approx([half, short], rel=1e-12)
        assert value.tolist() == [["yes"] * 3]
    assert said(0, "digits.value", {"digits.number": 70000})[0].tolist() == [["too large", "yes", "yes"]]
    assert told(0, "the largest in float16 is #)") == [float(np.finfo(np.float16).max)]
    assert told(0, "For 3.14159 it is #, for") == [np.floor(np.log2(3.14159))]


@pytest.mark.parametrize("number", [3.14159, -0.1, 1000.7, 6e-8, 0.0])
def test_the_bits_make_the_number_of_places(number: float) -> None:
    ids = "digits.bits_float16 digits.bits_bfloat16 digits.count digits.step digits.near"
    *bits, count, step, near = said(0, ids, {"digits.number": number})
    for j, one in enumerate(bits):
        assert set(one.flat) <= {0, 1}
        assert int("".join(f"{bit:.0f}" for bit in one[0]), 2) == abs(count[0, j])
    assert (count * step == near).all()


def test_sums_stand_still_where_numpy_has_them_stand() -> None:
    total = np.float16(0)
    for _ in range(10_000):
        total = np.float16(total + np.float16(0.0001))
    assert told(0, "ten thousand times in float16, from 0, gets #, not #") == [float(total), 1]
    assert told(0, "At # a place of float16 is #. # is less") == [
        0.25,
        round(float(np.spacing(np.float16(0.25))), 6),
        0.0001,
    ]
    for first, added in ((0.24, 0.0001), (2040, 1), (0, 0.3)):
        for name, kind in TORCH.items():
            (sums,) = said(0, f"sum.sum_{name}", {"sum.first": first, "sum.added": added})
            term, expected = torch.tensor(added).half().double(), [torch.tensor(float(first)).to(kind)]
            for _ in range(len(sums) - 1):
                expected.append((expected[-1].double() + term).to(kind))
            assert sums[:, 0].tolist() == torch.stack(expected).double().tolist()
    assert said(0, "sum.end_float16", {"sum.first": 2040, "sum.added": 1})[0].item() == 2048


@pytest.mark.parametrize("seed", SEEDS)
def test_rounded_weights_move_predictions_as_the_note_says(seed: int) -> None:
    ids = "rounded.far rounded.exact rounded.loss"
    found = {bits: [v.item() for v in said(seed, ids, {"rounded.bits": bits})] for bits in (11, 8, 4, 2)}
    note = told(
        seed,
        "moves by more than #, and the loss goes from # to #. With # bits predictions move by up to #,"
        " with # by #, with # by #",
    )
    assert note == pytest.approx([*found[11], 8, found[8][0], 4, found[4][0], 2, found[2][0]], abs=5.1e-4)
    assert found[8][0] < own.NOISE
    for bits, kind in ((11, torch.float16), (8, torch.bfloat16)):
        (W,) = said(seed, "rounded.rounded_W_1", {"rounded.bits": bits})
        assert W.tolist() == torch.tensor(weights()["W_1"]).to(kind).double().tolist()


# ---- weights from elsewhere


def module(P: Mapping[str, np.ndarray]) -> nn.Sequential:
    net = nn.Sequential(
        nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 2), nn.Tanh(), nn.Linear(2, P["W_3"].shape[1])
    ).double()
    with torch.no_grad():
        for parameter, value in zip(net.parameters(), P.values(), strict=True):
            parameter.copy_(torch.tensor(value.T.reshape(parameter.shape)))
    return net


def test_the_weights_from_elsewhere_are_where_torch_comes_to_rest() -> None:
    """The slope of what was made small there is nearly 0 at the kept weights, by autograd on all 400 rows."""
    net, (x, Y) = module(weights()), map(torch.tensor, old_rows())
    loss = mse_loss(net(x), Y)
    price = DECAY * sum(p.square().sum() for p in net.parameters())
    (loss + price).backward()
    assert max(p.grad.abs().max().item() for p in net.parameters() if p.grad is not None) < 2e-3
    assert loss.item() < 0.02  # the noise alone is 0.01
    assert told(0, "on # rows of four waves") == [len(x)]
    assert (
        told(0, "These are # numbers")
        == [sum(np.prod(shape) for shape in SHAPES.values())]
        == [sum(p.numel() for p in net.parameters())]
    )
    assert len(OLD) == 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("task", [1, 2, 3])
def test_frozen_is_torchs_descent_of_a_head_whose_lower_layers_have_no_slope(seed: int, task: int) -> None:
    drawn = own.own(seed)
    net = module({**weights(), "W_3": np.zeros((2, 1)), "b_3": np.zeros((1, 1))})
    net[:4].requires_grad_(False)
    optimiser = torch.optim.SGD(net.parameters(), lr=own.RATE)  # which steps over what has no slope
    x, y = torch.tensor(drawn["x"]), torch.tensor(drawn["y"][:, [task - 1]])
    for _ in range(own.EPOCHS):
        optimiser.zero_grad()
        mse_loss(net(x), y).backward()
        optimiser.step()
    assert all(p.grad is None for p in net[:4].parameters())
    ids = [f"frozen.{name}.{own.EPOCHS}" for name in SHAPES]
    ours = said(seed, " ".join(ids), {"three.task": task})
    for parameter, value in zip(net.parameters(), ours, strict=True):
        np.testing.assert_allclose(value.T.reshape(parameter.shape), parameter.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_frozen_weights_stay_equal_in_every_epoch_and_say_so() -> None:
    names = [name for name in SHAPES if name not in ("W_3", "b_3")]
    for rate in (0.3, 0.4):
        for name in names:
            bands = said(0, " ".join(f"frozen.{name}.{k}" for k in range(own.EPOCHS + 1)), {"three.lr": rate})
            assert all((band == weights()[name]).all() for band in bands)
    titles = {block.title for block in lesson(0).book.blocks if block.id.startswith("frozen.")}
    assert {f"{name}, frozen" for name in names} <= titles
    assert not [block.id for block in lesson(0).book.blocks if re.match(r"frozen\.d_", block.id)]
    assert said(0, "frozen.changes")[0].tolist() == [[0.0] * 4]


def test_the_slopes_of_the_head_are_those_of_wiggling() -> None:
    for epoch in (0, 5, 60):
        grad, wiggled = said(0, "frozen.grad frozen.wiggled", {"three.epoch": epoch})
        np.testing.assert_allclose(wiggled, grad, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_notes_say_what_comes_true_of_each_task(seed: int) -> None:
    found = {task: lesson(seed).losses_as_it_came(task) for task in (1, 2, 3)}
    three = told(
        seed,
        "after # epochs: scratch has # on its few rows and # on those kept back. It knows nothing of the gap."
        " Frozen has # there, whole #",
    )
    wave = found[1]
    assert three == pytest.approx(
        [own.EPOCHS, wave["few_scratch"], wave["kept_scratch"], wave["kept_frozen"], wave["kept_whole"]], abs=5.1e-4
    )
    line = told(seed, "of the line (task 3) frozen ends at # on the rows kept back, scratch at #")
    assert line == pytest.approx([found[3]["kept_frozen"], found[3]["kept_scratch"]], abs=5.1e-4)
    fast = told(seed, "Of the fast wave (task 2) whole ends at # on the rows kept back, frozen at #")
    assert fast == pytest.approx([found[2]["kept_whole"], found[2]["kept_frozen"]], abs=5.1e-4)
    forgets = said(seed, "whole.old_loss")[0]
    assert told(seed, "on the old task was # at epoch 0 and is # at the end of task 1") == pytest.approx(
        [forgets[0, 0], forgets[-1, 0]], abs=5.1e-4
    )
    assert wave["kept_frozen"] < wave["kept_whole"] < wave["kept_scratch"] / 1.5
    assert found[2]["kept_whole"] < min(found[2]["kept_frozen"], found[2]["kept_scratch"])
    assert found[3]["kept_frozen"] > 2 * found[3]["kept_scratch"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_are_as_the_texts_say(seed: int) -> None:
    drawn = own.own(seed)
    assert told(seed, "A new task with # rows") == [len(drawn["x"])] == [own.FEW]
    assert told(seed, "The # rows kept back") == [len(drawn["x_kept"])] == [own.MANY]
    low, high = told(seed, "Between x = # and x = # there are no rows")
    assert (low, high) == own.GAP
    assert not ((drawn["x"] > low) & (drawn["x"] < high)).any()
    learn = [sum(np.prod(drawn[name].shape) for name in names) for names in (SHAPES, ("W_3", "b_3"))]
    assert (
        told(seed, "random start, all # weights learn. Frozen: lower layers from elsewhere, only the # of the head")
        == learn
    )
    assert told(seed, "# weights and # rows: there are many") == [learn[0], own.FEW]


def test_three_numbers_fit_the_few_rows_as_the_try_asks() -> None:
    """Get the loss on the 12 rows below 0.1, by hand: the best three numbers do."""
    F, y = said(0, "frozen.features features.y")
    A = np.hstack([F, np.ones_like(y)])
    best = np.linalg.lstsq(A, y, rcond=None)[0]
    few, kept_back = said(
        0, "features.few features.kept", {"features.w": best[:2].T.round(1), "features.b": best[2:].round(1)}
    )
    assert few.item() < 0.1 > kept_back.item()


def test_numbers_of_whom_the_story_is_not_true_are_noticed() -> None:
    drawn = {name: value[None] for name, value in own.own(0).items()}
    assert own.tells(drawn).all()
    turned = {**drawn, "y_kept": -drawn["y_kept"]}  # what is kept back is another wave
    assert not own.tells(turned).any()
    waves = {**drawn, **{name: drawn[name][..., [0, 1, 0]] for name in ("y", "y_kept")}}  # task 3 is a wave, too
    assert not own.tells(waves).any()


def test_a_descent_that_last_digits_decide_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """At three times its rate the whole net swings, and a billionth at the start becomes a share that one sees."""
    drawn = {name: value[None] for name, value in own.own(0).items()}
    monkeypatch.setitem(own.RATES, "whole", 0.3)
    assert not own.tells(drawn).any()
    assert abs(np.subtract(*(own._losses("whole", drawn, 1, nudge)[0][-1] for nudge in (0.0, own.NUDGE)))) > own.GROWN


def test_every_sheet_shows_its_picture_and_its_note_on_the_first_screen() -> None:
    for page in lesson(0).book.pages:
        if page.charts:
            screen = Geometry(page).first_screen()
            assert set(page.charts) <= set(screen.charts), page.name
            notes = [text for text in page.texts if text.style == "note"]
            assert notes == [] or notes[0] in screen.texts, page.name


def test_no_task_leaves_a_cell_in_error() -> None:
    ids = [
        block.id
        for block in lesson(0).book.blocks
        if block.style != "values"
        and block.id.partition(".")[0] in ("old", "features", "three", "frozen", "whole", "digits", "rounded", "sum")
    ]
    tried: list[laid_out.Typed] = [
        {"three.task": 3, "three.lr": 0.4, "three.smaller": 0.15, "three.epoch": 0},
        {"digits.number": 0, "rounded.bits": 1, "sum.first": 0, "sum.added": 0},
        {"digits.number": -1e6, "rounded.bits": 24, "sum.first": 100_000, "sum.added": 1000},
        {"digits.number": 1e-8, "old.which": 4, "features.w": -10},
    ]
    for typed in tried:
        for id, value in zip(ids, said(0, " ".join(ids), typed), strict=True):
            assert value.dtype == object or np.isfinite(value).all(), (id, typed)


def test_every_word_is_seen_where_it_is_said_to_be() -> None:
    blocks = {block.id for block in lesson(0).book.blocks}
    assert {at for _, _, at in texts.WORDS} <= blocks
