"""Answers that are text: the number that was meant, and the words on it."""

from __future__ import annotations

import re

from sheetnet.classroom.grades import plain

MINUS = str.maketrans("\u2212\u2013\u2014\u2010\u2011", "-----")  # as word processors write it
FRACTION = re.compile(r"([-+]?\d+(?:\.\d+)?) ?/ ?(\d+(?:\.\d+)?)")


def number_meant(text: str) -> float | None:
    """The number that a text stands for; None for other text.

    >>> number_meant("1,75"), number_meant("31/8"), number_meant("x = -2"), number_meant("3:"), number_meant("6 ")
    (1.75, 3.875, -2.0, 3.0, 6.0)
    >>> number_meant("\\u22120.5"), number_meant("forty"), number_meant("1/0")
    (-0.5, None, None)
    """
    bare = text.translate(MINUS).rpartition("=")[2].strip().rstrip(":;.").replace(",", ".")
    if (fraction := FRACTION.fullmatch(bare)) and float(fraction[2]):
        return float(fraction[1]) / float(fraction[2])
    try:
        return float(bare)
    except ValueError:
        return None


def not_a_number(text: str, right: bool) -> str:
    """What is told of a text where a number is wanted; right: whether the number that was meant is."""
    words = f"cannot be read as a number: '{plain(text):.40}'{' (and would be right)' * right}"
    return f"{words}; which decimal sign does the program take?" if _is_comma(text) else words


def _is_comma(text: str) -> bool:
    """Whether a comma is all that keeps a text from being a number."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return "," in text
