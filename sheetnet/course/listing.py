"""The course's table of contents; imports nothing, so that it can be shown at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One lesson: its place in the course, its name (also of its module) and what one learns, in a line.

    seed: that of the course's own numbers.
    """

    number: int
    name: str
    about: str
    seed: int = 0

    @property
    def file(self) -> str:
        """The name of its workbook and, but for the ending, of its notebook, such as 01_quadratic."""
        return f"{self.number:02d}_{self.name}"

    def workbook(self, blanks: bool = False, suffix: str = "") -> str:
        """Where its workbook goes if nobody says where; blanks: with formulas to fill in; suffix: of a dialect."""
        return f"workbooks/{self.file}{'_blanks' * blanks}{suffix}.xlsx"


_LESSONS = (
    Entry(1, "quadratic", "fit a curve by hand, by its slopes, and let it run: loss, gradient, learning rate"),
    Entry(2, "relu", "why two lines stay a line, two ReLUs do not, and enough of them follow any curve"),
    Entry(3, "matmul", "what a matrix product is, which shapes fit, and what it cannot do"),
    # its seed: a start from which the net beats the best line there is; that of seed 0 ends behind it
    Entry(4, "titanic", "the passengers: data, features, two models, gradient and descent, equal to torch", 13),
    Entry(5, "preparing", "why a raw table cannot be multiplied: blanks, classes, large columns"),
    Entry(6, "learning_rate", "eight rates side by side, the parabola up close, a rate finder, schedules"),
    Entry(7, "optimisers", "batches and their noise; momentum, Adagrad, RMSprop, Adam and AdamW step by step"),
    Entry(8, "validation", "rows kept apart, too small and too large a model, decay, stopping, k-fold, wrong rows"),
    Entry(9, "classification", "from a score to a class: sigmoid, cross-entropy, threshold, softmax, entropy"),
    Entry(10, "deep", "hidden layers backwards; dead units, vanishing gradients, many starts; all models compared"),
    Entry(11, "embeddings", "numbers for words, a recommender of missing ratings, cosine, principal components"),
    Entry(12, "convolution", "a filter slid over a picture: edges, sizes, few numbers, and a filter that is learnt"),
    Entry(13, "sequences", "a series step by step: a memory, gradients through time, a gate, a forecast"),
    Entry(14, "attention", "tokens, query, key, value, mask, heads; a small transformer that learns to write names"),
    Entry(15, "transfer", "weights trained elsewhere, few rows, frozen layers, and what half precision keeps"),
)
LISTING = {entry.name: entry for entry in _LESSONS}
