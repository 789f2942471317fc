"""Lesson 4: the passengers: lesson.py, its words (texts.py), exercises and predictions (questions.py), and torch by hand (witness.py)."""
