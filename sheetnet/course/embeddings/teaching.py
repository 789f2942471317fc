"""Lesson 11, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "A blank is not a 0. Ask of each mean and each loss: over which ratings?",
    "Nobody types the tastes in: people and foods are learnt together, each from the other.",
    "The model with the lower loss on what it has seen is the worse one here.",
    "A learnt number has no name: only dot products are fixed, so the map may be turned.",
    "Cosine does not see how long an embedding is, distance does.",
)
ALOUD = (
    "How can a model know that cake and honey are alike, if nobody told it how they taste?",
    "A shop recommends what people like you have bought. What will it never show you?",
    "Why may we turn the map of the foods, and no prediction changes?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "The same people like both. So both need numbers that go well with the numbers of these people.",
    "What nobody like you has tried, and what is new. What is shown is bought, and is shown again.",
    "The people are turned with it. A dot product depends on lengths and the angle between two arrows, and these stay.",
)
