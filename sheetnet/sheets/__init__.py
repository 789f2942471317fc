"""The sheets that lessons are put together from: each module lays out one kind of page."""
