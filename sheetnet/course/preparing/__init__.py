"""Lesson 5: blanks.py (Data, Missing, Filled), classes.py (Classes, Rank), scales.py and descent.py, lesson.py (words), witness.py (torch)."""
