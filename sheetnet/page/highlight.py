"""What stands out on a page as long as it is chosen, and what shows nothing as long as it is not in use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sheetnet.page.area import Area


@dataclass(frozen=True)
class Highlight:
    """The row of an area, its column, or the entry in both, whose number, counted from 1, stands in a cell."""

    look: ClassVar[str] = "chosen"
    area: Area
    row: Area | None = None
    col: Area | None = None

    @property
    def condition(self) -> str:
        """The formula that is true in the cells that stand out.

        >>> Highlight(Area("Fit", 6, 1, 3, 2), row=Area("Fit", 0, 3, 1, 1)).condition
        '=AND(ROW()-6=$D$1)'
        """
        sides = ("ROW", self.area.row, self.row), ("COLUMN", self.area.col, self.col)
        return f"=AND({','.join(f'{n}()-{at}={one.address((True, True))}' for n, at, one in sides if one)})"


@dataclass(frozen=True)
class Window:
    """The size x size entries of an area whose upper left one is in the row and column, from 1, that two cells tell."""

    look: ClassVar[str] = "window"
    area: Area
    row: Area
    col: Area
    size: int

    @property
    def condition(self) -> str:
        """The formula that is true in the cells that stand out.

        >>> Window(Area("Slide", 6, 1, 8, 8), Area("Slide", 0, 3, 1, 1), Area("Slide", 1, 3, 1, 1), 3).condition
        '=AND(ABS(ROW()-7-$D$1)<=1,ABS(COLUMN()-2-$D$2)<=1)'
        """
        half = self.size // 2  # from its middle
        sides = ("ROW", self.area.row, self.row), ("COLUMN", self.area.col, self.col)
        inside = (f"ABS({n}()-{at + half}-{one.address((True, True))})<={half}" for n, at, one in sides)
        return f"=AND({','.join(inside)})"


@dataclass(frozen=True)
class Unused:
    """The rows of an area whose number, in its first column, is above the one in a cell: they show nothing."""

    look: ClassVar[str] = "unused"
    area: Area
    most: Area

    @property
    def condition(self) -> str:
        """The formula that is true in the cells that show nothing.

        >>> Unused(Area("Many", 11, 0, 32, 8), Area("Many", 4, 1, 1, 1)).condition
        '=$A12>$B$5'
        """
        first = self.area.part((0, 0), (0, 0))
        return f"={first.address((False, True))}>{self.most.address((True, True))}"
