"""Lesson 4: the passengers: lesson.py, its words and exercises (texts.py), and torch by hand (witness.py)."""
