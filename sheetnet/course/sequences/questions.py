from sheetnet.motifs.exercises import Exercise
from sheetnet.motifs.predictions import Prediction
def questions(lesson): return [Exercise("q1",1.0),Exercise("q2",2.0)]
def predictions(lesson): return [Prediction(f"q{i}",("a","b"),1.0,lesson.loss,lesson.loss,"the number","why","unrolled.loss") for i in range(6)]
