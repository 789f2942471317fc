"""The language that a workbook speaks: each of its texts is written in English and goes through `said`.

Numbers of a text are not part of it: a translator sees {1}, {2} in their place, so that a workbook with other numbers
finds the same words. Where nothing else is said, the language is English, and a text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

# a number with its sign, and none that is part of a name (C21, x^2, $B$4)
NUMBER = re.compile(r"(?<![\w^.$])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\d])")
PLACE = re.compile(r"\{(\w+)\}")
WORD = re.compile(r"[^\W\d_]{2}")


@dataclass
class Language:
    """What English texts are called in a language, their numbers as {1}, {2}; mark: its decimal mark.

    code: what it goes by, such as "de".

    made: what it has said, which is not said again. missing: English texts that it has no words for.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    mark: str = "."
    code: str = ""
    made: set[str] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)

    def say(self, text: str, values: Mapping[str, object]) -> str:
        """The text in this language, with its numbers, and values in their places."""
        if text in self.made and not values:
            return text
        key, numbers = without_numbers(text)
        words = self.texts.get(key)
        if words is None:
            if has_words(key):
                self.missing.setdefault(key, text)
            words = filled(text, values)
        else:
            words = filled(words, {**{str(i): self.number(one) for i, one in enumerate(numbers, start=1)}, **values})
            self.made.update(words.split("\n"))  # a grid writes the lines of a text one by one
        self.made.add(words)
        return words

    def number(self, text: str) -> str:
        """A number of an English text as it is written in this language."""
        return text if self.mark == "." else text.replace(",", " ").replace(".", self.mark)


_NOW: ContextVar[Language | None] = ContextVar("language", default=None)


@contextmanager
def speaking(language: Language | None) -> Iterator[None]:
    """A context in which texts are said in a language; None: in the one that they are said in already."""
    token = _NOW.set(language or _NOW.get())
    try:
        yield
    finally:
        _NOW.reset(token)


def present() -> Language | None:
    """The language of now; None for English."""
    return _NOW.get()


def said(text: str, **values: object) -> str:
    """An English text in the language of now; values: of its {places}, which are said already, such as a name.

    >>> said("for {name}", name="Ada")
    'for Ada'
    """
    now = _NOW.get()
    if now is not None:
        return now.say(text, values)
    return filled(text, values) if values else text


def whole(text: str) -> str:
    """A text that is made of what was said already: it stays as it is."""
    if (now := _NOW.get()) is not None:
        now.made.add(text)
    return text


def speak(one: object, *names: str) -> None:
    """Say the texts of a dataclass: text fields, and those of tuples, lists and mappings."""
    if _NOW.get() is not None:
        for name in names:
            object.__setattr__(one, name, _each(getattr(one, name)))


def _each(value: Any) -> Any:
    if isinstance(value, str):
        return said(value)
    if isinstance(value, Mapping):
        return {key: _each(one) for key, one in value.items()}
    return type(value)(map(_each, value)) if isinstance(value, tuple | list) else value


def without_numbers(text: str) -> tuple[str, list[str]]:
    """The text with {1}, {2} in place of its numbers, and the numbers.

    >>> without_numbers("60 steps of 0.02 with x^2, from -2 to 2")
    ('{1} steps of {2} with x^2, from {3} to {4}', ['60', '0.02', '-2', '2'])
    """
    numbers: list[str] = []

    def place(found: re.Match[str]) -> str:
        numbers.append(found[0])
        return f"{{{len(numbers)}}}"

    return NUMBER.sub(place, text), numbers


def has_words(text: str) -> bool:
    """Whether there is something to translate: words, and no formula; one that people read begins with "= ".

    >>> has_words("{1}.  {line}"), has_words("a, b"), has_words("=SUM(A1)"), has_words("= rate × m after")
    (False, False, False, True)
    """
    formula = text.startswith(("=", "{=")) and not text.startswith("= ")
    return not formula and bool(WORD.search(PLACE.sub("", text)))


def filled(text: str, values: Mapping[str, object]) -> str:
    """The text with values in its {places}; a place that has none stays.

    >>> filled("{1} of {n}", {"n": 8})
    '{1} of 8'
    """
    return PLACE.sub(lambda found: str(values.get(found[1], found[0])), text)
