"""Lesson 9, what only a teacher needs: what is hard in it, and questions to ask aloud."""

from __future__ import annotations

HARD = (
    "A large loss does not mean a large slope: on a plain one is very wrong and hardly moves.",
    "A probability is not a decision. The threshold is chosen by people, for reasons outside the model.",
    "Precision and recall are shares of different groups. Ask each time: of whom?",
    "Cross-entropy looks at the true class, entropy does not ask what is true.",
    "A model can be very sure far away from everything it has seen.",
)
ALOUD = (
    "Somebody is surely wrong. Why should that person learn faster than somebody who does not know?",
    "Who should choose the threshold of a test for a deadly illness, and what must that person know?",
    "Why may one take the largest score off all scores, and nothing changes?",
)
