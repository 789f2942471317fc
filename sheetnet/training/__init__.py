"""Training in torch: modules, the loop, and what torch witnesses of a run."""

from sheetnet.training.loop import Run, train
from sheetnet.training.witness import Record, least_squares, observe, witness

__all__ = ["Record", "Run", "least_squares", "observe", "train", "witness"]
