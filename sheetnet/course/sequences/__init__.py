"""Lesson 9: from a score to a class."""
