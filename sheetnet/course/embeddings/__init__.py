"""Lesson 11: numbers for words, tastes found in ratings."""
