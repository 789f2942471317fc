"""Lesson 12: a filter slid over a picture, what it does to its size, and filters that are learnt."""
