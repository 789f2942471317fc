"""Lesson 7: lesson.py (Batches, Gradients), races.py (Noise, the optimisers, Compare), unrolled.py, stories.py."""

from __future__ import annotations

from sheetnet.lessons.optimisers.lesson import LESSON

__all__ = ["LESSON"]
