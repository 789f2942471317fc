"""Fair timing: contenders take turns in one process, beside a floor that is measured in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

Timed = Callable[[], float]  # does its work and gives seconds for one unit of it


@dataclass
class Line:
    """One contender: what it is, seconds for a unit in each round, and how far from the referee it ends."""

    name: str
    run: Timed
    seconds: list[float] = field(default_factory=list)
    far: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass
class Group:
    """Contenders for the same task; the first is the one that the others are compared with."""

    title: str
    unit: str
    lines: list[Line]
    floor: float
    target: tuple[str, float] | None = None  # (words, seconds)

    @property
    def best(self) -> float:
        """The median of sheetnet's fastest way."""
        return min(line.median for line in self.lines if line.name.startswith("sheetnet"))

    @property
    def missed(self) -> bool:
        """Whether there is a target that it does not reach."""
        return self.target is not None and self.best > self.target[1]

    def measure(self, rounds: int) -> None:
        """A warm-up, then everybody in turn."""
        for at in range(rounds + 1):
            for line in self.lines:
                seconds = line.run()
                if at:
                    line.seconds.append(seconds)

    def show(self) -> None:
        """The table with its ratios."""
        base, best = self.lines[0].median, self.best
        print(f"\n{self.title}, us per {self.unit}")
        print(f"  {'':44} {'median':>10} {'least':>10} {'of first':>9} {'of floor':>9} {'far':>9}")
        for line in self.lines:
            far = "" if line.far is None else f"{line.far:9.1e}"
            ratios = f"{line.median / base:9.4f} {line.median / self.floor:9.1f}"
            print(f"  {line.name:44} {line.median * 1e6:10.3f} {min(line.seconds) * 1e6:10.3f} {ratios} {far}")
        print(f"  {'floor':44} {self.floor * 1e6:10.3f}")
        if self.target:
            words, seconds = self.target
            print(f"  target {words}, {seconds * 1e6:.3f} us: {best * 1e6:.3f}, {'MISSED' if self.missed else 'met'}")

    def content(self) -> dict[str, object]:
        """For JSON."""
        lines = [{"name": li.name, "seconds": li.seconds, "median": li.median, "far": li.far} for li in self.lines]
        return {"title": self.title, "unit": self.unit, "floor": self.floor, "lines": lines}


class Machine:
    """Where it runs, and what it can do: operations per second and bytes per second, measured."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        a, b = (
            torch.randn(4096 if device.type == "cuda" else 1536, device=device).expand(2048, -1).clone() for _ in "ab"
        )
        out = torch.empty(2048, 2048, device=device)
        self.rate = 2 * a.numel() * 2048 / self.best(lambda: torch.mm(a, b.T, out=out))
        x = torch.randn(2**28 if device.type == "cuda" else 2**25, device=device)
        y = torch.empty_like(x)
        self.copy = 8 * x.numel() / self.best(lambda: y.copy_(x))

    def best(self, work: Callable[[], object], rounds: int = 9) -> float:
        """The least seconds of some rounds."""
        return min(self.seconds(work) for _ in range(rounds))

    def seconds(self, work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
        """Seconds of one call, to its end on the device."""
        self.wait()
        began = clock()
        work()
        self.wait()
        return clock() - began

    def wait(self) -> None:
        """Until the device has nothing left to do."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def floor(self, n: int, p: int, k: int, resident: bool = True) -> float:
        """Seconds that one epoch cannot go under: operations, and bytes where the table is in no cache."""
        operations = 4 * n * p * k + 10 * n * k
        return max(operations / self.rate, 0.0 if resident else 4.0 * n * p / self.copy)
