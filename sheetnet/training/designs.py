"""Designs of a sweep: which rate, start scale, weight decay and seed each net gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sheetnet.common.settings import learning_rate
from sheetnet.errors import SheetnetError
from sheetnet.models.model import Model, decimals_of


@dataclass
class Settings:
    """What each net is trained with, (n,) each."""

    lr: np.ndarray
    scale: np.ndarray
    decay: np.ndarray
    seed: np.ndarray


def draw(design: str, nets: int, lrs: list[float], scales: list[float], decays: list[float], seed: int) -> Settings:
    """The settings of that many nets by a grid or a random design.

    Raises: SheetnetError for an unknown design, or values that it cannot take.
    """
    if design not in DESIGNS:
        raise SheetnetError(f"the design must be grid or random, found {design!r}")
    return DESIGNS[design](nets, lrs, scales, decays, seed)


def spread(low: float, high: float, count: int) -> list[float]:
    """So many values from low to high, even in their logarithm, to four digits."""
    return [float(f"{value:.4g}") for value in np.geomspace(low, high, count)]


def axis(values: Sequence[float] | float, of: str) -> list[float]:
    """The values of one axis: rates, scales or weight decays.

    Raises: SheetnetError for none, and for what is no finite number of 0 or more.
    """
    words = "the learning rate" if of == "rate" else f"the {of}"
    found = [learning_rate(one, words) for one in (values if isinstance(values, Sequence | np.ndarray) else [values])]
    if not found:
        raise SheetnetError(f"a sweep needs at least one {of}")
    return found


def _grid(nets: int, lrs: list[float], scales: list[float], decays: list[float], seed: int) -> Settings:
    size = len(lrs) * len(scales) * len(decays)
    each, rest = divmod(nets, size)
    if rest or not each:
        near = sorted({max(1, each) * size, (each + 1) * size})
        raise SheetnetError(
            f"the grid has {len(lrs)} rates x {len(scales)} scales x {len(decays)} decays = {size} combinations:"
            f" ask for a multiple of them, such as {' or '.join(map(str, near))} nets, for fewer values, or for"
            " --design random"
        )
    cells = np.array(list(product(lrs, scales, decays)))
    lr, scale, decay = np.tile(cells, (each, 1)).T
    # seed by seed, so that a sweep which is stopped has been everywhere
    return Settings(lr, scale, decay, np.repeat(seed + np.arange(each), size))


def _random(nets: int, lrs: list[float], scales: list[float], decays: list[float], seed: int) -> Settings:
    rng = np.random.default_rng(seed)

    def draw(values: list[float]) -> np.ndarray:
        low, high = min(values), max(values)
        if low == high:
            return np.full(nets, low)
        if low == 0:
            raise SheetnetError("a random design draws evenly in the logarithm: the least value must be above 0")
        return np.asarray(np.exp(rng.uniform(np.log(low), np.log(high), nets)))

    return Settings(draw(lrs), draw(scales), draw(decays), seed + np.arange(nets))


DESIGNS = {"grid": _grid, "random": _random}


def starts(model: Model, seeds: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """model.init(seed, scale) of each net, as (N, k, p); each seed is drawn from once."""
    unique, which = np.unique(seeds, return_inverse=True)
    shape = model.n_features, model.n_hidden
    drawn = np.stack([np.random.default_rng(int(seed)).random(shape) for seed in unique])[which]
    size = scales[:, None, None]
    W = -size + 2 * size * drawn
    decimals = np.array([decimals_of(float(scale)) for scale in scales])
    for places in np.unique(decimals):
        W[decimals == places] = np.round(W[decimals == places], places)
    return np.ascontiguousarray(W.transpose(0, 2, 1))
