"""Lesson 1: its sheets, words and exercises, and torch by hand (witness.py)."""
