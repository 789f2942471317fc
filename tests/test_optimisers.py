"""Optimisers: step for step what torch.optim does, in numpy, in a sheet of mini-batches, and in the workbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import OFFICE, Made, edit, run_here, usable
from torch.nn.functional import mse_loss

import sheetnet as sn
from sheetnet import engines
from sheetnet.book.xlsx import write
from sheetnet.errors import GraphError, SheetnetError, TrainingError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node, apply, lift, mean, square, variable
from sheetnet.models import torch_optim as optim
from sheetnet.models.optimisers import OPTIMISERS, Rule, Settings, State, Step
from sheetnet.page.book import Book

pytestmark = pytest.mark.usefixtures("one_office")

Array = np.ndarray
STEPS, LR = 50, 0.03
P, K, BATCH, BATCHES = 3, 2, 8, 3
STATEFUL = [name for name in OPTIMISERS if name != "sgd"]
# torch.optim as its documentation has it, apart from the table in sheetnet.models.torch_optim
TORCH: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, object], dict[str, str]]] = {
    "sgd": (torch.optim.SGD, {}, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}, {"m": "momentum_buffer"}),
    "adagrad": (torch.optim.Adagrad, {}, {"sum_sq": "sum"}),
    "rmsprop": (torch.optim.RMSprop, {}, {"v": "square_avg"}),
    "adam": (torch.optim.Adam, {}, {"m": "exp_avg", "v": "exp_avg_sq"}),
    "adamw": (torch.optim.AdamW, {}, {"m": "exp_avg", "v": "exp_avg_sq"}),
}


# ---- 50 steps on mini-batches


@dataclass(frozen=True)
class Case:
    """Least squares in three mini-batches; the gradients are so small that it matters where eps stands."""

    X: list[Array]
    y: list[Array]
    W: Array


def case(seed: int = 0) -> Case:
    rng = np.random.default_rng(seed)
    X = [0.02 * rng.normal(size=(BATCH, P)) for _ in range(BATCHES)]
    return Case(X, [0.02 * rng.normal(size=(BATCH, K)) for _ in range(BATCHES)], rng.normal(size=(P, K)))


@dataclass(frozen=True)
class Unrolled:
    """The inputs of 50 steps, the gradients, and what each step gave."""

    X: list[Node]
    y: list[Node]
    W: Node
    lr: Node
    zeros: dict[str, Node]
    grads: list[Node]
    steps: list[Step]

    def given(self, of: Case) -> dict[Node, Array]:
        return dict(zip([*self.X, *self.y, self.W, self.lr], [*of.X, *of.y, of.W, np.array([[LR]])], strict=True))


def unrolled(name: str, **settings: Node | float) -> Unrolled:
    """As a lesson does it: the batches in turn, each step from the weights and the state of the one before."""
    X = [variable(f"X_{b}", (BATCH, P)) for b in range(BATCHES)]
    y = [variable(f"y_{b}", (BATCH, K)) for b in range(BATCHES)]
    W, lr = variable("W", (P, K)), variable("lr", (1, 1))
    optimiser = OPTIMISERS[name]
    zeros = optimiser.zeros(W)
    out = Unrolled(X, y, W, lr, zeros, [], [])
    now, state = W, zeros
    for t in range(STEPS):
        loss = mean(square(X[t % BATCHES] @ now - y[t % BATCHES]))
        out.grads.append(gradient(loss, [now])[0])
        out.steps.append(optimiser.step(now, out.grads[-1], state, lr, t + 1.0, **settings))
        now, state = out.steps[-1].W_next, out.steps[-1].state
    return out


def by_torch(name: str, of: Case, **settings: object) -> tuple[list[Array], dict[str, Array]]:
    """Weights after each step, and the state after the last, of a loop as everyone writes it."""
    make, usual, kept = TORCH[name]
    W = torch.nn.Parameter(torch.tensor(of.W))
    optimiser = make([W], lr=LR, **(usual | settings))
    weights = []
    for t in range(STEPS):
        optimiser.zero_grad()
        mse_loss(torch.tensor(of.X[t % BATCHES]) @ W, torch.tensor(of.y[t % BATCHES])).backward()
        optimiser.step()
        weights.append(W.detach().numpy().copy())
    return weights, {ours: optimiser.state[W][theirs].numpy() for ours, theirs in kept.items()}


def assert_equal(got: list[Array], expected: list[Array]) -> None:
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10 * abs(other).max())


def assert_steps_agree(name: str, **settings: float) -> None:
    of, net = case(), unrolled(name, **settings)
    kinds = list(OPTIMISERS[name].state)
    weights, state = by_torch(name, of, **for_torch(settings))
    roots = [step.W_next for step in net.steps] + [net.steps[-1].state[kind] for kind in kinds]
    assert_equal(evaluate(roots, net.given(of)), weights + [state[kind] for kind in kinds])


def for_torch(settings: dict[str, float]) -> dict[str, object]:
    """Our settings under torch's names."""
    rest: dict[str, object] = {key: value for key, value in settings.items() if not key.startswith("beta")}
    return rest | ({"betas": (settings["beta1"], settings["beta2"])} if "beta1" in settings else {})


@pytest.mark.parametrize("name", OPTIMISERS)
def test_fifty_steps_on_mini_batches_equal_torch_optim(name: str) -> None:
    assert_steps_agree(name)


OTHERS: dict[str, dict[str, float]] = {
    "momentum": {"momentum": 0.5},
    "adagrad": {"eps": 1e-3},
    "rmsprop": {"alpha": 0.8, "eps": 1e-3},
    "adam": {"beta1": 0.7, "beta2": 0.95, "eps": 1e-3},
    "adamw": {"beta1": 0.7, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.2},
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_settings_equal_torch_optim_too(name: str) -> None:
    assert set(OTHERS[name]) == set(OPTIMISERS[name].settings)
    assert_steps_agree(name, **OTHERS[name])


def test_the_defaults_are_those_of_torch() -> None:
    for name, optimiser in OPTIMISERS.items():
        make, usual, _ = TORCH[name]
        defaults = make([torch.nn.Parameter(torch.zeros(1))], **usual).defaults
        assert optimiser.default_lr == defaults["lr"]
        ours = for_torch(optimiser.settings)
        assert ours == {key: defaults[key] for key in ours}


# ---- the same in a sheet


def sheet_of(net: Unrolled, of: Case, path: Path, more: dict[Node, float]) -> Book:
    """A workbook on which each gradient, state and weight matrix of the steps stands, in array formulas."""
    book = Book()
    page = book.page("Steps", "Steps", "Every step of an optimiser.")
    given = net.given(of) | {node: np.array([[value]]) for node, value in more.items()}
    for i, node in enumerate(given):
        page.place(f"input.{node.name}", node, 5, 4 * i, "input", name=f"the_{node.name}")
    for i, (kind, node) in enumerate(net.zeros.items()):
        page.place(f"{kind}.0", node, 20, 8 + 4 * i, "update")
    for t, (grad, step) in enumerate(zip(net.grads, net.steps, strict=True), 1):
        placed = {"grad": grad, "W": step.W_next} | step.state | step.shown
        for i, (key, node) in enumerate(placed.items()):
            page.place(f"{key}.{t}", node, 20 + 4 * t, 4 * i, "update")
    values = evaluate([b.node for b in book.blocks], given)
    wrong = {b.id: v if b.style == "values" else v + 1 for b, v in zip(book.blocks, values, strict=True)}
    write(path, book, wrong, "{}")
    return book


def recalculated(book: Book, path: Path, ids: list[str], change: dict[str, float]) -> list[Array]:
    """The blocks, by IronCalc, after some inputs were typed anew."""
    with engines.get("ironcalc").open(path) as session:
        for id, value in change.items():
            area = book.block(id).area
            session.set(area.sheet, area.row, area.col, value)
        session.recalculate()
        areas = [book.block(id).area for id in ids]
        return [np.array(session.read(a.sheet, a.row, a.col, a.n_rows, a.n_cols), dtype=float) for a in areas]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_fifty_steps_recalculated_in_a_sheet_equal_torch_optim(name: str, tmp_path: Path) -> None:
    of, net = case(1), unrolled(name)
    book = sheet_of(net, of, tmp_path / "steps.xlsx", {})
    kinds = list(OPTIMISERS[name].state)
    weights, state = by_torch(name, of)
    ids = [f"W.{t}" for t in range(1, STEPS + 1)] + [f"{kind}.{STEPS}" for kind in kinds]
    assert_equal(recalculated(book, tmp_path / "steps.xlsx", ids, {}), weights + [state[kind] for kind in kinds])


def test_a_setting_may_stand_in_a_cell_and_be_changed_there(tmp_path: Path) -> None:
    of, beta = case(2), variable("beta1", (1, 1))
    net = unrolled("adam", beta1=beta)
    book = sheet_of(net, of, tmp_path / "steps.xlsx", {beta: 0.9})
    for value in (0.9, 0.5):
        weights, _ = by_torch("adam", of, betas=(value, 0.999))
        ids = [f"W.{t}" for t in range(1, STEPS + 1)]
        assert_equal(recalculated(book, tmp_path / "steps.xlsx", ids, {"input.beta1": value}), weights)


# ---- planted faults


def sqrt(a: Node) -> Node:
    return apply("sqrt", a)


def mixed(beta: Node, old: Node, new: Node) -> Node:
    return beta * old + (1.0 - beta) * new


def adam_like(fault: str) -> Rule:
    """Adam or AdamW with one thing wrong."""

    def rule(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
        if fault == "decay in the gradient":
            grad = grad + s["weight_decay"] * W
        elif fault == "decay after the step":
            made = OPTIMISERS["adam"].rule(W, grad, state, lr, t, s)
            return Step(made.W_next * (1.0 - lr * s["weight_decay"]), made.state)
        m = mixed(s["beta1"], state["m"], grad)
        v = mixed(s["beta2"], state["v"], square(grad))
        at = t - 1.0 + 1e-9 if fault == "t counted from 0" else t
        m_hat, v_hat = (x / (1.0 - apply("power", s[beta], at)) for x, beta in ((m, "beta1"), (v, "beta2")))
        if fault == "no bias correction":
            m_hat, v_hat = m, v
        root = sqrt(v_hat + s["eps"]) if fault == "eps in the root" else sqrt(v_hat) + s["eps"]
        if fault == "eps before the correction":
            root = (sqrt(v) + s["eps"]) / sqrt(1.0 - apply("power", s["beta2"], t))
        return Step(W - lr * m_hat / root, {"m": m, "v": v})

    return rule


def adagrad_in_root(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    total = state["sum_sq"] + square(grad)
    return Step(W - lr * grad / sqrt(total + s["eps"]), {"sum_sq": total})


def rmsprop_by_the_last(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    v = mixed(s["alpha"], state["v"], square(grad))
    return Step(W - lr * grad / (sqrt(state["v"]) + s["eps"]), {"v": v})


def rmsprop_in_root(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    v = mixed(s["alpha"], state["v"], square(grad))
    return Step(W - lr * grad / sqrt(v + s["eps"]), {"v": v})


def averaged_momentum(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    m = mixed(s["momentum"], state["m"], grad)
    return Step(W - lr * m, {"m": m})


def nesterov(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    m = s["momentum"] * state["m"] + grad
    return Step(W - lr * (grad + s["momentum"] * m), {"m": m})


FAULTS: dict[tuple[str, str], Rule] = {
    ("sgd", "a step too long"): lambda W, grad, state, lr, t, s: Step(W - 1.00001 * lr * grad),
    ("momentum", "averaged"): averaged_momentum,
    ("momentum", "nesterov"): nesterov,
    ("adagrad", "eps in the root"): adagrad_in_root,
    ("rmsprop", "eps in the root"): rmsprop_in_root,
    ("rmsprop", "divided by the last mean"): rmsprop_by_the_last,
    **{
        ("adam", fault): adam_like(fault)
        for fault in ("no bias correction", "eps in the root", "eps before the correction", "t counted from 0")
    },
    **{("adamw", fault): adam_like(fault) for fault in ("decay in the gradient", "decay after the step", "no decay")},
}


def test_the_faults_are_planted_in_a_sound_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIMISERS, "adam", replace(OPTIMISERS["adam"], rule=adam_like("none")))
    assert_steps_agree("adam")
    assert {name for name, _ in FAULTS} == set(OPTIMISERS)


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_a_planted_fault_differs_from_torch(name: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIMISERS, name, replace(OPTIMISERS[name], rule=FAULTS[name, fault]))
    with pytest.raises(AssertionError):
        assert_steps_agree(name)


# ---- a step by itself


def test_a_formula_of_adam_reads_as_it_is_spoken() -> None:
    from test_formula import Named

    from sheetnet.graph.formula import render

    W, grad, m, v, lr, t = (
        variable(name, (2, 1) if i < 4 else (1, 1)) for i, name in enumerate(("W", "grad_W", "mm", "vv", "lr", "t"))
    )
    step = OPTIMISERS["adam"].step(W, grad, {"m": m, "v": v}, lr, t)
    nodes = {**step.state, **step.shown, "W_next": step.W_next}
    assert {name: node.name for name, node in nodes.items()} == {name: name for name in nodes}

    def reads(node: Node) -> str:  # the places of all other nodes are known, by their names
        return render(replace(node, name=""), Named({}))

    assert {name: reads(node) for name, node in nodes.items()} == {
        "m": "=0.9*mm+0.1*grad_W",
        "v": "=0.999*vv+0.001*grad_W^2",
        "m_hat": "=m/(1-0.9^t)",
        "v_hat": "=v/(1-0.999^t)",
        "W_next": "=W-lr*m_hat/(SQRT(v_hat)+1E-8)",
    }


def test_the_names_of_parameters_do_not_grow() -> None:
    W, lr = variable("W", (2, 1)), variable("lr", (1, 1))
    step = OPTIMISERS["sgd"].step(W, W, {}, lr, 1)
    assert step.W_next.name == "W_next"
    assert OPTIMISERS["sgd"].step(step.W_next, W, {}, lr, 1).W_next.name == "W_next"


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_step_keeps_shapes_and_names_its_state(name: str) -> None:
    W, grad, lr = variable("W", (4, 1)), variable("grad_W", (4, 1)), variable("lr", (1, 1))
    optimiser = OPTIMISERS[name]
    step = optimiser.step(W, grad, optimiser.zeros(W), lr, 1)
    assert list(step.state) == list(optimiser.state)
    assert {node.shape for node in (step.W_next, *step.state.values(), *step.shown.values())} == {(4, 1)}
    assert all(f"{kind} after" in optimiser.in_words() for kind in optimiser.state)
    assert "{" not in optimiser.in_words()


def test_a_state_or_setting_of_another_optimiser_is_refused_in_words() -> None:
    W = variable("W", (2, 1))
    with pytest.raises(GraphError, match=r"adam remembers m, v, found nothing"):
        OPTIMISERS["adam"].step(W, W, {}, 0.1, 1)
    with pytest.raises(GraphError, match=r"sgd has the settings nothing, found eps"):
        OPTIMISERS["sgd"].step(W, W, {}, 0.1, 1, eps=1e-8)
    with pytest.raises(TrainingError, match="there is no optimiser 'adamax'"):
        optim.create("adamax", [], 0.1)


def test_torch_knows_the_optimisers_of_the_graph() -> None:
    assert {name: set(kept) for name, (_, kept) in optim.OPTIM.items()} == {
        name: set(optimiser.state) for name, optimiser in OPTIMISERS.items()
    }


# ---- the workbook


@pytest.fixture(scope="module")
def books(small: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """The workbook of 30 passengers, with 6 epochs, once for each optimiser."""
    folder, table = tmp_path_factory.mktemp("optimisers"), small.table
    for name in OPTIMISERS:
        models = [sn.linear(table), sn.two_relu(table)]
        sn.build(folder / f"{name}.xlsx", table, models, epochs=6, optimiser=name)
    return {name: Made(folder / f"{name}.xlsx", table) for name in OPTIMISERS}


def places_of(made: Made) -> list[str]:
    return [block.id for block in made.workbook.book.blocks]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_workbook_of_each_optimiser_is_green(books: dict[str, Made], name: str) -> None:
    report = sn.check(books[name].path)
    assert report.ok, str(report)
    told = {block.id for block in report.blocks if block.torch_abs is not None}
    for kind in OPTIMISERS[name].state:
        ids = {f"two_relu.descent.{kind}_2", f"linear.descent.{kind}_1", f"linear.then.{kind}_next"}
        assert ids | {f"two_relu.then.{kind}", "two_relu.then.W_next", "linear.descent.grad_1"} <= told


@pytest.mark.parametrize("name", ["adam"])
@pytest.mark.parametrize("engine_name", [OFFICE])
def test_the_workbook_is_green_in_an_office_program(books: dict[str, Made], name: str, engine_name: str) -> None:
    usable(engine_name)
    report = sn.check(books[name].path, engine_name)
    assert report.ok, str(report)


@pytest.mark.parametrize("name", STATEFUL)
@pytest.mark.parametrize("epoch", [0, 6])
def test_it_stays_green_after_edits(books: dict[str, Made], name: str, epoch: int, tmp_path: Path) -> None:
    made = books[name]
    changes = {
        made.cell("start.epoch"): epoch,
        made.cell("start.two_relu.lr"): 0.3,
        made.cell("linear.now.weight", 0, 2): 0.7,
    }
    report = sn.check(edit(made.path, tmp_path / "edited.xlsx", changes))
    assert report.ok, str(report)


def test_momentum_that_outgrows_the_sheet_stays_green(small: Made, tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    sn.build(path, small.table, [sn.linear(small.table)], epochs=80, lr=1e3, optimiser="momentum")
    report = sn.check(path)
    assert report.ok, str(report)


@pytest.mark.parametrize("rate", [50.0, 1e160])
@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "adamw"])
def test_a_huge_rate_is_told_alike_by_sheet_and_torch(small: Made, tmp_path: Path, name: str, rate: float) -> None:
    path, table = tmp_path / "large.xlsx", small.table
    sn.build(path, table, [sn.linear(table), sn.two_relu(table)], epochs=4, lr=rate, optimiser=name)
    report = sn.check(path)
    assert report.ok, str(report)


@pytest.mark.parametrize(("name", "fault"), [key for key in FAULTS if key[0] != "adagrad"])
def test_a_fault_shared_by_sheet_and_graph_is_caught_by_torch(
    small: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fault: str
) -> None:
    monkeypatch.setitem(OPTIMISERS, name, replace(OPTIMISERS[name], rule=FAULTS[name, fault]))
    table = small.table
    sn.build(tmp_path / "wrong.xlsx", table, [sn.linear(table)], epochs=4, optimiser=name)
    report = sn.check(tmp_path / "wrong.xlsx")
    assert not report.ok
    assert {finding.what for finding in report.findings} == {"the sheet's value differs from torch's"}


def test_the_workbook_of_sgd_shows_no_more_than_it_needs(books: dict[str, Made]) -> None:
    ids = places_of(books["sgd"])
    assert not [id for id in ids if "descent.grad_" in id and not id.startswith("torch.")]
    assert "linear.then.t" not in ids
    assert {"linear.then.t", "linear.then.m_hat", "two_relu.descent.v_2"} <= set(places_of(books["adam"]))
    assert "linear.then.t" not in places_of(books["momentum"])


def test_each_begins_at_a_rate_that_suits_it(books: dict[str, Made]) -> None:
    for name, made in books.items():
        assert sn.read_params(made.path).rates["linear"] == OPTIMISERS[name].lesson_lr
    assert OPTIMISERS["sgd"].lesson_lr == 0.1


@pytest.mark.parametrize("name", ["adamax", "Adam", "", None, 3])
def test_an_optimiser_that_is_not_there_is_refused_in_words(small: Made, tmp_path: Path, name: object) -> None:
    with pytest.raises(SheetnetError, match=f"known are {', '.join(OPTIMISERS)}"):
        sn.build(tmp_path / "no.xlsx", small.table, [sn.linear(small.table)], optimiser=name)  # type: ignore[arg-type]
    assert not (tmp_path / "no.xlsx").exists()


def test_the_command_builds_with_an_optimiser(small_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "adam.xlsx"
    args = ["build", "titanic", "--csv", small_csv, "--epochs", "3", "-o", out]
    done = run_here(*args, "--optimiser", "adam")
    assert done.returncode == 0, done.stderr
    assert "in 3 epochs of Adam at rate 0.02" in done.stdout
    assert run_here("check", out).returncode == 0
    refused = run_here(*args, "--optimiser", "adamax")
    assert refused.returncode == 2
    assert "'adamax' is not one of" in refused.stderr


def test_rate_and_step_number_may_be_numbers() -> None:
    W = variable("W", (1, 1))
    step = OPTIMISERS["adam"].step(W, lift(2.0), OPTIMISERS["adam"].zeros(W), 0.1, 1)
    (after,) = evaluate([step.W_next], {W: np.array([[1.0]])})
    np.testing.assert_allclose(after, 0.9, rtol=1e-8)
