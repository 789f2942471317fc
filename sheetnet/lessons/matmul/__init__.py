"""Lesson 3: products.py (Dot, Arrows, Product), shapes.py (Shapes, Order), limits.py (Ones to Count), lesson.py (words)."""

from __future__ import annotations

from sheetnet.lessons.matmul.lesson import LESSON

__all__ = ["LESSON"]
