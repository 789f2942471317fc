"""Lesson 2: lesson.py (One, Two, words), questions.py (exercises, predictions), pieces.py (Eight, Many, Errors), witness.py (torch)."""
