"""The words of lesson 11: what stands on top of each sheet, and its notes."""

from __future__ import annotations

TITLE = "Embeddings: numbers for tastes"
PURPOSE = "x"
GOALS = ("a", "b", "c")
TRIES = ("a", "b", "c")
COMPARED = {
    "lookup.rows": "Look-ups",
    "match.dots": "Dot products",
    "train.none_valid": "Loss on ratings kept back, without decay",
    "train.decay_valid": "Loss on ratings kept back, with decay",
    "recommend.pred": "Predictions",
    "you.w": "Your numbers",
    "nearest.cosines": "Cosines",
    "components.scores": "Two components",
    "meaning.turned": "Turned",
}
WORDS: tuple[tuple[str, str, str], ...] = (("a", "b", "lookup.rows"),)
ABOUT_LOOKUP = LOOKUP = ORDERS = ABOUT_MATCH = MADE_HOW = MATCH = ABOUT_RATINGS = RATINGS = "x"
ABOUT_TRAIN = TRAIN = STEP = ABOUT_RECOMMEND = RECOMMEND = ABOUT_YOU = YOU = ABOUT_NEAREST = NEAREST = "x"
ABOUT_COMPONENTS = COMPONENTS = ABOUT_MEANING = MEANING = "x"
