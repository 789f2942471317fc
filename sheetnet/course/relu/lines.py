"""The sheets of lesson 2 on which lines are rectified: One and Two."""

from __future__ import annotations

from sheetnet.course.drawing import own
from sheetnet.course.relu.pieces import COARSE, FIRST, FOUR, LAST, Pieces
from sheetnet.graph.node import Node, apply, lift, relu, vstack, where
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts
from sheetnet.page.language import said
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import Group, forward, result

ABOUT_ONE = "Change the yellow m and b. The dashed line is m*x + b. The blue line is the ReLU: the same where it is positive, else 0."
ABOUT_TWO = "Change the four yellow numbers. Compare the charts and the table of slopes: the sum of the lines has one, that of the ReLUs up to three."
LINE = "A line is m*x + b: m is its slope, b its height at x = 0."
OTHER_B = "In lesson 1 another number was called b: the one that x is multiplied by."
V = "A V: one line falls, one rises (one m is below 0), with their corners at the same x. Corners apart: a floor between."
ONE_NOTE = (
    "A ReLU (rectified linear unit) is max(0, m*x + b): a line whose negative part is replaced by 0. Where the line crosses 0, at x = -b/m, it has its corner.\n\n"
    "Try this: change only b. The corner moves. Change only m. The slope changes, and the corner moves too. Make m negative: now the left side is kept. Make m 0: a flat line has no corner."
)
TWO_NOTE = (
    "Line 1 + line 2 has one slope: it is a line again. A ReLU has one corner. ReLU 1 + ReLU 2 has two corners, and so three slopes: left of them, between them and right of them.\n\n"
    "A line put into a line is a line, too: 2*(3*x + 1) - 4 = 6*x - 2. So layers without a ReLU between them are one line.\n\n"
    "Try this: make a V; a valley with a flat floor; a ramp that gets steeper twice. Now a roof: impossible, for each ReLU turns the sum upwards only. On the next sheet each ReLU is multiplied by a number, a coefficient, which may be negative.\n\n"
    "The two-ReLU net of lesson 4 is this sheet, with ten numbers for each passenger in place of one x. There m and b are found by descent."
)
TOP = 8.0  # of the charts
ONE = (0.5, 0.75, 1, 1.25, 1.5), (1, 1.5, 2, 2.5, 3), (1, 1.5, 2, 2.5, 3)  # what m, b and x may be
# m and corner of a line that rises and of one that falls: their ReLUs are both on between the corners, which lie on
# an x of the table
TWO = (0.5, 1, 1.5, 2), (-3, -2.5, -2, -1.5, -1), (-0.5, -1, -1.5, -2), (-0.5, 0.5, 1, 1.5, 2)


def _on_the_chart(m_1: float, at_1: float, m_2: float, at_2: float) -> bool:
    """Whether two lines and their ReLUs, alone and added, stay on the charts, and the sum of the lines is not flat."""
    ends = [(m_1 * (x - at_1), m_2 * (x - at_2)) for x in (FIRST, LAST)]
    tall = [abs(y) for one, two in ends for y in (one, two, one + two, max(one, 0) + max(two, 0))]
    return max(tall) <= TOP and m_1 + m_2 != 0


class Lines(Pieces):
    """One ReLU beside its line, and two of them against two lines."""

    # ---- One

    def one(self) -> None:
        self.one_line = m, b, at = own(
            self.seed, "one", (1, 2, 2), ONE, lambda m, b, at: m * at + b <= TOP and b < 4 * m
        )
        self.m, self.b = self.typed("m", m, "m", name="m"), self.typed("b", b, "b", name="b")
        self.at = self.typed("at", at, "look at x", low=FIRST, high=LAST)
        x = self.typed("x", COARSE, "x", "fixed")
        there, line = self.m * self.at + self.b, self.m * x + self.b
        self.relu_at, self.crossing, self.corner = relu(there), -self.b / self.m, corner(self.m, self.b)
        found = {
            "line_at": (there, "m*x + b"),
            "relu_at": (self.relu_at, "ReLU"),
            "corner": (self.corner, "Corner: -b/m"),
        }
        steps = {
            "line": (line, "m*x + b"),
            "relu": (relu(line), "ReLU"),
            "on": (apply("step", line), "1: on, 0: off", "plain"),
        }
        lines = (
            ("the ReLU, max(0, m*x + b)", "x", "relu"),
            ("the line, m*x + b", "x", "line", "line 2"),
            ("the x you look at", "at", "relu_at", "mark"),
        )
        alt = "A dashed line and its ReLU, which is 0 where the line is negative; a dot at the chosen x."
        self.page("One: a line, and the same line rectified", ABOUT_ONE, across(
            down(
                across(
                    facts("Change these", self.cells(self.m, self.b, self.at)),
                    facts("At that x, and the corner", result(found, style="cells", format="short"), span=2),
                ),
                down(Words(LINE, "hint"), Words(OTHER_B, "hint"), gap=0),
                table(self.cells(x), forward(steps, style="cells", format="short")),
            ),
            down(plot("A line and its ReLU", "x", "y", lines, alt, **FOUR, y_min=-4, y_max=8), Note(ONE_NOTE, 7)),
        ))  # fmt: skip

    # ---- Two

    def two(self) -> None:
        rises, at_1, falls, at_2 = own(self.seed, "two", (1, -2, -1.5, 1), TWO, _on_the_chart)
        given = (
            ("m_1", rises, "m of line 1"),
            ("b_1", -rises * at_1, "b of line 1"),
            ("m_2", falls, "m of line 2"),
            ("b_2", -falls * at_2, "b of line 2"),
        )
        self.numbers = [self.typed(id, value, title, name=id) for id, value, title in given]
        m_1, b_1, m_2, b_2 = self.numbers
        x = self.typed("x", COARSE, "x", "fixed")
        one, two = m_1 * x + b_1, m_2 * x + b_2
        act_1, act_2 = relu(one), relu(two)
        steps = {
            "line_1": (one, "Line 1"), "line_2": (two, "Line 2"), "lines": (one + two, "Sum"),
            "relu_1": (act_1, "ReLU 1"), "relu_2": (act_2, "ReLU 2"), "relus": (act_1 + act_2, "Sum"),
        }  # fmt: skip
        corners, slopes = self._slopes(self.numbers)
        charts = []
        for title, kind, names in (
            ("Two lines (dashed) and their sum: a line", "line", "the sum of the lines"),
            ("Two ReLUs (dashed) and their sum: it bends", "relu", "the sum of the ReLUs"),
        ):
            label = "line" if kind == "line" else "ReLU"
            lines = [(names, "x", f"{kind}s")]
            parts = [(f"{label} {i}", "x", f"{kind}_{i}", f"line {2 * i}") for i in (1, 2)]
            alt = f"Two {label}s, dashed, and {names} as a thick line."
            more = {**FOUR, "y_min": -10, "y_max": 10, "width": 470, "height": 255, "wide": 6}
            charts.append(plot(title, "x", "y", [*lines, *parts], alt, **more))
        self.page("Two: lines added, and ReLUs added", ABOUT_TWO, down(
            across(
                down(facts("Change these", self.cells(*self.numbers)), facts("Corners", corners), Note(V, 2)),
                down(across(*charts), down(table(slopes), Words("Each ReLU that is on there (positive) adds its m.", "hint"), gap=0)),
            ),
            across(table(self.cells(x), forward(steps, style="cells", format="short")), Note(TWO_NOTE, 7)),
        ))  # fmt: skip

    def _slopes(self, numbers: list[Node]) -> tuple[Group, Group]:
        """The corners, and the slope of each sum left of, between and right of them, taken at an x that lies there."""
        m_1, b_1, m_2, b_2 = numbers
        one, two = -b_1 / m_1, -b_2 / m_2
        either = apply("if_error", one, apply("if_error", two, lift(0.0)))  # a flat line has no corner
        least = apply("if_error", where(apply("greater", one, two), two, one), either)
        most = apply("if_error", where(apply("greater", one, two), one, two), either)
        corners = {
            "corner_1": (corner(m_1, b_1), "-b/m of line 1"), "corner_2": (corner(m_2, b_2), "-b/m of line 2"),
            "least": (least, "leftmost"), "most": (most, "rightmost"),
        }  # fmt: skip
        apart = apply("greater", most - least, lift(1e-9))
        at = vstack([least - 1.0, where(apart, (least + most) / 2.0, most + 1.0), most + 1.0])
        between = where(apart, said("between them"), said("as right of both"))
        places = vstack([lift(said("left of both")), between, lift(said("right of both"))])
        self.relu_slopes = m_1 * apply("step", m_1 * at + b_1) + m_2 * apply("step", m_2 * at + b_2)
        slopes = result({
            "where": (places, "Beside corners", "text"), "slope_at": (at, "at x ="),
            "slope_lines": (vstack([m_1 + m_2 for _ in range(3)]), "Slope, lines"),
        }, format="short")  # fmt: skip
        slopes |= result({"slope_relus": (self.relu_slopes, "Slope, ReLUs")}, style="cells", format="short")
        return result(corners, style="cells", format="short"), slopes


def corner(m: Node, b: Node) -> Node:
    """The x at which a ReLU bends, -b / m, or that a flat line does not."""
    return apply("if_error", -b / m, lift(said("no corner")))
