"""The words of refusals: where, what was found, what was expected, what to do."""

from __future__ import annotations

from sheetnet.errors import DataError


def shown(cell: str | float) -> str:
    """What was found, fit for a message: a text in quotes, and no more than 40 characters of it."""
    if not isinstance(cell, str):
        return str(cell)
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")


def counted(number: int, noun: str) -> str:
    """A number of things: `1 row`, `2 rows`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def refusal(place: str, found: str, expected: str, remedy: str) -> DataError:
    """The error that says where, what was found, what was expected and what to do."""
    return DataError(f"{place}: {found}, expected {expected}; {remedy}.")
