"""Lesson 6, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "Too large does not look like too small at first: watch whether the steps turn back.",
    "A steep slope does not mean a long way to go.",
    "The limit belongs to this data and this model. It is no number to remember.",
    "A rate near the limit swings and may still arrive first.",
)
ALOUD = (
    "The loss goes up and down and up. What do you change, and which way?",
    "Why may the step be the same length in a narrow valley and in a wide one, and what comes of it?",
    "Why begin with large steps and end with small ones, and not the other way round?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "The steps jump over the valley and back: make the rate smaller.",
    "A step is rate × slope, and the slope may be alike in both. In the narrow valley it jumps to the other side.",
    "Far away large steps save time. Near the lowest point they jump over it, and small ones come to rest.",
)
