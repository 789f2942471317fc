"""Lesson 9, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "A large loss does not mean a large slope: on a plain one is very wrong and hardly moves.",
    "A probability is not a decision. The threshold is chosen by people, for reasons outside the model.",
    "Precision and recall are shares of different groups. Ask each time: of whom?",
    "Cross-entropy looks at the true class, entropy does not ask what is true.",
    "A model can be very sure far away from everything it has seen.",
)
ALOUD = (
    "Somebody is sure and wrong. Why should that person learn faster than somebody who does not know?",
    "Who should choose the threshold of a test for a deadly illness, and what must that person know?",
    "Why may one take the largest score off all scores, and nothing changes?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "The error is large, so there is much to correct. With cross-entropy the step is as long as the error is large.",
    "People who know what each mistake costs: to send an ill person home, or to frighten a healthy one.",
    "A softmax looks at differences of scores only. The same number taken off all of them leaves these as they are.",
)
