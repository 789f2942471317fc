"""Lesson 10, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "A d_ block is no error and no weight: it is a slope of the loss, and it has the shape of its block.",
    "Which matrix is turned, and on which side it stands. The shapes decide: only one way fits.",
    "A dead unit is not a unit whose weights are 0. It is one that is on in no row.",
    "That a net can follow a curve does not say that descent finds the weights.",
    "A lower loss on a few rows need not mean a better model: other rows give another order.",
)
ALOUD = (
    "Why is it cheaper to go back once than to wiggle every weight?",
    "A unit is dead. Which of its numbers would you change by hand to wake it up?",
    "Everybody in class gets another start. Whose loss may we tell the headmaster?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "One way back gives all slopes at once. Wiggling needs two ways forward for each single weight.",
    "Its bias: raise it until w × x + b is above 0 in some row. Then its gradient is no longer 0.",
    "All of them, or their middle. Who tells only the best hides how much was luck.",
)
