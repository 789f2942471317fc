"""A model that the fast paths were not written for: each path trains what autograd trains on a module, or refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from test_paths import CPU, random_table, task_of
from torch import nn
from torch.nn.functional import mse_loss

import sheetnet as sn
from sheetnet.errors import SheetnetError, TrainingError
from sheetnet.graph.node import Node, apply, square, sum_columns
from sheetnet.living.steps import Plain, Remembering
from sheetnet.models import model as models
from sheetnet.models import twins
from sheetnet.models.model import Kind, Model, create
from sheetnet.tables.table import Table
from sheetnet.training import observe, written
from sheetnet.training.closed import Closed
from sheetnet.training.cuda import Passes, Persistent
from sheetnet.training.paths import PATHS, choose, start
from sheetnet.training.task import Task, can_factor

LONG = 30_000  # epochs for which a fast path would be taken
RATE, DECAY = 0.02, 0.01


def absolutes_forward(X: Node, W: Node) -> list[Node]:
    lin = (X @ W).named("lin")
    return [lin, sum_columns(apply("abs", lin)).named("pred")]


def humps_forward(X: Node, W: Node) -> list[Node]:
    """A sum of 1 / (1 + lin^2): smooth and bounded, as a sigmoid is."""
    lin = (X @ W).named("lin")
    return [lin, sum_columns(1.0 / (1.0 + square(lin))).named("pred")]


def _absolute(lin: torch.Tensor) -> torch.Tensor:
    return lin.abs()


def _hump(lin: torch.Tensor) -> torch.Tensor:
    return 1 / (1 + lin**2)


class Twin(nn.Module):
    """The planted models in torch."""

    def __init__(self, n_features: int, n_hidden: int, act: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.lin, self.act = nn.Linear(n_features, n_hidden, bias=False), act

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """(n, p) -> (n, 1)."""
        return self.act(self.lin(X)).sum(1, keepdim=True)


ACTS = {"two_absolutes": _absolute, "one_hump": _hump, "abs_3": _absolute}


@pytest.fixture(params=ACTS)
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of 4 features that only the registry and the twins know: with a name of its own, or of any size."""
    monkeypatch.setitem(models.KINDS, "two_absolutes", Kind("Two absolutes", 2, absolutes_forward))
    monkeypatch.setitem(models.KINDS, "one_hump", Kind("One hump", 1, humps_forward))
    monkeypatch.setitem(models.SIZED, "abs", lambda k: Kind(f"{k} absolutes", k, absolutes_forward))
    monkeypatch.setitem(twins.TWINS, absolutes_forward, lambda p, k: Twin(p, k, _absolute))
    monkeypatch.setitem(twins.TWINS, humps_forward, lambda p, k: Twin(p, k, _hump))
    return create(request.param, 4)


@pytest.fixture
def table() -> Table:
    return random_table(60, 4)


def by_hand(
    net: Model, table: Table, W: np.ndarray, epochs: int, batches: list[np.ndarray] | None = None
) -> list[float]:
    """The losses of a loop as anyone would write it, with the weights W (p, k) moved in place."""
    X, y, act = torch.tensor(table.X), torch.tensor(table.y), ACTS[net.name]
    weight, losses = torch.tensor(W, requires_grad=True), []
    optimiser = torch.optim.SGD([weight], lr=RATE, weight_decay=DECAY)
    for epoch in range(epochs + 1):
        losses.append(float(mse_loss(act(X @ weight).sum(1, keepdim=True), y).detach()))
        rows = np.arange(len(y)) if batches is None else batches[min(epoch, epochs - 1)]
        for part in torch.split(torch.tensor(rows), len(y) if batches is None else 16):
            if epoch < epochs:
                optimiser.zero_grad()
                mse_loss(act(X[part] @ weight).sum(1, keepdim=True), y[part]).backward()
                optimiser.step()
    W[:] = weight.detach().numpy()
    return losses


def assert_trained(run: sn.Run, net: Model, table: Table, close: float = 1e-11) -> None:
    W = net.init()["W"]
    np.testing.assert_allclose(run.losses, by_hand(net, table, W, run.epochs), rtol=close)
    np.testing.assert_allclose(run.params["W"], W, rtol=close, atol=close)


# ---- one net


@pytest.mark.parametrize("path", ["auto", "autograd", "summed"])
def test_a_path_that_takes_any_model_trains_what_a_loop_by_hand_trains(path: str, planted: Model, table: Table) -> None:
    run = sn.train(planted, table, epochs=40, lr=RATE, weight_decay=DECAY, device="cpu", path=path)
    assert run.path == ("autograd" if path == "auto" else path)
    assert run.dead_units == 0
    assert_trained(run, planted, table)


def test_a_long_run_is_not_given_to_a_fast_path(planted: Model, table: Table) -> None:
    assert choose(task_of(sn.relus(table, 3), table, "float64"), LONG) == "fused"
    for dtype in ("float64", "float32"):
        assert choose(task_of(planted, table, dtype), LONG) == "autograd"
        assert choose(task_of(planted, table, dtype, batch=16), LONG) == "autograd"
        assert choose(Task(**{**vars(task_of(planted, table, dtype)), "device": torch.device("cuda")}), 9) == "autograd"
    assert not can_factor(task_of(planted, table, "float64"), 10_000)


def test_mini_batches_of_a_long_run_are_trained_by_autograd(planted: Model, table: Table) -> None:
    run = sn.train(planted, table, epochs=5, lr=RATE, weight_decay=DECAY, batch=16, device="cpu", seed=3)
    W, orders = planted.init()["W"], [np.random.default_rng((3, epoch)).permutation(60) for epoch in range(5)]
    np.testing.assert_allclose(run.losses, by_hand(planted, table, W, 5, orders), rtol=1e-11)
    np.testing.assert_allclose(run.params["W"], W, rtol=1e-11)


@pytest.mark.parametrize("path", sorted({*PATHS} - {"autograd"}))
def test_a_fast_path_refuses_by_name(path: str, planted: Model, table: Table) -> None:
    task = task_of(planted, table, "float32")
    words = (
        f"the {path} path is written for linear models and sums of ReLUs, not for {planted.name}: say --path autograd"
    )
    with pytest.raises(TrainingError, match=words):
        start(path, task, planted.init()["W"])
    with pytest.raises(TrainingError, match=words):
        sn.train(planted, table, epochs=LONG, device="cpu", dtype="float32", path=path)


@pytest.mark.parametrize("path", ["factored", "factored, fused"])
def test_rows_are_factored_for_linear_models_only(path: str, planted: Model, table: Table) -> None:
    with pytest.raises(TrainingError, match="the factored path is for linear models"):
        sn.train(planted, table, epochs=LONG, device="cpu", path=path)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_has_no_path_for_it(dtype: str, planted: Model, table: Table) -> None:
    for path in ("auto", "closed"):
        with pytest.raises(TrainingError, match=f"not for {planted.name}: say --path autograd, in float64 or float32"):
            sn.train(planted, table, epochs=3, device="cpu", dtype=dtype, path=path)
        with pytest.raises(TrainingError, match=f"not for {planted.name}: say --path autograd, in float64 or float32"):
            sn.sweep(planted, table, nets=2, lr=0.1, scale=[0.5, 1], epochs=3, device="cpu", dtype=dtype, path=path)


def test_no_path_is_left_out(planted: Model, table: Table) -> None:
    """A path that is added is refused here until it says what it suits."""
    task, W = task_of(planted, table, "float32"), planted.init()["W"]
    for name in {*PATHS} - {"autograd"}:
        with pytest.raises(TrainingError, match=f"not for {planted.name}"):
            start(name, task, W)


def test_rows_from_files_that_do_not_fit_are_summed_by_autograd(planted: Model, tmp_path: Path) -> None:
    made = random_table(500, 4)
    frame = pd.DataFrame(made.X, columns=list(made.features)).assign(y=made.y)
    frame.to_parquet(tmp_path / "rows.parquet")
    rows = sn.open_rows(tmp_path / "rows.parquet", "y", list(made.features), constant=False)
    run = sn.train(planted, rows, epochs=6, lr=RATE, weight_decay=DECAY, device="cpu", memory=1)
    assert run.path == "summed"
    assert_trained(run, planted, made)


# ---- many nets


@pytest.mark.parametrize("path", ["auto", "autograd"])
def test_a_sweep_trains_each_net_as_alone(path: str, planted: Model, table: Table, tmp_path: Path) -> None:
    result = sn.sweep(
        planted, table, nets=8, lr=[0.01, 0.05], scale=[0.3, 1.0], weight_decay=DECAY, epochs=30, device="cpu",
        dtype="float64", path=path,
    )  # fmt: skip
    assert result.path == "autograd"
    for _, row in result.table.iterrows():
        begin = planted.init(int(row["seed"]), row["scale"])
        alone = sn.train(planted, table, begin, epochs=30, lr=row["lr"], weight_decay=DECAY, device="cpu")
        assert row["loss"] == pytest.approx(alone.losses[-1], rel=1e-11)
        assert row["best_loss"] == pytest.approx(alone.losses.min(), rel=1e-11)
        assert row["accuracy"] == pytest.approx(alone.accuracies[-1])
        assert row["dead_units"] == 0
    assert not result.all_dead.any()
    result.workbook(tmp_path / "sweep.xlsx")
    result.plot(tmp_path / "sweep.png")


@pytest.mark.parametrize("path", ["fused", "closed", "lanes"])
def test_a_fast_sweep_refuses_by_name(path: str, planted: Model, table: Table) -> None:
    words = f"the {path} path is written for linear models and sums of ReLUs, not for {planted.name}"
    with pytest.raises(TrainingError, match=words):
        sn.sweep(planted, table, nets=2, lr=0.1, scale=[0.5, 1], epochs=3, device="cpu", path=path)


@pytest.mark.parametrize("name", ["linear", "two_relu"])
def test_the_slow_sweep_is_the_fast_one_for_models_that_both_know(name: str, table: Table) -> None:
    def swept(path: str) -> pd.DataFrame:
        options = {"nets": 12, "lr": [0.05, 0.2, 40.0], "scale": [0.3, 1.0], "epochs": 200}
        return sn.sweep(create(name, 4), table, **options, device="cpu", dtype="float64", path=path).table  # type: ignore[arg-type]

    slow, fast = swept("autograd"), swept("closed")
    assert slow["diverged_at"].notna().any()
    pd.testing.assert_frame_equal(slow, fast, rtol=1e-9)


# ---- what else names a model


def test_live_steps_are_those_of_the_loop_by_hand(planted: Model, table: Table) -> None:
    W = planted.init()["W"]
    plain = Plain(planted, table).go({"W": W}, RATE, 30)
    X, y, weight = torch.tensor(table.X), torch.tensor(table.y), torch.tensor(W, requires_grad=True)
    optimiser = torch.optim.Adam([weight], lr=RATE)
    for _ in range(30):
        optimiser.zero_grad()
        mse_loss(ACTS[planted.name](X @ weight).sum(1, keepdim=True), y).backward()
        optimiser.step()
    adam = Remembering(planted, table, "adam").go({"W": W}, RATE, 30)
    np.testing.assert_allclose(adam.params["W"], weight.detach().numpy(), rtol=1e-9)
    assert plain.loss == pytest.approx(sn.train(planted, table, epochs=30, lr=RATE, device="cpu").losses[-1])


def test_what_torch_says_is_of_the_twin(planted: Model, table: Table) -> None:
    W = planted.init()["W"]
    weight = torch.tensor(W, requires_grad=True)
    pred = ACTS[planted.name](torch.tensor(table.X) @ weight).sum(1, keepdim=True)
    mse_loss(pred, torch.tensor(table.y)).backward()
    said = observe(planted, table, W)
    np.testing.assert_allclose(said["pred"], pred.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(said["grad_W"], weight.grad, rtol=1e-11)


@pytest.fixture
def twinless(monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setitem(models.KINDS, "two_absolutes", Kind("Two absolutes", 2, absolutes_forward))
    return create("two-absolutes", 4)


def test_a_model_without_a_twin_is_an_error_that_says_where_to_add_it(twinless: Model, table: Table) -> None:
    calls: list[Callable[[], object]] = [
        lambda: sn.train(twinless, table, epochs=3, device="cpu"),
        lambda: sn.train(twinless, table, epochs=LONG, device="cpu"),
        lambda: sn.train(twinless, table, epochs=3, device="cpu", path="summed"),
        lambda: sn.sweep(twinless, table, nets=2, lr=0.1, scale=[0.5, 1], epochs=3, device="cpu"),
        lambda: twins.create("two_absolutes", twinless.init(), CPU, torch.float64),
        lambda: Remembering(twinless, table, "adam"),
        lambda: observe(twinless, table, twinless.init()["W"]),
    ]
    for call in calls:
        with pytest.raises(
            TrainingError, match=r"two_absolutes has no twin in torch: .*TWINS of sheetnet/models/twins"
        ):
            call()


def test_a_forward_pass_that_was_exchanged_takes_nobody_elses_path(
    monkeypatch: pytest.MonkeyPatch, table: Table
) -> None:
    """What a name once meant is not asked: the planted fault of a model that silently became a linear one."""
    monkeypatch.setitem(models.KINDS, "linear", Kind("Linear", 1, humps_forward))
    for path in ("auto", "fused", "closed", "factored"):
        with pytest.raises(TrainingError):
            sn.train(sn.linear(table), table, epochs=LONG, device="cpu", path=path)


@pytest.mark.parametrize(
    "twin",
    [
        lambda p, k: nn.Linear(k, p, bias=False),  # turned
        lambda p, k: nn.Linear(p, k),  # with a bias
        lambda p, k: nn.ReLU(),
    ],
)
def test_a_twin_of_another_shape_is_refused(
    twin: Callable[[int, int], nn.Module], twinless: Model, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(twins.TWINS, absolutes_forward, twin)
    with pytest.raises(
        TrainingError, match=r"the twin of two_absolutes, \w+, must have one parameter, of shape \(2, 4\)"
    ):
        sn.train(twinless, table, epochs=3, device="cpu")


def test_a_planted_path_that_forgets_to_ask_is_noticed(
    planted: Model, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the planted models taken for ReLUs, as by the paths of before, the comparison by hand would fail."""
    for kind in (absolutes_forward, humps_forward):
        monkeypatch.setitem(written.RECTIFIED, kind, True)
    for path in ("closed", "fused"):
        run = sn.train(planted, table, epochs=40, lr=RATE, weight_decay=DECAY, device="cpu", path=path)
        with pytest.raises(AssertionError):
            assert_trained(run, planted, table)


def test_names_that_are_known_are_listed_from_the_registry(planted: Model) -> None:
    words = "no model 'mlp'; known are linear, two-relu, two-absolutes, one-hump, relu-K, such as relu-5 and abs-K"
    with pytest.raises(SheetnetError, match=words):
        create("mlp", 4)
    assert create("abs-12", 4).title == "12 absolutes"
    assert Closed in PATHS.values()
    assert {Passes, Persistent} < {*PATHS.values()}
