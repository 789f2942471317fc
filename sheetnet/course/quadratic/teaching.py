"""Lesson 1, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "The loss is a number about all points at once. Many look at one point only.",
    "A slope says which way and how much for a small move. Many take it for a promise over any distance.",
    "A negative slope makes the number grow: old - rate × slope. The two minus signs need a minute on the board.",
)
ALOUD = (
    "Two of you have fitted the points by eye. How do we find out whose curve is better, without arguing?",
    "The slope in a is negative. Should a grow or shrink? Why?",
    "Why does the loss never reach 0 here, however long we wait?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "By one number for each curve: the mean of the squared errors. The curve with the smaller one is better.",
    "It should grow. Against the slope: old - rate × slope, and minus a number below 0 is plus.",
    "The points are noisy: no parabola goes through all of them. What is left is the noise.",
)
