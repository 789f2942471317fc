"""Lesson 2: lesson.py (One, Two, words, exercises), pieces.py (Eight, Many, Errors), witness.py (torch)."""
