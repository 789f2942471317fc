"""Lesson 6, what only a teacher needs: what is hard in it, and questions to ask aloud."""

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
