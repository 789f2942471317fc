"""A chart of a page -> XlsxWriter's chart."""

from __future__ import annotations

from typing import Any

from sheetnet.errors import GraphError
from sheetnet.page.chart import Chart
from sheetnet.page.look import LINES

LEFT, RIGHT, ABOVE, BELOW = 62, 18, 48, 86  # pixels around what is drawn: title, axes with their names, legend
GRIDLINES = {"visible": True, "line": {"color": "#D9D9D9"}}


def draw(file: Any, sheet: Any, chart: Chart, hidden: bool = False) -> None:
    """Put the chart on the sheet, with a text for those who cannot see it; hidden: it shows hidden cells, too."""
    if chart.columns:
        made = file.add_chart({"type": "column"})
    else:
        made = file.add_chart({"type": "scatter", "subtype": "straight"})
    for series in chart.series:
        options = LINES[series.look]
        if chart.columns:
            options = {"fill": {"color": options["line"]["color"]}, "gap": 20}
        made.add_series(
            {"name": series.label, "categories": "=" + series.x.full(), "values": "=" + series.y.full(), **options}
        )
    made.set_title({"name": chart.title, "name_font": {"size": 12}, "overlay": False})
    x = _axis(chart.x_axis, chart.x_min, chart.x_max, chart.log_x, chart.x_format)
    if chart.x_step:
        x["major_unit"] = chart.x_step
    made.set_x_axis(x | {"major_gridlines": {"visible": False}})
    y = _axis(chart.y_axis, chart.y_min, chart.y_max, chart.log_y, chart.y_format)
    made.set_y_axis(y | {"major_gridlines": GRIDLINES})
    if len(chart.series) > 1 and not any("data_labels" in LINES[series.look] for series in chart.series):
        made.set_legend({"position": "right" if chart.width > 2 * chart.height else "bottom"})
    else:
        made.set_legend({"none": True})
    made.set_size({"width": chart.width, "height": chart.height})
    if chart.equal:
        made.set_plotarea({"layout": _equal(chart)})
    made.show_na_as_empty_cell()
    if hidden:
        made.show_hidden_data()
    sheet.insert_chart(chart.row, chart.col, made, {"description": chart.alt})


def _equal(chart: Chart) -> dict[str, float]:
    """Where the lines are drawn, in parts of the chart, so that a unit is as long across as up."""
    if None in (chart.x_min, chart.x_max, chart.y_min, chart.y_max):
        raise GraphError(f"the chart {chart.title!r} needs all four bounds for equal units")
    across, up = chart.x_max - chart.x_min, chart.y_max - chart.y_min  # type: ignore[operator]
    free_x, free_y = chart.width - LEFT - RIGHT, chart.height - ABOVE - BELOW
    unit = min(free_x / across, free_y / up)
    left, top = LEFT + (free_x - unit * across) / 2, ABOVE + (free_y - unit * up) / 2
    pixels = (left, chart.width), (top, chart.height), (unit * across, chart.width), (unit * up, chart.height)
    return {key: round(a / b, 6) for key, (a, b) in zip(("x", "y", "width", "height"), pixels, strict=True)}


def _axis(name: str, low: float | None, high: float | None, log: bool, format: str) -> dict[str, Any]:
    """An axis whose labels stand at the edge, also where it is crossed by, or crosses, the other in the middle."""
    out: dict[str, Any] = {"name": name, "num_format": format, "min": low, "max": high, "label_position": "low"}
    if log:
        out |= {"log_base": 10, "crossing": "min"}  # else the other axis stands at 1
    return {key: value for key, value in out.items() if value is not None}
