"""Lesson 5: its own sheets, part after part."""

from __future__ import annotations

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.course.preparing.classes import Classes
from sheetnet.course.preparing.descent import Descent
from sheetnet.course.preparing.rank import Rank
from sheetnet.course.preparing.scales import Scales


class Sheets(Lesson):
    """Blanks, classes, columns of several sizes, descent, and rank: each part stands on those before it."""

    def sheets(self) -> None:
        self.ages = Blanks(self)
        self.classes = Classes(self, self.ages)
        self.scales = Scales(self, self.ages, self.classes)
        self.descent = Descent(self, self.scales)
        self.rank = Rank(self, self.ages, self.classes)
