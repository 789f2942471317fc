"""Lesson 4, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

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
ANSWERS = (  # to ALOUD, as one hopes for them
    "Nobody can say yet. First ask how often one is right who says of everybody that they died.",
    "It multiplies and adds numbers. A word has to become a number first: Male, 1 or 0.",
    "No. It can follow more, but descent may stop before it has found that, and new passengers may fit it worse.",
)
