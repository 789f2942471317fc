"""Lesson 2: lesson.py (One, Two, words, exercises) and pieces.py (Eight, Many, Errors)."""

from __future__ import annotations

from sheetnet.lessons.relu.lesson import LESSON

__all__ = ["LESSON"]
