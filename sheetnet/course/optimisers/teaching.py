"""Lesson 7, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "Step, batch and pass are three things. Count them together once: 20 rows, batches of four, five steps.",
    "Noise is not a mistake: each batch tells the truth about its own rows.",
    "m and v are memories. Say each in words before its formula is read.",
    "No optimiser is the best one. The order depends on the loss, the rate and the time.",
)
ALOUD = (
    "We have time to look at all rows once. One careful step, or five rough ones?",
    "All gradients become 100 times as large. Who notices, and who does not?",
    "Why does descent on small batches not come to rest at the best weights?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "Most often five rough steps: each goes about the right way, and the next one mends it.",
    "Plain descent: its steps are 100 times as long. Adam divides by the size of the gradients and does not notice.",
    "The gradient of a batch is not 0 there: each batch has a best place of its own, and pulls towards it.",
)
