"""Lesson 7: lesson.py (Batches, Gradients), races.py (Noise, the optimisers, Compare), unrolled.py, stories.py, questions.py (exercises, predictions), witness.py (torch)."""
