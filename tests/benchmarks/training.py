"""How fast training is: every path beside the autograd loop, torch.compile, vmap, scikit-learn, and the floor.

    python tests/benchmarks/training.py [--device cpu] [--threads 2] [--quick] [--json F] [--picture F]

Contenders take turns, round by round in one process; the median counts. The floor is measured in the same run: bytes
over copy bandwidth, operations over the rate of a large float32 matrix product, whichever takes longer.
Exit code 1 when a target for the CPU is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import peers
import torch
from machine import Group, Line, Machine, Timed

import sheetnet as sn
from sheetnet.models.model import Model, create
from sheetnet.tables.table import Table
from sheetnet.training import nets as many
from sheetnet.training.paths import choose, start
from sheetnet.training.task import Task, factored, triangle

LR = 0.1


def random_table(n: int, p: int) -> Table:
    """A table of random numbers with a constant."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p)).astype(np.float32) / p**0.5
    X[:, -1] = 1
    y = (X.sum(1, keepdims=True) > 1).astype(float)
    return Table.of_sheet(X, y, tuple(f"x{i}" for i in range(p)), "sheet")


def task_of(model: Model, table: Table, device: torch.device, dtype: str = "float32", lr: float = LR) -> Task:
    return Task(model, table.X, table.y, len(table.y), lr, 0.0, None, 0, device, dtype)


def ours(machine: Machine, path: str, task: Task, epochs: int) -> Timed:
    """Seconds per epoch of one of sheetnet's paths, the start not counted."""
    losses, accuracies = np.empty(epochs), np.empty(epochs)

    def run() -> float:
        worker = start(path, task, task.model.init()["W"])
        worker.advance(0, losses[:2], accuracies[:2])
        return machine.seconds(lambda: worker.advance(0, losses, accuracies)) / epochs

    return run


def settled(machine: Machine, path: str, task: Task, before: int, epochs: int) -> Timed:
    """Processor seconds per epoch of a path after so many epochs: it goes on, round by round."""
    worker, at = start(path, task, task.model.init()["W"]), before
    worker.advance(0, *np.empty((2, before)))
    history = np.empty((2, epochs))

    def run() -> float:
        nonlocal at
        at += epochs
        return machine.seconds(lambda: worker.advance(at - epochs, *history), time.process_time) / epochs

    return run


def ours_many(machine: Machine, path: str, task: Task, nets: int, epochs: int) -> Timed:
    """Seconds per net and epoch of one of sheetnet's ways to train many nets."""
    way = many.choose(task, path)
    rng = np.random.default_rng(0)
    shape = nets, task.model.n_hidden, task.model.n_features
    kind = task.dtype if task.dtype == "float64" else "float32"

    def run() -> float:
        total = 0.0
        for first in range(0, nets, way.size):
            size = min(way.size, nets - first)
            W = rng.uniform(-0.5, 0.5, (size, *shape[1:])).astype(kind)
            block = many.Block(W, np.full(size, LR), np.zeros(size), np.full(size, np.inf), np.full(size, -1))
            total += machine.seconds(lambda block=block: way.advance(block, 0, epochs))
        return total / nets / epochs

    return run


def distance(task: Task, path: str, epochs: int = 500) -> float:
    """How far the weights end from the referee's, |a - b| / |b|."""
    exact = Task(**{**vars(task), "dtype": "float64", "device": torch.device("cpu"), "rows": len(task.y)})
    ends = []
    for name, what in (("autograd", exact), (path, task)):
        worker = start(name, what, what.model.init()["W"])
        worker.advance(0, np.empty(epochs), np.empty(epochs))
        ends.append(worker.get())
    return float(np.linalg.norm(ends[1] - ends[0]) / np.linalg.norm(ends[0]))


def one_net(machine: Machine, quick: bool) -> Group:
    """The two-ReLU net on the passengers."""
    table, device = sn.titanic(), machine.device
    task = task_of(sn.two_relu(table), table, device)
    epochs = 300 if quick else 3000
    slow = epochs // 10
    lines = [Line("autograd loop (torch, eager)", peers.autograd(machine, task, slow))]
    compiled = peers.compiled(machine, task, slow)
    if compiled:
        lines.append(Line("the same under torch.compile", compiled))
    lines.append(Line("sheetnet autograd (loss, accuracy kept)", ours(machine, "autograd", task, slow)))
    paths = ["closed", "fused"] if device.type == "cpu" else ["closed", "persistent"]
    for path in paths:
        lines.append(Line(f"sheetnet {path}", ours(machine, path, task, epochs), far=distance(task, path)))
    lines.append(Line("scikit-learn MLPRegressor (one unit more)", peers.mlp(task, slow)))
    group = Group("One net, two ReLU, 712 x 10, float32", "epoch", lines, machine.floor(712, 10, 2))
    group.measure(3 if quick else 7)
    fifth = lines[0].median / 5
    group.target = ("a fifth of the autograd loop", fifth) if device.type == "cpu" else ("3 us", 3e-6)
    return group


def linear(machine: Machine, quick: bool) -> Group:
    """The linear model on the passengers, and what scikit-learn has for it."""
    table, device = sn.titanic(), machine.device
    task = task_of(sn.linear(table), table, device)
    short = factored(task, triangle(np.hstack([task.X, task.y])))
    epochs = 1000 if quick else 20_000
    path = "fused" if device.type == "cpu" else "closed"
    lines = [
        Line("autograd loop (torch, eager)", peers.autograd(machine, task, epochs // 50)),
        Line(f"sheetnet {path}", ours(machine, path, task, epochs // 5), far=distance(task, path)),
        Line(f"sheetnet factored, {path}", ours(machine, path, short, epochs)),
        Line(
            "sheetnet: finding the p + 1 rows, once",
            lambda: peers.seconds(lambda: triangle(np.hstack([task.X, task.y]))),
        ),
        Line("scikit-learn LinearRegression, whole fit", peers.linear_regression(task)),
        Line("scikit-learn SGDRegressor, one pass", peers.sgd_regressor(task)),
    ]
    group = Group("Linear, 712 x 10, float32", "epoch (or fit)", lines, machine.floor(11, 10, 1))
    group.measure(3 if quick else 7)
    return group


def sweeps(machine: Machine, quick: bool) -> Group:
    """Many two-ReLU nets on the passengers."""
    table, device = sn.titanic(), machine.device
    task = task_of(sn.two_relu(table), table, device)
    nets, epochs = (512, 20) if quick else (2048, 200)
    if device.type == "cuda":
        nets = 1 << 17
    lines = [
        Line("autograd loop, net after net", peers.autograd(machine, task, 100)),
        Line("torch.func: vmap of grad, 256 nets", peers.vmapped(machine, task, 256, 5 if quick else 20)),
        Line("sheetnet closed", ours_many(machine, "closed", task, 512, 5 if quick else 20)),
    ]
    lines.append(Line(f"sheetnet {many.choose(task).name}", ours_many(machine, "auto", task, nets, epochs)))
    group = Group("A sweep, two ReLU, 712 x 10, float32", "net and epoch", lines, machine.floor(712, 10, 2))
    group.measure(3 if quick else 7)
    if device.type == "cpu":
        times = 1.3 if "AVX512" in torch.backends.cpu.get_cpu_capability() else 2.0
        group.target = (f"{times} times the floor", times * group.floor)
    else:
        group.target = ("4e8 net-epochs a second", 1 / 4e8)
    return group


def many_rows(machine: Machine, quick: bool) -> Group:
    """One net on rows that are in no cache."""
    n = 10**5 if quick else 10**6
    if machine.device.type == "cuda":
        n = 10**8
    task = task_of(create("two_relu", 10), random_table(n, 10), machine.device)
    paths = ["closed", "fused"] if machine.device.type == "cpu" else ["closed", "passes"]
    lines = [Line("autograd loop (torch, eager)", peers.autograd(machine, task, 3))]
    lines += [Line(f"sheetnet {path}", ours(machine, path, task, 5)) for path in paths]
    group = Group(f"Many rows, two ReLU, {n:,} x 10, float32", "epoch", lines, machine.floor(n, 10, 2, resident=False))
    group.measure(3)
    return group


def below_the_floor(machine: Machine, quick: bool) -> list[Group]:
    """Epochs that do not go through the rows, once the signs have settled, beside those that do, in float64."""
    titanic, n = sn.titanic(), 10**4 if quick else 10**6
    many = create("two_relu", 10), random_table(n, 10)
    groups = []
    for words, task, before, epochs, resident in (
        ("712 x 10", (sn.two_relu(titanic), titanic), 20_000, 500, True),
        (f"{n:,} x 10", many, 1000 if quick else 10_000, 1000, False),
    ):
        exact = task_of(*task, machine.device, "float64")
        fused = settled(machine, "fused", exact, 2, epochs if resident else 3)
        lines = [Line("sheetnet fused", fused), Line("sheetnet gram", settled(machine, "gram", exact, before, epochs))]
        title = f"Settled, two ReLU, {words}, float64, after {before:,} epochs, time of the processor"
        groups.append(Group(title, "epoch", lines, machine.floor(len(exact.y), 10, 2, resident)))
        groups[-1].measure(5 if quick else 31 if resident else 7)
        groups[-1].target = (
            ("a third of fused", lines[0].median / 3) if resident else ("a 20th of the floor", groups[-1].floor / 20)
        )
    return groups


def half(machine: Machine, quick: bool) -> Group:
    """What half precision gains, and what it costs in agreement."""
    table = sn.titanic()
    lines = []
    for dtype in ("float32", "bfloat16", "float16"):
        task = task_of(sn.two_relu(table), table, machine.device, dtype)
        run = ours_many(machine, "closed", task, 256, 3 if quick else 20)
        lines.append(Line(f"sheetnet closed, {dtype}", run, far=distance(task, "closed")))
    group = Group("Half precision, sweep of two ReLU, 712 x 10", "net and epoch", lines, machine.floor(712, 10, 2))
    group.measure(3)
    return group


def scaling(machine: Machine, quick: bool) -> dict[str, list[tuple[int, float, float]]]:
    """(size, sheetnet's seconds, the autograd loop's) per epoch, by rows, nets and features."""
    found: dict[str, list[tuple[int, float, float]]] = {"rows": [], "nets": [], "features": []}
    cuda = machine.device.type == "cuda"
    top = 5 if quick else 8 if cuda else 7
    print(f"\nHow cost grows, {machine.device}, float32: us per epoch (autograd by nets: one net's time, times nets)")
    print(f"  {'':10} {'size':>10} {'sheetnet':>12} {'autograd':>12}")

    def add(kind: str, size: int, mine: Timed, other: Timed) -> None:
        times = [min(run() for _ in range(3)) for run in (mine, other)]
        found[kind].append((size, *times))
        print(f"  {kind:10} {size:10,} {times[0] * 1e6:12.2f} {times[1] * 1e6:12.2f}")

    for n in (10**e for e in range(3, top + 1)):
        task = task_of(create("two_relu", 10), random_table(n, 10), machine.device)
        epochs = max(1, min(1000, 3 * 10**6 // n))
        add(
            "rows",
            n,
            ours(machine, choose(task, 10**9), task, epochs),
            peers.autograd(machine, task, max(1, epochs // 10)),
        )
    table = sn.titanic()
    task = task_of(sn.two_relu(table), table, machine.device)
    alone = peers.autograd(machine, task, 200)
    for nets in (10**e for e in range(0, (3 if quick else 6) + 1)):
        run = ours_many(machine, "auto", task, nets, max(2, min(500, 10**5 // nets)))
        add("nets", nets, lambda run=run, nets=nets: run() * nets, lambda nets=nets: alone() * nets)
    for p in (10, 30, 100, 300, 1000):
        task = task_of(create("two_relu", p), random_table(712, p), machine.device)
        add("features", p, ours(machine, choose(task, 10**9), task, 100), peers.autograd(machine, task, 100))
    return found


def draw(found: dict[str, list[tuple[int, float, float]]], path: Path) -> None:
    """A log-log picture of how cost grows."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(12, 4), layout="constrained")
    for axes, (kind, points) in zip(picture.subplots(1, 3), found.items(), strict=True):
        sizes, mine, other = zip(*points, strict=True)
        axes.loglog(sizes, np.multiply(other, 1e6), "o--", color="#7F7F7F", label="autograd loop")
        axes.loglog(sizes, np.multiply(mine, 1e6), "o-", color="#0B5394", label="sheetnet")
        axes.set(xlabel=kind, ylabel="us per epoch")
        axes.grid(alpha=0.3, which="both")
        axes.legend()
    picture.savefig(path, dpi=110)


def main() -> int:
    """Measure, print, write JSON and the picture on request; 1 when a target for the CPU is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all runs")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("highest")
    machine = Machine(torch.device(options.device))
    print(f"{machine.device}, {options.threads} threads, torch {torch.__version__}")
    print(f"float32 matrix product {machine.rate / 1e9:.0f} GFLOP/s, copy {machine.copy / 1e9:.1f} GB/s")
    groups = []
    for make in (one_net, sweeps, linear, many_rows, half):
        groups.append(make(machine, options.quick))
        groups[-1].show()
    if machine.device.type == "cpu":
        for group in below_the_floor(machine, options.quick):
            groups.append(group)
            group.show()
    found = scaling(machine, options.quick)
    if options.picture:
        draw(found, options.picture)
    if options.json:
        content = {"device": str(machine.device), "threads": options.threads, "torch": torch.__version__,
                   "flops": machine.rate, "copy": machine.copy, "groups": [group.content() for group in groups],
                   "scaling": found}  # fmt: skip
        options.json.write_text(json.dumps(content, indent=1))
    return int(machine.device.type == "cpu" and any(group.missed for group in groups))


if __name__ == "__main__":
    sys.exit(main())
