"""Lesson 2, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "A ReLU is one formula, max(0, m × x + b), and yet it has two straight parts. Draw both before any number.",
    "The corner is where the line crosses 0, not where x is 0.",
    "Added lines stay a line. Most of a class will not believe it before they have tried.",
    "A coefficient is the change of the slope at a knot, not the slope itself.",
)
ALOUD = (
    "Where is the corner of max(0, 2 × x - 4)? How do you know without drawing?",
    "Ten lines are added. What does the sum look like? And ten ReLUs?",
    "You may have as many ReLUs as you like. Is there a curve that you cannot come close to?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "At x = 2: there 2 × x - 4 is 0. Left of it the ReLU is 0, right of it the line.",
    "Ten lines make one line again. Ten ReLUs make a line with up to ten bends.",
    "A smooth curve without gaps can be followed as closely as one likes, between two ends. A jump cannot: there a piece stays steep.",
)
