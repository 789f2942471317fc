"""A chart to be: what is drawn against what, and how its axes go."""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.page.area import Area


@dataclass(frozen=True)
class Series:
    """One line of a chart; look is a key of look.LINES: "live", "torch", "mark", "dots", "target", "line 1" to 8, and
    of points "class 1" to 3, "region 1" to 3, "place"; "named 1" and 2 are points with their label beside them."""

    label: str
    x: Area
    y: Area
    look: str = "live"


@dataclass(frozen=True)
class Chart:
    """Numbers against numbers as lines and points, or (columns) as upright bars over numbers or words.

    Bounds that are None are left to the program; log_x and log_y make an axis logarithmic; x_step is from tick to tick.
    equal, with all four bounds, draws a unit as long across as up.
    """

    row: int
    col: int
    title: str
    x_axis: str
    y_axis: str
    series: tuple[Series, ...]
    alt: str
    y_format: str = "General"
    x_max: float | None = None
    x_min: float | None = 0
    y_min: float | None = None
    y_max: float | None = None
    log_x: bool = False
    log_y: bool = False
    columns: bool = False
    x_format: str = "General"
    width: int = 640
    height: int = 360
    x_step: float | None = None
    equal: bool = False
