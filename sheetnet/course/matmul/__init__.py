"""Lesson 3: products.py (Dot to Order), limits.py (Ones to Count), questions.py (exercises, predictions), lesson.py (words), witness.py (torch)."""
