"""Lesson 3, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "Which row meets which column. Let them put a finger of each hand on the sheet.",
    "Rows come first in a shape: 5 x 3 is five rows of three numbers.",
    "A B and B A differ. From numbers everybody is used to the opposite.",
    "Why a product cannot bend: here lesson 2 comes back.",
)
ALOUD = (
    "A is 4 x 2. Which shapes may stand to its right?",
    "Why does a column of ones in the table do the same as adding a constant?",
    "A thousand workers and ten results: who has nothing to do?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "All with two rows: 2 x 1, 2 x 2, 2 x 5. The inner sizes must be equal.",
    "Each row then has a 1, which is multiplied by the constant and added.",
    "990 of the workers, at least: a result is one sum, and one worker adds it up.",
)
