"""Lesson 13: what it says of memories, slopes, gates and forecasts, held against torch's own nets and numpy."""

from __future__ import annotations

from functools import partial

import laid_out
import numpy as np
import pytest
import torch
from torch import nn

from sheetnet.course.sequences.own import (
    EPOCHS,
    KNOWN,
    MOST,
    STEPS,
    follows,
    of_gated,
    of_plain,
    remembers,
    series,
    signs,
)
from sheetnet.course.sequences.steps import tells
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import variable
from sheetnet.models.clipping import clipped
from sheetnet.page.screen import Geometry

SEEDS = [0, 2]
lesson, said, told = (partial(one, "sequences") for one in (laid_out.laid, laid_out.said, laid_out.figures))
FLOAT = torch.float64


def rnn(u: np.ndarray, w: np.ndarray, b: np.ndarray) -> nn.RNN:
    """torch's recurrent net with the weights of a sheet: u (1, k), w (k, k), b (1, k)."""
    net = nn.RNN(1, w.shape[0], batch_first=True, dtype=FLOAT)
    turned = {"weight_ih_l0": u.T, "weight_hh_l0": w.T, "bias_ih_l0": b[0], "bias_hh_l0": 0 * b[0]}
    net.load_state_dict({name: torch.as_tensor(value.copy()) for name, value in turned.items()})
    return net


def states(net: nn.RNN, x: np.ndarray) -> torch.Tensor:
    """Its memory after each input, (n, k)."""
    out: torch.Tensor = net(torch.as_tensor(x.copy())[None])[0][0]
    return out


# ---- its data


@pytest.mark.parametrize("seed", SEEDS)
def test_its_numbers_tell_what_it_says(seed: int) -> None:
    assert remembers(signs(seed))
    assert follows(series(seed))
    assert tells(*(x.item() for x in said(seed, " ".join(f"unrolled.x_{t}" for t in range(1, 7)))))
    plain, gated = said(seed, "remember.loss_plain remember.loss_gated")
    assert plain[:, 0] == pytest.approx(of_plain(signs(seed))[0], rel=1e-9)
    assert gated[:, 0] == pytest.approx(of_gated(signs(seed)), rel=1e-9)


def test_numbers_of_which_the_story_is_not_true_are_noticed() -> None:
    assert not remembers(np.tile(signs(0)[:1], (STEPS, 1)))  # all signs are as the first
    assert not follows(np.sin(np.arange(40.0))[:, None].round(2))  # a smooth wave
    assert not tells(1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_sign_says_nothing_of_any_other(seed: int) -> None:
    x = signs(seed)
    assert x.shape == (STEPS, 8)
    assert (x[1:] @ x[0] == 0).all()


# ---- a memory, and its slopes


def test_a_pulse_is_remembered_by_powers_of_w() -> None:
    for w in (0.5, 0.9, 1.0, 1.1, -0.8):
        (h,) = said(0, "memory.plain", {"memory.w": w})
        assert h[:, 0] == pytest.approx(w ** np.arange(len(h)), rel=1e-12)
        (bent,) = said(0, "memory.tanh", {"memory.w": w})
        assert abs(bent).max() < 1
    assert told(0, "0.9^10 is #") == [round(0.9**10, 3)]


def test_the_share_of_step_t_of_a_linear_unit_is_w_to_the_power_of_the_steps_after_it() -> None:
    ws = (0.5, 0.9, 1.1)
    (powers,) = said(0, "vanish.powers")
    for j, w in enumerate(ws):
        h = [torch.tensor(1.0, dtype=FLOAT, requires_grad=True)]
        for _ in range(len(powers) - 1):
            h.append(w * h[-1])
        shares = torch.stack(torch.autograd.grad(h[-1], h))
        assert powers[::-1, j] == pytest.approx(shares.numpy(), rel=1e-13)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("w", [0.8, 0.3, -1.5])
def test_states_and_gradient_are_those_of_torchs_rnn(seed: int, w: float) -> None:
    h, d_h, grad, u, y, x = said(
        seed, "backwards.h backwards.d_h backwards.grad unrolled.u unrolled.y backwards.x", {"unrolled.w": w}
    )
    net = rnn(u, np.array([[w]]), np.zeros((1, 1)))
    out = states(net, x)
    assert h == pytest.approx(out.detach().numpy(), rel=1e-12)
    (out[-1, 0] - y.item()).square().backward()
    slopes = {
        name: one.grad.item() for name, one in net.named_parameters() if one.grad is not None and "weight" in name
    }
    assert grad[0] == pytest.approx([slopes["weight_hh_l0"], slopes["weight_ih_l0"]], rel=1e-10)
    assert d_h[-1, 0] == pytest.approx(2 * (h[-1] - y).item(), rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_note_on_the_way_back_is_true(seed: int) -> None:
    d_h, d_a, flat, w, apart = said(seed, "backwards.d_h backwards.d_a backwards.flat unrolled.w backwards.apart")
    assert told(seed, "for step 5: # × (#) = #.") == [w.item(), round(d_a[5, 0], 3), round(d_h[4, 0], 3)]
    assert round(w.item() * round(d_a[5, 0], 3), 3) == round(d_h[4, 0], 3)
    assert (np.diff(abs(d_h[:, 0])) > 0).all()
    assert (w * flat).max() < told(seed, "which is below # here")[0]
    assert apart.max() < 1e-6  # a cell says: equal


def test_what_is_said_of_vanishing_is_true() -> None:
    ten, last = said(0, "vanish.left_10 vanish.left_30")
    assert last[0, 2] > 10
    assert max(last[0, [0, 1, 3]]) < 0.05
    assert ten[0, 3] < 1
    (near,) = said(0, "vanish.left_30", {"vanish.begin": 0.01})
    assert near[0, 3] > 10  # tanh is straight there
    for w in (1.0, 1.5):
        assert said(0, "vanish.left_30", {"vanish.w_3": w})[0][0, 3] < 0.2


# ---- clipping


def test_gradients_are_clipped_as_torch_clips_them() -> None:
    draw = np.random.default_rng(0)
    for most in (0.3, 1.0, 5.0, 100.0):
        grads = [draw.normal(0, 1, shape) for shape in ((2, 3), (1, 1), (4, 1))]
        nodes = [variable(f"g{i}", grad.shape) for i, grad in enumerate(grads)]
        found = evaluate(clipped(nodes, most), dict(zip(nodes, grads, strict=True)))
        parameters = [nn.Parameter(torch.zeros_like(torch.as_tensor(grad))) for grad in grads]
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = torch.as_tensor(grad.copy())
        nn.utils.clip_grad_norm_(parameters, most)
        for ours, parameter in zip(found, parameters, strict=True):
            assert parameter.grad is not None
            assert ours == pytest.approx(parameter.grad.numpy(), rel=1e-14)


def test_what_the_note_on_clipping_says_comes_true() -> None:
    norm, clip, plain, small = said(0, "clip.norm clip.w_clip clip.far_plain clip.w_small")
    assert told(0, "has the norm #. Not clipped, one step at the rate # leaps to w = #, and") == pytest.approx(
        [norm.item(), 0.01, plain[0, 0]], abs=0.5
    )
    assert abs(plain[0, 1]) > 100
    steps = abs(np.diff(clip[:, 0]))
    assert steps.max() <= 0.01
    (about,) = told(0, "at its goal after about # steps")
    assert abs(clip[int(about), 0] - clip[-1, 0]) < 0.005
    assert abs(clip[-1, 0] - 1) < abs(small[-1, 0] - 1) / 3
    five, hundred = (said(0, "clip.w_clip", {"clip.most": most})[0][:, 0] for most in (5, 100))
    assert abs(five[-1] - 1) < 0.01
    assert hundred[1] < 0.3
    assert np.ptp(hundred[1:]) < 0.001  # nothing pulls


# ---- a gate


@pytest.mark.parametrize("b", [-6.0, -3.0, 0.0, 2.0])
def test_the_gated_unit_is_torchs_gru_with_its_reset_gate_open(b: float) -> None:
    h, x, mark, u, a = said(0, "gate.h_gated gate.x gate.mark gate.gated_u gate.gated_a", {"gate.gated_b": b})
    cell = nn.GRUCell(2, 1, dtype=FLOAT)
    rows = [[0.0, 0.0], [0.0, -a.item()], [u.item(), 0.0]]  # torch's gate says what is kept: 1 - z
    biases = torch.tensor([40.0, -b, 0.0], dtype=FLOAT)
    weights = {"weight_ih": torch.tensor(rows, dtype=FLOAT), "weight_hh": torch.zeros(3, 1, dtype=FLOAT)}
    cell.load_state_dict(weights | {"bias_ih": biases, "bias_hh": torch.zeros(3, dtype=FLOAT)})
    now = torch.zeros(1, 1, dtype=FLOAT)
    for one, at, ours in zip(x[:, 0], mark[:, 0], h[:, 0], strict=True):
        now = cell(torch.tensor([[one, at]], dtype=FLOAT), now)
        assert now.item() == pytest.approx(ours, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_notes_on_gates_say_comes_true(seed: int) -> None:
    opened, shut, last, slope, x = said(seed, "gate.open gate.shut gate.h_last gate.slope_last gate.x")
    figures = told(seed, "at the mark, z = #, and all but shuts it after that, z = #.")
    figures += told(seed, "slope # is left at the end, of the plain unit's #.")
    assert figures == pytest.approx([opened.item(), shut.item(), slope[0, 1], slope[0, 0]], abs=5e-4)
    assert last[0, 1] * x[0, 0] > 0.8
    assert slope[0, 0] < 0.001
    assert said(seed, "gate.h_last", {"gate.gated_b": 0})[0][0, 1] * x[-1, 0] > 0.5  # the last signs, not the first
    held, lost = said(seed, "gate.h_last gate.slope_last", {"gate.plain_w": 3})
    assert held[0, 0] * x[0, 0] > 0.8
    assert abs(lost[0, 0]) < 0.001
    end, doors = said(seed, "remember.end remember.doors")
    assert told(seed, "its loss stays at #.") == [round(end[0, 0], 3)]
    figures = told(seed, "at the mark, z = #, and to shut after it, z = #. Its loss: #.")
    assert figures == pytest.approx([*doors[0], end[0, 1]], abs=5e-4)
    slow, fast = (said(seed, "remember.end", {"remember.lr_gated": rate})[0][0, 1] for rate in (1, 8))
    assert fast < end[0, 1] < 0.1 < 0.5 < slow


def test_to_say_0_has_the_loss_1() -> None:
    assert said(0, "remember.end", {"remember.plain_start": 0})[0][0, 0] == 1
    assert said(0, "remember.epochs")[0].max() == EPOCHS


# ---- a forecast


@pytest.mark.parametrize("seed", SEEDS)
def test_the_net_is_torchs_rnn_and_learns_by_its_gradient(seed: int) -> None:
    ids = " ".join(f"series.{key}.{k}" for k in (0, 1) for key in "UWbV")
    *weights, y, rate = said(seed, f"{ids} series.y series.lr")
    before, after = weights[:4], weights[4:]
    net, V = rnn(*before[:3]), nn.Parameter(torch.as_tensor(before[3].copy()))
    out = states(net, y[: KNOWN - 1])
    assert said(seed, "series.memories", {"series.epoch": 0})[0][1:KNOWN] == pytest.approx(
        out.detach().numpy(), rel=1e-10
    )
    loss = ((out @ V)[2:] - torch.as_tensor(y[3:KNOWN].copy())).square().mean()
    loss.backward()  # type: ignore[no-untyped-call]
    assert said(seed, "series.losses")[0][0, 0] == pytest.approx(loss.item(), rel=1e-12)
    own = dict(net.named_parameters())
    learnt = [own["weight_ih_l0"], own["weight_hh_l0"], own["bias_ih_l0"], V]
    nn.utils.clip_grad_norm_(learnt, MOST)
    for one, old, new in zip(learnt, before, after, strict=True):
        assert one.grad is not None
        slope = one.grad.numpy() if one is V else one.grad.numpy().reshape(old.shape[::-1]).T
        assert new == pytest.approx(old - rate * slope, rel=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_models_are_judged_as_numpy_judges_them(seed: int) -> None:
    y, best, losses, *far = said(
        seed, "series.y series.best series.losses series.far_last series.far_line series.far_net"
    )
    X = np.array([[*y[t - 3 : t, 0][::-1], 1.0] for t in range(3, 40)])
    wanted = np.linalg.lstsq(X[:27], y[3:30, 0], rcond=None)[0]
    assert best[:, 0] == pytest.approx(wanted, rel=1e-9)
    assert far[1][0, :2] == pytest.approx(
        [np.square(X[:27] @ wanted - y[3:30, 0]).mean(), np.square(X[27:] @ wanted - y[30:, 0]).mean()]
    )
    assert (far[2] * 3 < far[1]).all()
    (soon,) = told(seed, "After # epochs the net is ahead of both")
    assert losses[int(soon), 0] < far[1][0, 0] < losses[int(soon) - 1, 0]


def test_a_smooth_wave_needs_no_net() -> None:
    wave = (0.8 * np.sin(2 * np.pi * np.arange(40) / 8)).round(2)[:, None]
    line, net = said(0, "series.far_line series.far_net", {"series.y": wave})
    assert line.max() < 1e-4 < 0.01 < net.max()


# ---- what is seen first


@pytest.mark.parametrize("seed", SEEDS)
def test_charts_and_notes_are_whole_on_first_screens(seed: int) -> None:
    for page in lesson(seed).book.pages:
        seen = Geometry(page).first_screen()
        assert not [chart.title for chart in page.charts if chart not in seen.charts], page.name
        assert not [text.text for text in page.texts if text.style == "note" and text not in seen.texts], page.name


def test_numbers_are_such_as_people_read() -> None:
    pages = [page for page in lesson(0).book.pages if page.name != "Torch"]
    assert not {"diff", "loss", "heat_loss", "tiny"} & {block.format for page in pages for block in page.blocks}
