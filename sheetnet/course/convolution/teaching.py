"""Lesson 12, what only a teacher needs: what is hard in it, questions to ask aloud, and their answers."""

from __future__ import annotations

HARD = (
    "The output pixel has its place by the upper left corner of its window, not by the middle. So rows seem to shift by one.",
    "An output of 0 does not mean white: it means that left and right are alike, be they white or ink.",
    "Steps and places: from the first place to the last one there is one step less than there are places.",
    "Parameter sharing saves numbers to learn, not multiplications: the filter still works at every place.",
    "The filter that is learnt is not the only one that would do. Another start may end with another.",
)
ALOUD = (
    "A dense layer could do all that a convolution does. Why not take it?",
    "What does a net lose by max pooling, and when does that matter?",
    "On Learn nobody said what a bar is. Where does the filter have it from?",
)
ANSWERS = (  # to ALOUD, as one hopes for them
    "It has far more numbers, needs far more pictures, and must learn the same shape anew at each place.",
    "Exactly where something is. For saying what is in a photo that is no loss, for pointing at it, it is.",
    "From the twelve answers upright or lies: of all filters, descent goes to one that makes the loss small.",
)
