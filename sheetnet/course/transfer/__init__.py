"""Lesson 15: weights that were trained elsewhere, few rows, frozen layers; numbers of few bits."""
