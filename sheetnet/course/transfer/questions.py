from __future__ import annotations
from sheetnet.motifs.exercises import choice
from sheetnet.motifs.predictions import Prediction
def questions(lesson): return [choice("a? 1: b. 2: c.", 1, {2: "no"}, hint="h", why="w")]
def predictions(lesson): return [Prediction("q", ("a", "b"), 1.0, 1.0, 1.0, "n", "w", "old.pred")]
