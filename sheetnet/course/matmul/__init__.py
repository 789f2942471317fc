"""Lesson 3: products.py (Dot, Arrows, Product), shapes.py (Shapes, Order), limits.py (Ones to Count), lesson.py (words), witness.py (torch)."""
