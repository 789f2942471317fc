"""What may be typed into yellow cells: which numbers, and what is said to who types something else."""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.common.settings import UNBOUNDED
from sheetnet.page.area import Area
from sheetnet.page.language import said as in_words
from sheetnet.page.language import speak

NUMBER = "Type a number, such as 0.5 (0,5 where your Excel uses a comma)."
ANY = "A number is expected here."


@dataclass(frozen=True)
class Rule:
    """What may be typed into some cells: a whole number or a number, between two bounds, and the words for it.

    also: a word that may be typed instead.
    """

    area: Area
    whole: bool
    low: float
    high: float
    message: str
    also: str = ""

    def __post_init__(self) -> None:
        speak(self, "message")

    def allows(self, value: float) -> bool:
        """Whether a number may stand there; any number means any, also beyond what a person would type."""
        if self.whole and value != int(value):
            return False
        return self.low <= value <= self.high or (self.low <= -UNBOUNDED and self.high >= UNBOUNDED)

    @property
    def said(self) -> str:
        """What is said to who types something else; a whole number needs no word on commas."""
        end = "" if self.message.endswith(".") else "."
        return self.message if self.whole else f"{self.message}{end} {in_words(NUMBER)}"


def any_number(area: Area, also: str = "") -> Rule:
    """The rule of cells that take any number, be it what a formula gives."""
    return Rule(area, False, -UNBOUNDED, UNBOUNDED, ANY, also)
