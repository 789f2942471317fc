"""Names to learn from and start weights for a seed."""

from __future__ import annotations

import numpy as np

from sheetnet.course.attention.model import LETTERS, PLACES, SHAPES, WIDTH
from sheetnet.course.drawing import TRIES, drawing

STEPS, RATE, KEPT = 50, 0.1, 0.9
N_NAMES, MOST = 8, PLACES - 1  # letters of a name
USUAL = ("anna", "emma", "lena", "nina", "leon", "simon", "nora", "tom")
AMONG = (
    *USUAL, "mila", "tim", "otto", "mia", "lisa", "lea", "rosa", "sara", "marie", "toni", "lara", "luna", "ella",
    "elias", "milo", "nils", "lars", "mats", "ron", "tina", "ina", "uli", "mario", "luis", "emil", "elsa", "alma",
    "irma", "nino", "tessa", "timo", "leo", "oli", "romeo", "miro",
)  # fmt: skip
SPREAD = {"E": 0.7, "Pos": 0.7, "W_out": 0.5 * 32**-0.5, "W_last": 0.1, "b_in": 0.0, "b_out": 0.0, "b_last": 0.0}


def tokens(word: str, places: int = MOST) -> list[float]:
    """The numbers of its letters, then 0 for the end and for empty places."""
    return [float(LETTERS.index(letter)) for letter in word.ljust(places, LETTERS[0])]


def names(seed: int) -> tuple[str, ...]:
    """Eight names of the twelve letters, those of the course for seed 0."""
    draw = drawing(seed, "names")
    return tuple(AMONG[i] for i in draw.permutation(len(AMONG))[:N_NAMES]) if seed else USUAL


def start(seed: int, turn: int = 0) -> dict[str, np.ndarray]:
    """The weights before the first step, of two decimals; turn: which of the draws of a seed."""
    draw = drawing(seed, f"start {turn}" if turn else "start")
    return {
        name: (draw.normal(0.0, 1.0, shape) * SPREAD.get(name, 0.5 * WIDTH**-0.5)).round(2) + 0.0
        for name, shape in SHAPES.items()
    }


LARGEST_D, KEYS = 64, 8
VECTORS = (
    (0.0, 1.5), (1.0, 0.5), (0.8, 0.1), (0.9, -0.4), (-0.8, 0.6), (-1.1, 0.2), (-0.9, -0.2), (1.2, -0.8), (-0.7, -0.6),
    (-1.3, -0.8), (-1.2, 0.9), (0.6, -1.0),
)  # fmt: skip
POSITIONS = ((0.1, 0.0), (0.0, 0.2), (-0.2, 0.1), (0.1, -0.3))
Columns = tuple[np.ndarray, np.ndarray]


def vectors(seed: int) -> Columns:
    """Two numbers for each letter (12, 2) and for each place (4, 2): vowels to the right, consonants to the left."""
    draw = drawing(seed, "vectors")
    moved = draw.randint(-1, 2, (len(LETTERS), 2)) / 10 if seed else 0.0
    return (np.array(VECTORS) + moved).round(1) + 0.0, np.array(POSITIONS)


def keys(seed: int) -> Columns:
    """A query (64, 1) and eight keys (64, 8), drawn until undivided scores give nearly all to one key."""
    draw = drawing(seed, "keys")
    for _ in range(TRIES):
        q, k = (
            draw.normal(0.0, 1.0, (LARGEST_D, 1)).round(1) + 0.0,
            draw.normal(0.0, 1.0, (LARGEST_D, KEYS)).round(1) + 0.0,
        )
        if tells(q, k):
            break
    return q, k


def tells(q: np.ndarray, k: np.ndarray) -> bool:
    """Whether the largest weight at full width is above 0.95, and below 0.5 once divided, and below 0.5 of width 1."""
    most = []
    for d, by in ((LARGEST_D, 1.0), (LARGEST_D, 8.0), (1, 1.0)):
        scores = q[:d, 0] @ k[:d] / by
        powers = np.exp(scores - scores.max())
        most.append(powers.max() / powers.sum())
    return bool(most[0] > 0.95 and most[1] < 0.5 and most[2] < 0.5)


def draws(seed: int) -> np.ndarray:
    """A number from 0 to 1 for each letter of eight names, (8, 5)."""
    return drawing(seed, "draws").uniform(0.0, 1.0, (N_NAMES, MOST)).round(3)
