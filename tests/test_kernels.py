"""The Triton kernels: in Triton's interpreter against torch autograd, and compiled for Hopper and Ampere without a GPU.

Speed can only be measured on a GPU. The interpreter must be asked for before the kernels are made, so it runs in a
process of its own; what it must show is in `interpreted`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import sheetnet as sn
from sheetnet.models.model import create
from sheetnet.training import nets
from tests.conftest import ROOT
from tests.test_paths import assert_as_referee, distance, follow, random_table, task_of

triton = pytest.importorskip("triton", reason="Triton is not installed; it comes with torch's CUDA builds on Linux")

SHAPES = [(37, 10, 2), (50, 3, 1), (33, 16, 4), (20, 1, 1), (700, 5, 3)]  # rows, features, units


def interpreted() -> None:
    """Every kernel through the classes that use it, against the referee; run in a process with the interpreter on."""
    from sheetnet.training import cuda, kernels
    from sheetnet.training.task import Task

    cuda._suits = lambda task: True
    for n, p, k in SHAPES:
        table = random_table(n, p)
        for name in ("linear", f"relu_{k}"):
            task = task_of(create(name, p), table, "float32", decay=0.02)
            for path in ("persistent", "passes"):
                assert_as_referee_in_few_epochs(path, task)
    table = random_table(40, 10)
    for name in ("linear", "two_relu"):
        task = task_of(create(name, 10), table, "float32")
        block = nets.Block(
            np.random.default_rng(0).uniform(-0.5, 0.5, (5, task.model.n_hidden, 10)).astype("float32"),
            np.array([0.01, 0.1, 0.2, 1e18, 0.05]), np.array([0, 0.1, 0, 0, 0.5]), np.full(5, np.inf), np.full(5, -1),
        )  # fmt: skip
        other = nets.Block(*(a.copy() for a in vars(block).values()))
        lanes = nets.Lanes.__new__(nets.Lanes)
        lanes.task, lanes.kernels, lanes.closed = task, kernels, nets.Closed(task)
        lanes.X, lanes.y = torch.as_tensor(task.X).float(), torch.as_tensor(task.y[:, 0]).float()
        for first, epochs in ((0, 2), (2, 3)):
            lanes.advance(block, first, epochs)
            lanes.closed.advance(other, first, epochs)
        assert block.diverged.tolist() == other.diverged.tolist(), (block, other)
        assert name != "linear" or block.diverged[3] >= 0
        for net in (0, 1, 2, 4):
            assert distance(block.W[net], other.W[net]) < 1e-5
            assert abs(block.best[net] - other.best[net]) < 1e-5
    for wrong in (lambda: kernels.fits(17, 1), lambda: kernels.fits_one(4096, 10, 2), lambda: kernels.fits(10, 5)):
        assert not wrong()
    for call in (
        lambda: kernels.sums(torch.zeros(3, 100), torch.zeros(100), torch.zeros(2, 3), n=100, relu=True),
        lambda: kernels.descend_one(torch.zeros(9, 17), torch.zeros(9), torch.zeros(1, 17), torch.zeros(1),
                                    torch.zeros(1), lr=0.1, decay=0.0, rows=9.0, relu=False),
    ):  # fmt: skip
        try:
            call()
        except ValueError:
            continue
        raise AssertionError("what does not fit was taken")
    check_steps_at_the_edge(kernels)
    faulty = Task(**{**vars(task_of(create("two_relu", 5), random_table(40, 5), "float32")), "rows": 39})
    try:
        assert_as_referee_in_few_epochs("passes", faulty)
    except AssertionError:
        print("all as the referee; the planted fault was seen")


def check_steps_at_the_edge(kernels: ModuleType) -> None:
    """One step of each kernel where relu's gradient at 0, and what is not a number, decide."""
    table = random_table(37, 3)
    X, y = torch.as_tensor(table.X).float(), torch.as_tensor(table.y[:, 0]).float()
    rows, stride = len(X), kernels.padded(len(X))
    X_padded, y_padded = torch.zeros(3, stride), torch.zeros(stride)
    X_padded[:, :rows], y_padded[:rows] = X.T, y
    options = {"rows": float(rows), "relu": True}
    for weights in (
        [[0, 0, 0], [0.1, -0.2, 0.3]], [[0, 0, 0], [0, 0, 0]], [[np.nan, 0, 0], [0.1, 0.1, 0.1]],
        [[0.1, 0.1, 0.1], [np.nan, np.nan, np.nan]], [[np.inf, 0.1, 0.1], [0.1, 0.1, 0.1]],
    ):  # fmt: skip
        W = torch.tensor(weights, dtype=torch.float32, requires_grad=True)
        loss = ((torch.relu(X @ W.T).sum(1) - y) ** 2).mean()
        (G,) = torch.autograd.grad(loss, W)
        W = W.detach()
        expected = W - 0.1 * G
        one, found, right = W.clone(), torch.zeros(1), torch.zeros(1)
        kernels.descend_one(X, y, one, found, right, lr=0.1, decay=0.0, **options)
        lanes, best, diverged = W[None].clone(), torch.full((1,), torch.inf), torch.full((1,), -1)
        rates = torch.full((1,), 0.1), torch.zeros(1)
        kernels.descend_nets(X, y, lanes, *rates, best, diverged, epochs=1, first=7, **options)
        sums = kernels.sums(X_padded, y_padded, W, n=rows, relu=True)
        passed = W - 0.1 * 2 / rows * sums[:-2].view(2, 3).float()
        for moved in (one, lanes[0], passed):
            torch.testing.assert_close(moved, expected, rtol=1e-5, atol=1e-6, equal_nan=True)
        finite = bool(loss.isfinite())
        assert bool(found.isfinite()) == bool(sums[-2].isfinite()) == bool(best.isfinite()) == finite
        assert diverged.item() == (-1 if finite else 7)


def assert_as_referee_in_few_epochs(path: str, task: nets.Task) -> None:
    exact = task_of(task.model, random_table(*task.X.shape), "float64", decay=task.weight_decay)
    referee, found = follow("autograd", exact, 6), follow(path, task, 6)
    assert distance(found[0], referee[0]) < 1e-5, (path, task, found[0], referee[0])
    assert distance(found[2], referee[2]) < 1e-5, (path, task)
    assert np.abs(found[1] - referee[1]).max() < 1e-6, (path, task, found[1], referee[1])


def test_the_kernels_are_the_referee_in_tritons_interpreter() -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT), "TRITON_INTERPRET": "1"}
    code = "from tests.test_kernels import interpreted; interpreted()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "all as the referee; the planted fault was seen" in done.stdout


def compiled(name: str, p: int, k: int, capability: int, nets: int = 1 << 20) -> tuple[int, int, str]:
    """Registers a thread, bytes of stack (spills), and PTX of a kernel, compiled for an architecture."""
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from sheetnet.training import kernels

    float_, long = "*fp32", "*i64"
    relu = {"P": p, "K": k, "RELU": k > 1}
    types, constants, warps = {
        "_nets": (
            {**dict.fromkeys(["X", "y", "W", "lr", "decay", "best"], float_), "diverged": long, "n": "i32", "N": "i32",
             "rows": "fp32", "epochs": "i32", "first": "i32"},
            relu | {"BLOCK": kernels.nets_at_once(p, k, nets)}, 4,
        ),
        "_one": (
            {**dict.fromkeys(["X", "y", "W", "losses", "right"], float_), "n": "i32", "lr": "fp32", "decay": "fp32",
             "rows": "fp32", "epochs": "i32"},
            relu | kernels.shape_of_one(kernels.most_rows(p, k), p, k), 8,
        ),
        "_sums": (
            {**dict.fromkeys(["X", "y", "W", "out"], float_), "n": "i32", "stride": "i32"},
            relu | {"BLOCK": 512 if k * p <= 40 else 256}, 4,
        ),
    }[name]  # fmt: skip
    wide = [i for i, (arg, kind) in enumerate(types.items()) if kind.startswith("*") or arg == "stride"]
    source = ASTSource(
        getattr(kernels, name), types | dict.fromkeys(constants, "constexpr"), constants,
        {(i,): [["tt.divisibility", 16]] for i in wide},
    )  # fmt: skip
    made = triton.compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": warps})
    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        Path(file.name).write_bytes(made.asm["cubin"])
        command = [str(tools / "cuobjdump"), "--dump-resource-usage", file.name]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {key: int(value) for key, value in re.findall(r"(REG|STACK):(\d+)", said)}
    return found["REG"], found["STACK"], made.asm["ptx"]


@pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION")
@pytest.mark.parametrize(
    ("p", "k", "capability"),
    [(10, 1, 90), (10, 2, 90), (16, 4, 90), (1, 1, 90), (12, 2, 90), (10, 2, 80)],  # both have 255 registers a thread
)
@pytest.mark.parametrize("name", ["_nets", "_one", "_sums"])
def test_a_kernel_compiles_without_spills(name: str, p: int, k: int, capability: int) -> None:
    registers, stack, ptx = compiled(name, p, k, capability)
    assert stack == 0
    assert registers <= 255
    assert "fma.rn.f32" in ptx
    assert "tf32" not in ptx


@pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION")
def test_each_feature_is_loaded_once_and_four_rows_at_a_time() -> None:
    ptx = compiled("_sums", 10, 2, 90)[2]
    assert ptx.count("ld.global.v4.b32") == 11  # ten features and the target, in the loop over rows


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine")
@pytest.mark.parametrize(("n", "p", "k"), [(712, 10, 2), (1000, 16, 2), (300, 3, 4), (100_003, 10, 2)])
def test_the_kernels_on_cuda_are_the_referee(n: int, p: int, k: int) -> None:
    for name in ("linear", f"relu_{k}"):
        task = task_of(create(name, p), random_table(n, p), "float32", decay=0.02)
        task = nets.Task(**{**vars(task), "device": torch.device("cuda")})
        assert_as_referee("passes", task, "float32")
        if n <= 1024:
            assert_as_referee("persistent", task, "float32")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device on this machine")
def test_a_sweep_on_cuda_is_that_on_the_cpu() -> None:
    table = sn.titanic()
    options = {"nets": 200, "lr": [0.02, 0.1], "scale": [0.5], "epochs": 100}
    gpu = sn.sweep(sn.two_relu(table), table, device="cuda", **options)  # type: ignore[arg-type]
    cpu = sn.sweep(sn.two_relu(table), table, device="cpu", dtype="float64", **options)  # type: ignore[arg-type]
    assert gpu.path == "lanes"
    assert distance(gpu.table["loss"].to_numpy(), cpu.table["loss"].to_numpy()) < 1e-5
