"""Training in torch: modules, ways to train, sweeps, and what torch witnesses of a run."""

from sheetnet.training.net_run import NetRun
from sheetnet.training.run import Run
from sheetnet.training.trainer import train
from sheetnet.training.witness import Record, least_squares, observe, witness

__all__ = ["NetRun", "Record", "Run", "least_squares", "observe", "train", "witness"]
