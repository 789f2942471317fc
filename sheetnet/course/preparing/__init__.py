"""Lesson 5: blanks.py (Data, Missing, Filled), classes.py (Classes, Rank), scales.py and descent.py, questions.py (exercises, predictions), lesson.py (words), witness.py (torch)."""
