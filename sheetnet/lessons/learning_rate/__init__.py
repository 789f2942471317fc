"""Lesson 6: runs.py (Points), rates.py (Rates, Runs), parabola.py (and Limit), schedules.py (and Finder), lesson.py (words)."""

from __future__ import annotations

from sheetnet.lessons.learning_rate.lesson import LESSON

__all__ = ["LESSON"]
