"""The words of lesson 15: what stands on top of each sheet, and its notes."""

from __future__ import annotations

TITLE = "Transfer: weights that were trained elsewhere"
PURPOSE = "Few rows, and a large net? Then begin with weights that have learnt something like it from many rows. You freeze what is good already, teach the rest, and see when that helps and when it harms. At the end: numbers with fewer digits, as large nets are kept."
TASKS = ("1: wave", "2: fast wave", "3: line")
TASK = "New task: 1 wave, 2 fast wave, 3 line"
WAYS = {"scratch": "scratch", "frozen": "frozen", "whole": "whole"}
HEADINGS = {
    "scratch": "all weights learn, from a random start",
    "frozen": "only the head learns",
    "whole": "all weights learn, from weights that know waves",
}
SEEN = {"hidden": "hidden", "features": "features", "error": "error", "d_2": "d_2", "d_1": "d_1"}
ROWS = {
    "power": "Exponent", "step": "A place is worth", "exact": "Number / place", "count": "Nearest whole number",
    "near": "× place", "off": "- the number", "value": "So it is kept as",
}  # fmt: skip
OF_BITS = {
    "moved": "A weight moves by at most", "far": "A prediction moves by at most", "exact": "Loss on rows kept back, all bits",
    "loss": "the same, rounded",
}  # fmt: skip
SUM_IN = "{name}, after {n} times"
CHANGE = "Largest change since epoch 0"
MOVES = "How far the weights move, at most"
FROM_TORCH = "Weights from torch, as numbers"
TO_LEARN_FROM = "The 12 rows to learn from"
KEPT_BACK = "The 60 rows kept back"
ABOUT_OLD = "about"
OLD = "old"
LAYERS = "layers"
ABOUT_FEATURES = "about"
FEATURES = "features"
HAND = "hand"
ABOUT_THREE = "about"
THREE = "three {few_scratch:.3f}"
ABOUT_WAYS = {"scratch": "a", "frozen": "b", "whole": "c"}
SCRATCH = "scratch"
FROZEN = "frozen"
WHOLE = "whole {first:.3f} {last:.3f}"
ABOUT_DIGITS = "about"
DIGITS = "digits"
BITS = "bits"
ABOUT_ROUNDED = "about"
ROUNDED = "rounded {loss_11:.4f}"
ABOUT_SUM = "about"
SUM = "sum"
