"""Work that is dealt out to threads: compiled loops, which run beside each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch


def threads() -> int:
    """How many threads the compiled loops use: as many as torch does."""
    return max(1, torch.get_num_threads())


def together(work: Callable[[], None]) -> None:
    """None; every thread has done work(), which deals out what there is to do."""
    with ThreadPoolExecutor(threads()) as pool:
        for one in [pool.submit(work) for _ in range(threads())]:
            one.result()
