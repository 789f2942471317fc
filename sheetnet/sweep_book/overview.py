"""Sweep: how the nets of a sweep ended, the best of them, a histogram, and heat maps by rate and start scale.

All formulas read the sheet Nets by the names of its columns. Comparisons stand in SUMPRODUCT and not in COUNTIFS, whose
criteria are text and lose a number's last digits; MEDIAN skips the text "" in every program, but FALSE not in all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.page.area import cell_address
from sheetnet.page.chart import Chart
from sheetnet.page.look import BARS
from sheetnet.page.rule import Rule
from sheetnet.sweep_book.heat import BY_RANK, BY_SHARE, DISTINCT, Grid, axis_of
from sheetnet.sweep_book.swept import Swept

if TYPE_CHECKING:
    import pandas as pd

    from sheetnet.sweep_book.pen import Pen

WITHIN, REACH = 0.05, 3.0  # what the yellow cells hold at first
N_BARS = 40
LEFT = 10  # columns of the left half, besides the labels
COLUMNS = {  # of the sheet Nets: heading, name of its numbers, number format, style, width
    "net": ("net", "", "plain", "data", 9.0),
    "lr": ("learning rate", "rates", "rate", "data", 15.0),
    "scale": ("start scale", "scales", "rate", "data", 13.0),
    "weight_decay": ("weight decay", "decays", "rate", "data", 15.0),
    "seed": ("seed", "seeds", "plain", "data", 12.0),
    "loss": ("final loss", "losses", "loss_any", "torch", 13.0),
    "best_loss": ("best loss", "", "loss_any", "torch", 13.0),
    "accuracy": ("accuracy", "accuracies", "share", "torch", 12.0),
    "diverged_at": ("diverged at", "diverged", "plain", "torch", 14.0),
    "dead_units": ("dead units", "dead", "plain", "torch", 13.0),
}
WORDS = {
    "diverged": "at some epoch its loss was no finite number: the rate was too large",
    "dead unit": "a ReLU that is 0 for every row: it gets no gradient and learns no more",
    "in a poor minimum": "finite, not all dead, and above the loss of the good ones: stuck, slow, or running away",
    "not there yet": "finite, and above the loss of the good ones: slow, or running away",
    "median": "half of the nets lie below it, half above",
    "start scale": "start weights lie between minus and plus this",
}


class Overview:
    """The first sheet. units: of the model, if they can die, else 0."""

    def __init__(self, pen: Pen, sweep: Swept, nets: pd.DataFrame) -> None:
        self.pen, self.page, self.sweep, self.nets = pen, pen.page, sweep, nets
        self.units = sweep.model.n_hidden if sweep.model.rectified else 0
        self.loss, self.diverged = nets["loss"].to_numpy(), nets["diverged_at"].notna().to_numpy()
        self.dead = nets["dead_units"].to_numpy() if self.units else np.full(len(nets), np.nan)
        self.best = float(self.loss[0])  # or nan, where none is finite
        self.grid = Grid(axis_of(nets["lr"]), axis_of(nets["scale"]), 28)
        self.wide = max(LEFT, len(self.grid.rates.marks))
        self.right = self.wide + 2  # first column of the second map
        self.far = self.right + self.wide + 2  # first column of the histogram's numbers
        self.page.widths |= {0: 21.0, **dict.fromkeys(range(1, self.far), 8.5), self.wide + 1: 2.0}
        self.page.widths |= {self.right: 9.0, **dict.fromkeys(range(self.right + 1, self.far - 1), 6.5)}
        self.page.widths |= {self.far - 1: 2.0, self.far: 21.0}

    def fill(self) -> None:
        """Write everything."""
        self._swept()
        self._outcomes(8)
        self._maps()
        self._best(8)
        self._histogram(3)
        self._words(self.grid.below + 1)

    def _swept(self) -> None:
        sweep, table, page = self.sweep, self.sweep.table, self.page
        page.text(3, 0, "What was swept", "band_plain", wide=LEFT + 1)
        units = f", {self.units} units" if self.units > 1 else ""
        words = (
            f"{len(table):,} nets of the model {sweep.model.title} ({sweep.model.n_features} features{units}),"
            f" {sweep.epochs:,} epochs each, in {sweep.dtype} on {sweep.device}, every one from a start of its own."
            f" Learning rate {_spread(table['lr'])}; start scale {_spread(table['scale'])};"
            f" weight decay {_spread(table['weight_decay'])}."
        )
        page.text(4, 0, words, "wrap", wide=LEFT + 1, tall=2)
        notes = ["The sweep was stopped before its end."] if sweep.stopped else []
        if len(self.nets) < len(table):
            notes.append(f"This workbook has the best net and {len(self.nets) - 1:,} others, drawn at random.")
        page.text(6, 0, " ".join(notes), "lead")
        page.text(21, 0, "Train the best net again", "band_plain", wide=LEFT + 1)
        words = command(sweep) or "No net ended with a finite loss: there is no best one."
        page.text(22, 0, words, "try", wide=LEFT + 1)
        page.text(23, 0, "Add what told the sweep of its table, if any: --recipe, --csv, --data ...", "about")

    def _outcomes(self, top: int) -> None:
        """Counts and shares, and the yellow cells."""
        pen, page, k, n = self.pen, self.page, self.units, len(self.nets)
        page.text(top, 0, "How the nets ended", "band_result", wide=3)
        for col, words in ((1, "nets"), (2, "share")):
            page.text(top + 1, col, words, "head")
        all_dead, alive = (self.dead == k) & (k > 0), f"*(dead<>{k})" if k else ""
        good = ~self.diverged & ~all_dead & (self.loss <= (1 + WITHIN) * self.best)
        rows = [("all", "=COUNT(seeds)", n), ("diverged", "=COUNT(diverged)", self.diverged.sum())]
        if k:
            rows.append(("all units dead" if k > 1 else "dead", f"=COUNTIF(dead,{k})", all_dead.sum()))
        text, poor = f'=SUMPRODUCT((diverged="")*(losses>good_up_to){alive})', ~self.diverged & ~good & ~all_dead
        rows.append(("in a poor minimum" if k else "not there yet", text, poor.sum()))
        text = f'=SUMPRODUCT((diverged="")*(losses<>"")*(losses<=good_up_to){alive})'
        rows.append(("good", text, good.sum()))
        if k > 1:
            some = (self.dead > 0) & ~all_dead
            rows.append(("also: some units dead", f'=COUNTIF(dead,">0")-COUNTIF(dead,{k})', some.sum()))
        first = cell_address(top + 2, 1, (True, False))
        for row, (label, text, count) in enumerate(rows, top + 2):
            if label == "good":
                within = f"within {100 * WITHIN:g}% of the best"
                pen.live(row, 0, '="within "&ROUND(100*within,2)&"% of the best"', within, style="label_left")
            else:
                page.text(row, 0, label, "label_left")
            pen.live(row, 1, text, float(count))
            pen.live(row, 2, f"={cell_address(row, 1)}/{first}", count / n, "share")
        self._input("within", top + 9, "Good is within", WITHIN, "share", 0, "A share from 0 to 100000%, such as 5%")
        page.text(top + 10, 0, "that is, a loss up to", "label")
        pen.live(top + 10, 1, '=IF(COUNT(losses)=0,"-",(1+within)*least)', (1 + WITHIN) * self.best, "loss_any")
        pen.name("good_up_to", top + 10, 1)
        page.text(top + 9, 2, "of the best loss", "hint")
        page.active = top + 9, 1

    def _input(self, name: str, row: int, label: str, value: float, format: str, low: float, words: str) -> None:
        self.page.text(row, 0, label, "label")
        self.pen.put(row, 1, value, format, "input")
        self.page.rules.append(Rule(self.pen.name(name, row, 1), False, low, 1000, words))

    def _best(self, top: int) -> None:
        """The net of the least loss, and the cell of the map with the least median.

        Of cells that are equal but for rounding, the first one: programs differ in the last digit.
        """
        pen, page, net = self.pen, self.page, self.nets.iloc[0]
        page.text(top, 4, "The best", "band_result", wide=7)
        page.text(top + 1, 6, "one net", "head")
        page.text(top + 1, 8, "lowest median of the map", "head_wide", wide=3)
        rows = ["final loss", *(COLUMNS[key][0] for key in ("lr", "scale", "weight_decay", "seed", "accuracy"))]
        for row, words in enumerate([*rows, "all units dead"][: 6 + bool(self.units)], top + 2):
            page.text(row, 4, words, "label_left")
        pen.live(top + 2, 6, '=IF(COUNT(losses)=0,"-",MIN(losses))', self.best, "loss_any")
        pen.name("least", top + 2, 6)
        for row, key in enumerate(("lr", "scale", "weight_decay", "seed", "accuracy"), top + 3):
            _, name, format, *_ = COLUMNS[key]
            value = float(net[key]) if self.best == self.best else math.nan
            pen.live(row, 6, f'=IFERROR(INDEX({name},MATCH(least,losses,0)),"-")', value, format)
        page.text(top + 10, 4, "more", "label_left")
        page.text(top + 10, 6, "all nets", "link", link="Nets!A1")
        page.text(top + 10, 8, "weights of the best", "link", link="Best!A1")

        lowest = float(np.nanmin(self.medians)) if self.best == self.best else math.nan
        i, j = ([*np.argwhere(self.medians <= lowest * (1 + 1e-9)).tolist(), [-1, -1]])[0]
        pen.live(top + 2, 8, '=IF(COUNT(medians)=0,"-",MIN(medians))', lowest, "loss_any", array=True)
        at = [cell_address(top + 9, 8 + step, (True, True)) for step in (0, 1)]
        page.text(top + 9, 4, "row, column", "label_left")
        for step, (place, span, index) in enumerate(
            (("medians", "ROW", i), (f"INDEX(medians,{at[0]},0)", "COLUMN", j))
        ):
            text = f"MIN(IF({place}<=MIN(medians)*(1+1E-9),{span}(medians)-MIN({span}(medians))+1))"
            value = index + 1 if index >= 0 else math.nan
            pen.live(top + 9, 8 + step, f'=IF(COUNT(medians)=0,"-",{text})', value, array=True)
        rate, scale = (self.grid.rates, at[1], j), (self.grid.scales, at[0], i)
        for row, name, (axis, place, index) in ((top + 3, "map_rates", rate), (top + 4, "map_scales", scale)):
            for more in range(1 + axis.binned):
                mark = axis.marks[index + more] if index >= 0 else math.nan
                after = "+1" * more
                pen.live(row, 8 + 2 * more, f'=IFERROR(INDEX({name},{place}{after}),"-")', mark, "rate", array=True)
            if axis.binned:
                page.text(row, 9, "up to", "heat_mark")
        if self.units:
            share = float(self.shares[i, j]) if i >= 0 else math.nan
            pen.live(top + 8, 8, f'=IFERROR(INDEX(dead_shares,{at[0]},{at[1]}),"-")', share, "share", array=True)

    def _maps(self) -> None:
        pen, page, grid, k, nets = self.pen, self.page, self.grid, self.units, self.nets
        top, by = grid.marks - 3, "by learning rate and start scale"
        self.medians = grid.matrix(nets, nets["loss"], "median")
        page.text(top, 0, f"Median final loss, {by}", "band_result", wide=self.wide + 1)
        words = 'Blue: low, the good end. White: the middle. Orange: high. "-": no net ended with a finite loss.'
        page.text(top + 1, 0, words, "about")
        form = '=IFERROR(MEDIAN(IF({here}*(losses<>""),losses,"")),"-")'
        grid.draw(pen, 0, "medians", form, self.medians, "heat_loss", BY_RANK)
        if k:
            self.shares = grid.matrix(nets, nets["dead_units"] == k, "mean")
            what = "Share of nets with all units dead" if k > 1 else "Share of dead nets"
            page.text(top, self.right, f"{what}, {by}", "band_result", wide=self.wide + 1)
            page.text(top + 1, self.right, "Blue: none. White: half of them. Orange: all.", "about")
            form = f'=IFERROR(SUMPRODUCT({{here}}*(dead={k}))/SUMPRODUCT({{here}}),"-")'
            grid.draw(pen, self.right, "dead_shares", form, self.shares, "heat_share", BY_SHARE)

    def _histogram(self, top: int) -> None:
        """Bars of equal width from the least loss up to `reach` medians; the last one takes all beyond."""
        pen, page, k, far = self.pen, self.page, self.units, self.far
        if self.best != self.best:
            page.text(top + 16, 4, "No net ended with a finite loss: no histogram.", "about")
            return
        self._input("reach", 19, "Bars up to", REACH, "plain", 1, "A number from 1 to 1000, such as 3")
        page.text(19, 2, "times the median; the last bar has all beyond", "hint")
        page.text(top, far, "The numbers of the histogram", "band_result", wide=3)
        finite = self.loss[np.isfinite(self.loss)]
        end = min(float(finite.max()), REACH * float(np.median(finite)))
        width = max((end - self.best) / N_BARS, self.best / 10_000, 1e-12)
        cells = (
            ("bars_from", "bars from", "=MIN(losses)", self.best),
            ("bars_to", "to", "=MIN(MAX(losses),reach*MEDIAN(losses))", end),
            ("bar_width", "width of each", f"=MAX((bars_to-bars_from)/{N_BARS},bars_from/10000,1E-12)", width),
        )
        for row, (name, label, text, value) in enumerate(cells, top + 1):
            page.text(row, far, label, "label")
            pen.live(row, far + 1, text, value, "loss_any")
            pen.name(name, row, far + 1)
        body = top + 6
        series = [("alive", f"*(dead<>{k})", self.dead != k), ("all units dead", f"*(dead={k})", self.dead == k)]
        series = series if k else [("nets", "", np.full(len(self.loss), True))]
        for col, words in enumerate(("final loss from", *(name.split()[-1] for name, *_ in series)), far):
            page.text(body - 1, col, words, "head")
        edges = [self.best + i * width for i in range(N_BARS)] + [math.inf]
        for i, row in enumerate(range(body, body + N_BARS)):
            pen.live(row, far, f"=bars_from+{i}*bar_width", edges[i], "loss_any")
            here, after = (cell_address(row + step, far, (False, True)) for step in (0, 1))
            below = f"*(losses<{after})" if i < N_BARS - 1 else ""
            for col, (_, which, those) in enumerate(series, far + 1):
                count = np.sum(those & (self.loss >= edges[i]) & (self.loss < edges[i + 1]))
                pen.live(row, col, f'=SUMPRODUCT((losses<>"")*(losses>={here}){below}{which})', float(count))
        self._chart(top, body, [name for name, *_ in series], width, end)

    def _chart(self, row: int, body: int, series: list[str], width: float, end: float) -> None:
        chart = self.pen.file.add_chart({"type": "column", "subtype": "stacked"})
        far, last = self.far, body + N_BARS - 1
        for col, (name, colour) in enumerate(zip(series, BARS, strict=False), far + 1):
            places = {"categories": ["Sweep", body, far, last, far], "values": ["Sweep", body, col, last, col]}
            chart.add_series({"name": name, **places, "fill": {"color": colour}, "gap": 10})
        digits = min(8, max(1, -math.floor(math.log10(width))))
        number = "0.0E+0" if end >= 10_000 else f"0.{'0' * digits}"
        words = "Columns: the number of nets at each final loss" + ", dead nets apart" * (len(series) > 1)
        title, x, y = "How many nets ended at which loss", "final loss (mean squared error)", "nets"
        said = Chart(row, min(self.right, LEFT + 3), title, x, y, (), words, width=570, height=400)
        self.page.charts.append(said)
        chart.set_title({"name": title, "name_font": {"size": 12}, "overlay": False})
        axis = {"name": x, "num_format": number, "interval_unit": 5}
        chart.set_x_axis(axis | {"num_font": {"rotation": -90}})
        chart.set_y_axis({"name": y, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
        chart.set_legend({"position": "bottom"} if len(series) > 1 else {"none": True})
        chart.set_size({"width": said.width, "height": said.height})
        self.pen.sheet.insert_chart(said.row, said.col, chart, {"description": said.alt})

    def _words(self, top: int) -> None:
        page = self.page
        skipped = {"not there yet"} if self.units else {"in a poor minimum", "dead unit"}
        page.text(top, 0, "Words", "band_plain", wide=self.wide + 1)
        for row, word in enumerate((word for word in WORDS if word not in skipped), top + 1):
            page.text(row, 0, word, "label_left")
            page.text(row, 1, WORDS[word], "about")
        self.pen.sheet.print_area(0, 0, top + len(WORDS), self.far - 2)


def _spread(values: pd.Series) -> str:
    """The values of a setting in words."""
    low, high, n = values.min(), values.max(), values.nunique()
    if n == 1:
        return f"{low:g}"
    return f"{n} values from {low:g} to {high:g}" if n <= DISTINCT else f"drawn from {low:.3g} to {high:.3g}"


def command(sweep: Swept) -> str:
    """What trains the best net again on the command line; nothing where none ended with a finite loss."""
    if not np.isfinite(sweep.table["loss"].to_numpy(dtype=float)).any():
        return ""
    best = sweep.best_row
    settings: dict[str, object] = {"lr": float(best["lr"]), "seed": int(best["seed"]), "scale": float(best["scale"])}
    settings |= {"weight-decay": float(best["weight_decay"]), "epochs": sweep.epochs, "dtype": sweep.dtype}
    options = " ".join(f"--{name} {value}" for name, value in settings.items())
    return f"sheetnet train {sweep.model.name.replace('_', '-')} {options}"
