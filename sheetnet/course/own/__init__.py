"""One's own table and nets: lesson.py, its sheets of data (data.py), words and exercises (texts.py), torch (witness.py)."""
