"""Lesson 13, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "One weight is used at every step. Its gradient is a sum of shares, one for each use; none of them is the gradient.",
    "d_h goes from the end to the beginning: the table is read upwards.",
    "A vanished slope does not mean that the past is unimportant. It means that descent cannot see it.",
    "Clipping changes how long a step is, not where it goes. It helps against exploding slopes, not against vanished ones.",
    "A shut gate keeps both: the memory on its way forward, and the slope on its way back.",
)
ALOUD = (
    "You read a long sentence. Which word of its beginning must you still know at its end, and which may you forget?",
    "Why does a slope that goes through 30 equal steps nearly always vanish or explode?",
    "A net beats the linear model on one series. What would you ask before you believe that it is better?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "Who or what it is about. Most small words may go. A gate learns such a choice: what to write, and what to keep.",
    "The same factor is taken 30 times. Only a factor very near 1 neither shrinks nor grows.",
    "How it does on new hours, how it does alone, whether the simple model was given as much, and how another series comes out.",
)
