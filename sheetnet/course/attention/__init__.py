"""Lesson 14: attention, and a character transformer that is trained by formulas."""
