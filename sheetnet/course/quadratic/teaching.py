"""Lesson 1, what only a teacher needs: what is hard in it, and questions to ask aloud."""

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
