"""Lesson 10: hidden layers, and what makes them learn or not."""
