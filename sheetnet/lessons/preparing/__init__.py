"""Lesson 5: blanks.py (Data, Missing, Filled), classes.py (Classes, Rank), scales.py and descent.py, lesson.py (words)."""

from __future__ import annotations

from sheetnet.lessons.preparing.lesson import LESSON

__all__ = ["LESSON"]
