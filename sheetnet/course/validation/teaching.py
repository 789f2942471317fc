"""Lesson 8, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "The training loss says nothing about other rows. A small one is no success by itself.",
    "Validation rows choose, test rows judge. Who chooses with the test rows has none left.",
    "The lowest validation loss is partly luck. Cross-validation shows how much the rows decide.",
    "A row that surprises the model is a question, not yet a mistake.",
)
ALOUD = (
    "Which of two curves would you trust between the points, and why not the one that meets them all?",
    "You may look at the test rows once. When do you look, and what do you do if you do not like what you see?",
    "A shop recommends what was bought. How would you find out what people want and were never shown?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "The smoother one. The curve that meets all points has learnt their noise as well, and swings between them.",
    "Once, at the end. What comes is what is reported, also when nobody likes it: after a second look they are no test.",
    "Show it now and then to people chosen by chance. What was never shown is in no table, so nobody can learn from it.",
)
