"""Lesson 2: lines.py (One, Two), pieces.py (Eight, Many, Errors), questions.py (exercises, predictions), lesson.py (words), witness.py (torch)."""
