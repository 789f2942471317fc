from __future__ import annotations
from sheetnet.motifs.exercises import Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction
def questions(lesson): return [Exercise("a?", lesson.one, hint="x", why="y", slips=(Slip(1.0,"n"),Slip(2.0,"m"))) for i in range(2)]
def predictions(lesson): return [Prediction(f"a{i}?", ("x","y"), 1.0, 1.0, 2.0, "num", "why", "slide.out") for i in range(3)]
