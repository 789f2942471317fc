"""Lesson 6: runs.py (Points), rates.py (Rates, Runs), parabola.py (and Limit), schedules.py (and Finder), lesson.py (words), questions.py (exercises, predictions), witness.py (torch)."""
