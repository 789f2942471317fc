"""Lesson 15, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "What is transferred is no rule and no row: only numbers. What they know, they know as a shape of features.",
    "Few weights to learn means few curves to choose from. That is a help as long as the right one is among them.",
    "A frozen weight is not a weight of 0. It works in every prediction; it only does not move.",
    "Rounding does not cut digits off: it goes to the nearest place, and a place is a power of 2.",
    "The numbers of float16 are not evenly spread: each time the exponent grows by 1, they lie twice as far apart.",
)
ALOUD = (
    "A net has learnt to tell cats from dogs on a million pictures. You have 50 pictures of birds. What would you do?",
    "Why may frozen have a higher loss on the few rows than scratch, and still be the better net?",
    "Somebody keeps every sum of a long training in float16 to save room. What goes wrong, and when?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "Take its lower layers, which know edges and fur and eyes, put a new head on them, and train the head first.",
    "It cannot follow the noise of the few rows. What it cannot bend to, it cannot learn by heart.",
    "Late in training steps are small beside the weights. They are rounded away, and the weights stand still.",
)
