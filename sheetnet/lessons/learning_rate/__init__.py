"""Lesson 6: lesson.py (Points, Rates, Runs, words, exercises) and sheets.py (Parabola, Limit, Finder, Schedules)."""

from __future__ import annotations

from sheetnet.lessons.learning_rate.lesson import LESSON

__all__ = ["LESSON"]
