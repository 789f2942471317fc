"""Training in torch: each loss belongs to its epoch's weights, and what cannot be trained on is refused in words."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch

import sheetnet as sn
from sheetnet.errors import SheetnetError, TrainingError
from sheetnet.models.model import KINDS, create
from sheetnet.models.twins import create as module_of
from sheetnet.models.twins import weight_from_W
from sheetnet.tables.table import Table
from sheetnet.training import Run, loop
from sheetnet.training.devices import resolve_device, resolve_dtype

CPU = torch.device("cpu")
RATE = {"linear": 0.1, "two_relu": 0.2}


@pytest.fixture(scope="module")
def table() -> Table:
    return sn.titanic()


@pytest.fixture
def apple(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that says it has MPS and no CUDA."""
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing but a CPU."""
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def plain_loop(table: Table, W: np.ndarray, lr: float, epochs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses and accuracies of epochs 0 to the last, and the last weights, by numpy alone."""
    X, y, losses, accuracies = table.X, table.y, [], []
    for epoch in range(epochs + 1):
        lin = X @ W
        single = W.shape[1] == 1
        pred = lin if single else np.maximum(lin, 0).sum(1, keepdims=True)
        losses.append(np.mean((pred - y) ** 2))
        accuracies.append(np.mean((pred > 0.5) == (y == 1)))
        if epoch < epochs:
            W = W - lr * X.T @ (2 * (pred - y) / len(X) * (single or lin > 0))
    return np.array(losses), np.array(accuracies), W


def assert_follows_plain_loop(run: Run, table: Table, W: np.ndarray, lr: float, epochs: int) -> None:
    losses, accuracies, last = plain_loop(table, W, lr, epochs)
    assert run.losses.shape == run.accuracies.shape == (epochs + 1,)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    np.testing.assert_allclose(run.accuracies, accuracies, rtol=1e-14)
    np.testing.assert_allclose(run.params["W"], last, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("epochs", [0, 1, 100])
@pytest.mark.parametrize("name", KINDS)
def test_each_loss_belongs_to_the_weights_of_its_epoch(table: Table, name: str, epochs: int) -> None:
    net = create(name, table.n_features)
    start = net.init(seed=1)
    run = sn.train(net, table, start, epochs=epochs, lr=RATE[name], device="cpu")
    assert_follows_plain_loop(run, table, start["W"], RATE[name], epochs)


def test_training_in_parts_is_training_at_once(table: Table) -> None:
    net = sn.two_relu(table)
    whole = sn.train(net, table, epochs=30, lr=0.2, device="cpu")
    first = sn.train(net, table, epochs=18, lr=0.2, device="cpu")
    second = sn.train(net, table, first.params, epochs=12, lr=0.2, device="cpu")
    np.testing.assert_array_equal(np.append(first.losses[:-1], second.losses), whole.losses)
    np.testing.assert_array_equal(second.params["W"], whole.params["W"])


def test_a_run_off_by_one_epoch_or_a_little_gradient_is_noticed(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    net = sn.linear(table)
    W = net.init()["W"]
    late = sn.train(net, table, epochs=11, lr=0.1, device="cpu")
    monkeypatch.setattr(loop, "gradient_of", lambda parameter: parameter.grad * (1 + 1e-8))
    off = sn.train(net, table, epochs=10, lr=0.1, device="cpu")
    for run in (Run(late.params, late.losses[1:], late.accuracies[1:], "cpu", "float64"), off):
        with pytest.raises(AssertionError):
            assert_follows_plain_loop(run, table, W, 0.1, 10)


def test_no_epochs_give_the_start_and_its_loss(table: Table) -> None:
    net = sn.two_relu(table)
    start = net.init(seed=4)
    run = sn.train(net, table, start, epochs=0, device="cpu")
    np.testing.assert_array_equal(run.params["W"], start["W"])
    assert (run.losses.shape, run.diverged_at) == ((1,), None)


def test_without_a_start_a_run_begins_at_seed_0_and_leaves_a_given_start_alone(table: Table) -> None:
    net = sn.linear(table)
    start = net.init(seed=0)
    kept = start["W"].copy()
    run = sn.train(net, table, start, epochs=5, device="cpu")
    np.testing.assert_array_equal(start["W"], kept)
    np.testing.assert_array_equal(sn.train(net, table, epochs=5, device="cpu").losses, run.losses)


@pytest.mark.parametrize("epochs", [-1, -100])
def test_negative_epochs_are_refused(table: Table, epochs: int) -> None:
    with pytest.raises(SheetnetError, match=f"epochs must be a whole number from 0 to .*, found {epochs}"):
        sn.train(sn.linear(table), table, epochs=epochs)


@pytest.mark.parametrize("name", KINDS)
def test_float32_stays_within_1e_5_of_float64(table: Table, name: str) -> None:
    net = create(name, table.n_features)
    single, double = (
        sn.train(net, table, epochs=100, lr=RATE[name], device="cpu", dtype=dtype) for dtype in ("float32", "float64")
    )
    assert (single.dtype, double.dtype) == ("float32", "float64")
    for a, b in ((single.losses, double.losses), (single.params["W"], double.params["W"])):
        assert a.dtype == np.float64
        assert 0 < np.linalg.norm(a - b) <= 1e-5 * np.linalg.norm(b)


@pytest.mark.parametrize("name", KINDS)
def test_a_weight_is_out_by_in_and_a_W_in_by_out(table: Table, name: str) -> None:
    net = create(name, table.n_features)
    start = net.init()
    module = module_of(name, start, CPU, torch.float64)
    weight = module.get_parameter("lin.weight").detach().numpy()
    assert weight.shape == (net.n_hidden, 10)
    np.testing.assert_array_equal(weight, start["W"].T)
    np.testing.assert_array_equal(weight_from_W(weight), start["W"])
    assert sn.train(net, table, start, epochs=1, device="cpu").params["W"].shape == (10, net.n_hidden)


def test_watch_sees_every_epoch_with_its_weights_and_gradients(table: Table) -> None:
    seen: list[tuple[int, np.ndarray]] = []

    def watch(epoch: int, module: torch.nn.Module) -> None:
        weight = module.get_parameter("lin.weight")
        seen.append((epoch, (weight - 0.1 * weight.grad).detach().numpy().T))

    run = sn.train(sn.linear(table), table, epochs=3, lr=0.1, device="cpu", watch=watch)
    assert [epoch for epoch, _ in seen] == [0, 1, 2, 3]
    np.testing.assert_allclose(seen[2][1], run.params["W"], rtol=1e-14)


# ---- divergence


def test_a_run_that_stays_finite_did_not_diverge(table: Table) -> None:
    assert sn.train(sn.linear(table), table, epochs=20, lr=0.1, device="cpu").diverged_at is None


def test_diverged_at_is_the_first_epoch_without_a_finite_loss(table: Table) -> None:
    net = sn.linear(table)
    run = sn.train(net, table, epochs=400, lr=5.0, device="cpu")
    with np.errstate(all="ignore"):
        losses, *_ = plain_loop(table, net.init()["W"], 5.0, 400)
    first = int(np.flatnonzero(~np.isfinite(losses))[0])
    assert 0 < first < 400
    assert run.diverged_at == first
    assert np.isfinite(run.losses[:first]).all()
    assert not np.isfinite(run.losses[first:]).any()
    assert np.isfinite(run.accuracies[:first]).all()
    assert np.isnan(run.accuracies[first:]).all()


@pytest.mark.parametrize(
    ("losses", "epoch"), [([1.0, np.inf, 1.0], 1), ([np.nan], 0), ([1.0, 2.0], None), ([1.0, -np.inf, np.nan], 1)]
)
def test_diverged_at_reads_the_losses(losses: list[float], epoch: int | None) -> None:
    assert Run({}, np.array(losses), np.array(losses), "cpu", "float64").diverged_at == epoch


# ---- devices and dtypes


def test_cpu_and_auto_train_and_say_where(table: Table, bare: None) -> None:
    net = sn.linear(table)
    cpu, auto = (sn.train(net, table, epochs=5, device=device) for device in ("cpu", "auto"))
    assert (cpu.device, auto.device, cpu.dtype) == ("cpu", "cpu", "float64")
    np.testing.assert_array_equal(cpu.losses, auto.losses)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(table: Table, bare: None, name: str) -> None:
    with pytest.raises(TrainingError, match=f"'{name}' is not there; this machine has cpu, or say auto"):
        sn.train(sn.linear(table), table, device=name)


@pytest.mark.parametrize("name", ["nonsense", "", "gpu 1", "CPU0"])
def test_an_unknown_device_is_refused_with_those_there_are(table: Table, bare: None, name: str) -> None:
    with pytest.raises(TrainingError, match=f"no device '{name}'; this machine has cpu, or say auto"):
        sn.train(sn.linear(table), table, device=name)


def test_a_second_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert str(resolve_device("cuda:0")) == "cuda:0"
    assert str(resolve_device("auto")) == "cuda"
    with pytest.raises(TrainingError, match="'cuda:1' is not there; this machine has cuda"):
        resolve_device("cuda:1")


def test_mps_has_no_float64_and_the_refusal_says_what_to_do(table: Table, apple: None) -> None:
    with pytest.raises(TrainingError, match="mps has no float64; say --dtype float32, or --device cpu"):
        sn.train(sn.linear(table), table, device="mps", dtype="float64")
    assert resolve_dtype("float32", torch.device("mps")) == torch.float32


def test_auto_finds_a_device_that_has_float64(table: Table, apple: None) -> None:
    assert sn.train(sn.linear(table), table, epochs=2, device="auto").losses.shape == (3,)


@pytest.mark.parametrize("dtype", ["double", "float8", ""])
def test_another_dtype_is_refused(table: Table, dtype: str) -> None:
    with pytest.raises(TrainingError, match=f"the dtype must be one of .*bfloat16, float16, not '{dtype}'"):
        sn.train(sn.linear(table), table, dtype=dtype, device="cpu")


@pytest.mark.parametrize("shape", [(10, 1), (2, 10), (9, 2)])
def test_a_start_of_another_shape_is_refused(table: Table, shape: tuple[int, int]) -> None:
    with pytest.raises(SheetnetError, match=r"two_relu needs .* shape \(10, 2\)\}, found W of shape"):
        sn.train(sn.two_relu(table), table, {"W": np.zeros(shape)}, device="cpu")


def test_a_start_without_W_is_refused(table: Table) -> None:
    for start in ({"weight": np.zeros((1, 10))}, {}):
        with pytest.raises(SheetnetError, match="linear needs the parameters"):
            sn.train(sn.linear(table), table, start, epochs=1, device="cpu")


def test_a_model_for_another_table_is_refused(table: Table) -> None:
    with pytest.raises(SheetnetError, match=r"12.*10"):
        sn.train(create("linear", 12), table, epochs=1, device="cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine")
@pytest.mark.parametrize("name", KINDS)
def test_cuda_gives_the_numbers_of_the_cpu(table: Table, name: str) -> None:
    net = create(name, table.n_features)
    gpu, cpu = (sn.train(net, table, epochs=100, lr=RATE[name], device=device) for device in ("cuda", "cpu"))
    assert gpu.device == "cuda"
    np.testing.assert_allclose(gpu.losses, cpu.losses, rtol=1e-12)
    np.testing.assert_allclose(gpu.params["W"], cpu.params["W"], rtol=1e-12, atol=1e-12)


def test_a_dead_net_is_told(table: Table) -> None:
    net = sn.two_relu(table)
    assert sn.train(net, table, epochs=5, device="cpu").dead_units == 0
    dead = sn.train(net, table, {"W": -np.ones((10, 2))}, epochs=5, device="cpu")
    assert dead.dead_units == 2
    half = np.column_stack([-np.ones(10), np.ones(10)])
    assert sn.train(net, table, {"W": half}, epochs=0, device="cpu").dead_units == 1
    assert sn.train(sn.linear(table), table, {"W": -np.ones((10, 1))}, epochs=0, device="cpu").dead_units == 0


def test_a_diverged_net_is_not_called_dead(table: Table) -> None:
    run = sn.train(sn.two_relu(table), table, epochs=500, lr=5, weight_decay=3, device="cpu")
    assert run.diverged_at is not None
    assert run.dead_units == 0


def test_mini_batches_are_counted_when_a_path_is_chosen(table: Table) -> None:
    run = sn.train(sn.two_relu(table), table, epochs=300, batch=8, lr=0.01, device="cpu")
    assert run.path == "fused"  # 26,700 steps, which autograd takes seconds for


@pytest.mark.parametrize("options", [{"path": "fused"}, {"path": "nonsense"}, {"batch": 10}])
def test_watch_is_for_the_referee(table: Table, options: dict[str, object]) -> None:
    with pytest.raises(TrainingError, match="watch is for the autograd path"):
        sn.train(sn.linear(table), table, epochs=1, device="cpu", watch=lambda *_: None, **options)  # type: ignore[arg-type]


def test_a_stopped_witness_is_no_witness(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("sheetnet.training.witness")
    monkeypatch.setattr(
        module, "train", lambda *args, **options: Run({}, np.zeros(1), np.zeros(1), "", "", stopped=True)
    )
    with pytest.raises(KeyboardInterrupt):
        module.witness(sn.linear(table), table, np.zeros((10, 1)), 0.1, 5, -1)


def test_what_is_no_model_or_no_number_of_epochs_to_keep_is_refused(table: Table) -> None:
    for call in (sn.train, sn.sweep):
        with pytest.raises(SheetnetError, match=r"a model (is needed, such as|can be) sn"):
            call("two-relu", table)  # type: ignore[operator]
    for keep in (-1, 1.5, "all", [200]):
        with pytest.raises(SheetnetError, match="keep"):
            sn.train(sn.linear(table), table, epochs=10, device="cpu", keep=keep)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match="every is for a checkpoint"):
        sn.train(sn.linear(table), table, epochs=10, device="cpu", every=5)


def test_too_long_a_history_is_refused_in_words(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = np.empty

    def full(shape: object, *rest: object) -> np.ndarray:
        if shape == 10**9 + 1:
            raise MemoryError
        return empty(shape, *rest)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(np, "empty", full)
    with pytest.raises(TrainingError, match=r"the history of 1,000,000,000 epochs takes 16 GB; ask for fewer epochs"):
        sn.train(sn.linear(table), table, epochs=10**9, device="cpu", path="autograd")
