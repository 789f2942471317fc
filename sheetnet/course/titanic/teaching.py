"""Lesson 4, what only a teacher needs: what is hard in it, and questions to ask aloud."""

from __future__ import annotations

HARD = (
    "It is long. Two hours with a break are better than one: stop after the linear model.",
    "Features are numbers, passengers are people. Keep one passenger in view from the entries to the error.",
    "The same step, done three times: by formula, by wiggling and in torch. That they agree is the point.",
    "A share of right answers sounds good until one knows that 'everybody died' is right for more than half.",
)
ALOUD = (
    "Somebody has a model that is right for 60 of 100 passengers. Is that good? What do you want to know first?",
    "Why can the model not read the word female?",
    "The net has more weights than the line. Does it have to win?",
)
