"""Lesson 5, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "A blank is not 0. Ask what a 0 in Age would say.",
    "Class 1, 2, 3 are names, not amounts. Renaming them must not change an answer.",
    "Three dummies and a column of ones say the same thing twice. The rank is for the curious.",
    "Dividing a column changes no best loss, only the way there.",
)
ALOUD = (
    "A friend fills every blank age with 0. What does the model then believe of these passengers?",
    "Which is better for the port: the numbers 1, 2, 3, or three columns of 0 and 1? Why?",
    "The best loss stays the same after dividing. So why do we divide?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "That they were babies, all of the same age. It learns from people who never were.",
    "Three columns: with 1, 2, 3 the model must believe that port 3 is three times port 1.",
    "With columns of like size one rate suits all weights, and descent arrives much sooner.",
)
