"""Lesson 5: blanks.py (Data, Missing, Filled), classes.py (Classes), scales.py and descent.py, rank.py (Rank), questions.py (exercises, predictions), lesson.py (words), witness.py (torch)."""
