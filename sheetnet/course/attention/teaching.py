"""Lesson 14, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "Rows are who looks, columns are what is looked at. Ask each time: whose row is this?",
    "Query, key and value are not three things that a token has. They are one thing, x, times three matrices.",
    "The mask is there because all places are trained at once. When one writes letter by letter nothing lies ahead.",
    "Nobody tells a head where to look. What it does is read off afterwards, and often cannot be put into words.",
    "A written name is drawn: another drawn number, another name. The probabilities are what was learnt.",
)
ALOUD = (
    "A library: what is the query, what are the keys, what are the values?",
    "The loss does not reach 0, however long one trains. Why not?",
    "The net wrote a name that is on no list. Did it make a mistake?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "The query is what I ask for, the keys are the titles on the backs, the values are what stands in the books.",
    "After the first dot any of eight names may come. Nobody can know which, so the best share is far from 1.",
    "No. It learnt which letters follow which, not a list. That it writes something new is what one wants of it.",
)
