"""A target that is a number: models learn it scaled, people read predictions and errors in its own units."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import block_at, edit
from palmerpenguins import load_penguins
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sheetnet as sn
from sheetnet import engines
from sheetnet.book import reader
from sheetnet.book.opened import find_manifest
from sheetnet.course.own.lesson import Own
from sheetnet.errors import DataError, SheetnetError
from sheetnet.graph.node import square
from sheetnet.models.answers import outputs
from sheetnet.models.as_net import as_net
from sheetnet.tables import fitted, units
from sheetnet.tables.columns import Saying
from sheetnet.tables.fitted import in_units
from sheetnet.tables.plan import Plan
from sheetnet.tables.table import Table, plan_of

PENGUINS = load_penguins()
GRAMS = "body_mass_g"
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
SCALED: dict[str, tuple[Callable[[], Saying], Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    # how it is said; y of the target by those that train; and back
    "number": (sn.number, lambda t, own: t, lambda y, own: y),
    "standardised": (
        sn.standardised,
        lambda t, own: (t - own.mean()) / own.std(ddof=0),
        lambda y, own: own.mean() + own.std(ddof=0) * y,
    ),
    "share_of_largest": (sn.share_of_largest, lambda t, own: t / own.max(), lambda y, own: y * own.max()),
    "min_max": (
        sn.min_max, lambda t, own: (t - own.min()) / np.ptp(own), lambda y, own: own.min() + y * np.ptp(own)
    ),
    "log": (sn.log, lambda t, own: np.log1p(t), lambda y, own: np.expm1(y)),
}  # fmt: skip
SCALES = {
    "standard": "standardised",
    "largest": "share_of_largest",
    "min_max": "min_max",
    "log": "log",
    "none": "number",
}


def grams(how: str = "standardised", split: bool = False, rows: int = 344, **said: Any) -> Table:
    table = sn.table(PENGUINS[::7][:rows] if rows < 344 else PENGUINS, GRAMS, columns={GRAMS: SCALED[how][0]()}, **said)
    return table.split(seed=2) if split else table


def own_of(table: Table) -> pd.Series:
    """The target as it was in the rows in use, by pandas."""
    return table.frame.dropna()[GRAMS].reset_index(drop=True)


# ---- in Python


@pytest.mark.parametrize("split", [False, True], ids=["all rows", "split"])
@pytest.mark.parametrize("how", SCALED)
def test_y_and_own_units_are_what_pandas_makes_of_the_rows_that_train(how: str, split: bool) -> None:
    table = grams(how, split)
    _, make, back = SCALED[how]
    own = own_of(table)
    train = own[table.parts == 0]
    assert (len(train) < len(own)) is split
    np.testing.assert_allclose(table.y[:, 0], make(own, train), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(table.in_units(table.y)[:, 0], own, rtol=1e-13)
    pred = np.random.default_rng(0).normal(size=(4, 3))
    expected = back(pred, train)
    np.testing.assert_allclose(table.in_units(pred), expected, rtol=1e-12)
    assert table.in_units([]).shape == (0,)
    plan, learnt = plan_of(json.loads(json.dumps(table.settings))), json.loads(json.dumps(table.learnt))
    assert isinstance(plan, Plan)
    np.testing.assert_array_equal(in_units(plan, learnt, pred), table.in_units(pred))
    rows = Table.of_sheet(table.X, table.y, table.features, table.settings, parts=table.parts, learnt=learnt)
    np.testing.assert_array_equal(rows.in_units(pred), table.in_units(pred))


@pytest.mark.parametrize("scale", SCALES)
def test_the_scale_of_the_table_is_that_of_its_target_unless_it_is_said(scale: str) -> None:
    table = sn.table(PENGUINS, GRAMS, scale=scale)
    np.testing.assert_array_equal(table.y, grams(SCALES[scale]).y)
    said = sn.table(PENGUINS, GRAMS, scale=scale, columns={GRAMS: sn.min_max()})
    np.testing.assert_array_equal(said.y, grams("min_max").y)


def test_a_column_of_few_whole_numbers_is_a_number_where_it_is_scaled() -> None:
    frame = {"x": [0.5, 1, 2, 4], "t": [0, 1, 2, 1]}
    assert sn.table(frame, "t").target.kind == "many"
    table = sn.table(frame, "t", columns={"t": sn.standardised()})
    assert table.target.kind == "number"
    np.testing.assert_allclose(table.y[:, 0], StandardScaler().fit_transform([[0.0], [1], [2], [1]])[:, 0], rtol=1e-14)


def test_classes_and_passengers_stay_as_they_are() -> None:
    for table in (sn.table(PENGUINS, "species"), sn.table(PENGUINS, "sex"), sn.titanic()):
        np.testing.assert_array_equal(table.in_units(table.y), table.y)
        if isinstance(table.plan, Plan):
            assert in_units(table.plan, {}, [0.5]).tolist() == [0.5]
            assert table.graph().units is None


def test_it_is_printed_how_the_target_is_taken() -> None:
    assert "body_mass_g        number    the target, (x - mean) / spread" in str(sn.table(PENGUINS, GRAMS))
    assert "the target, as it is" in str(grams("number"))
    assert "(x - mean) / spread" in grams(split=True)._repr_html_().rpartition(GRAMS)[2]


@pytest.mark.parametrize(
    ("target", "how", "words"),
    [
        ([-3.0, 2, 5, 1], sn.log, "found -3 in row 1, expected numbers above -1"),
        ([-3.0, -2, -5, -1], sn.share_of_largest, "the largest entry is not above 0"),
        (
            [1e200, 2e200, -1e200, 3.0],
            sn.standardised,
            "column t: found a number of size 2e\\+200, expected numbers up to 1e\\+100",
        ),
    ],
)
def test_a_target_that_cannot_be_scaled_so_is_refused(target: list[float], how: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        sn.table({"x": [1.0, 2, 4, 7], "t": target}, "t", columns={"t": how()})


def test_rows_of_a_sheet_of_which_nothing_is_known_have_no_own_units() -> None:
    table = grams()
    bare = Table.of_sheet(table.X, table.y, table.features, table.settings)
    with pytest.raises(DataError, match="own units of body_mass_g need what was learnt: Mean body_mass_g, Spread"):
        bare.in_units(table.y)


# ---- what is trained


@pytest.mark.parametrize("split", [False, True], ids=["all rows", "split"])
@pytest.mark.parametrize("how", ["standardised", "log", "number"])
def test_errors_of_a_run_are_in_grams(how: str, split: bool) -> None:
    table = grams(how, split)
    run = sn.train(sn.linear(table), table, epochs=30, lr=1e-3 if how == "number" else None, device="cpu")
    said = table.X @ run.params["W"] + run.params["b"]
    own, train = own_of(table).to_numpy(), own_of(table)[table.parts == 0]
    back = SCALED[how][2](said[:, 0], train)
    for part, name in enumerate(("train", "valid", "test")):
        rows = table.parts == part
        if rows.any():
            found = run.metrics.loc[name]
            assert found["rmse"] == pytest.approx(root_mean_squared_error(own[rows], back[rows]), rel=1e-10)
            assert found["mae"] == pytest.approx(mean_absolute_error(own[rows], back[rows]), rel=1e-10)
            assert found["r2"] == pytest.approx(r2_score(table.y[rows, 0], said[rows, 0]), rel=1e-10)


def test_grams_are_learnt_with_the_defaults() -> None:
    table = sn.table(PENGUINS, GRAMS)
    run = sn.train(sn.mlp(table, 8), table, epochs=100, device="cpu")
    assert run.metrics.loc["train", "r2"] > 0.85
    assert 250 < run.metrics.loc["train", "rmse"] < 320  # grams
    as_it_is = grams("number")
    wild = sn.train(sn.mlp(as_it_is, 8), as_it_is, epochs=100, device="cpu")
    assert not wild.metrics.loc["train", "r2"] > 0.5


# ---- estimators of scikit-learn

ESTIMATORS: dict[str, Callable[[], Any]] = {
    "line": LinearRegression,
    "ridge": lambda: Ridge(2.0),
    "mlp": lambda: MLPRegressor(hidden_layer_sizes=(5,), max_iter=400, random_state=0),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_says_grams_as_its_net_does(name: str) -> None:
    frame = PENGUINS.dropna()
    table = sn.table(PENGUINS.dropna(), GRAMS, features=NUMBERS)
    raw = sn.table(frame, GRAMS, features=NUMBERS, scale="none")
    model_of_y = ESTIMATORS[name]().fit(table.X, table.y[:, 0])
    of_raw = make_pipeline(StandardScaler(), ESTIMATORS[name]()).fit(frame[NUMBERS], frame[GRAMS])
    for model, given, X in ((model_of_y, table, table.X), (of_raw, raw, frame[NUMBERS])):
        net = as_net(model, given)
        said = given.in_units(outputs(net, net.init(), given.X))[:, 0]
        np.testing.assert_allclose(said, given.in_units(model.predict(X)), rtol=1e-12)
    own = SCALED["standardised"][2](model_of_y.predict(table.X), frame[GRAMS])
    np.testing.assert_allclose(table.in_units(model_of_y.predict(table.X)), own, rtol=1e-12)
    words = (
        r"predicts body_mass_g as it is, table.y is body_mass_g scaled; say columns=\{\"body_mass_g\": sn.number\(\)"
    )
    with pytest.raises(SheetnetError, match=words):
        as_net(ESTIMATORS[name]().fit(table.X, frame[GRAMS]), table)
    scaled = sn.table(frame, GRAMS, features=NUMBERS, columns={one: sn.number() for one in NUMBERS})
    with pytest.raises(SheetnetError, match=words):
        as_net(of_raw, scaled)


# ---- in a sheet


def built(path: Path, table: Table) -> Own:
    """A workbook of a small net, and what its manifest says of it."""
    sn.build(path, table, sn.mlp(table, 3), epochs=2, lr=1e-9 if table.plan.goal.how == "number" else 0.1)  # type: ignore[union-attr]
    workbook = find_manifest(reader.read(path)).workbook
    assert isinstance(workbook, Own)
    return workbook


def shown(path: Path, workbook: Own, *ids: str) -> list[np.ndarray]:
    """What IronCalc makes of some blocks."""
    with engines.get("ironcalc").open(path) as session:
        session.recalculate()
        return [block_at(session, workbook.book.block(id)) for id in ids]


@pytest.mark.parametrize("split", [False, True], ids=["all rows", "split"])
@pytest.mark.parametrize("how", SCALED)
def test_a_sheet_shows_grams_r2_and_rmse_and_torch_says_the_same(how: str, split: bool, tmp_path: Path) -> None:
    table, path = grams(how, split, rows=40, features=NUMBERS), tmp_path / "grams.xlsx"
    workbook = built(path, table)
    report = sn.check(path)
    assert report.ok, str(report)
    ids = {"mlp.now.r2", "mlp.now.rmse"} | ({"mlp.now.in_units"} if how != "number" else set())
    assert ids <= {block.id for block in report.blocks if block.torch_abs is not None}
    assert "mlp.now.in_units" in {block.id for block in workbook.book.blocks} or how == "number"
    pred, r2, rmse = shown(path, workbook, "mlp.now.pred", "mlp.now.r2", "mlp.now.rmse")
    rows, own = table.parts == 0, own_of(table)
    back = SCALED[how][2](pred[:, 0].astype(float), own[rows])
    assert float(rmse[0, 0]) == pytest.approx(root_mean_squared_error(own[rows], back[rows]), rel=1e-10)
    assert float(r2[0, 0]) == pytest.approx(r2_score(table.y[rows, 0], pred[rows, 0].astype(float)), rel=1e-9)
    if how != "number":
        (found,) = shown(path, workbook, "mlp.now.in_units")
        np.testing.assert_allclose(found[:, 0].astype(float), back, rtol=1e-11)


def test_another_target_on_data_moves_mean_spread_and_predictions(tmp_path: Path) -> None:
    table, path = grams(rows=40, features=NUMBERS), tmp_path / "grams.xlsx"
    workbook = built(path, table)
    block = workbook.book.block_of(workbook.recipe.raw[GRAMS])
    area, column = block.area, table.raw.columns[GRAMS].copy()
    column[0, 0] += 4000
    with engines.get("ironcalc").open(path) as session:
        session.set(area.sheet, area.row, area.col, float(column[0, 0]))
        session.recalculate()
        pred, found = (block_at(session, workbook.book.block(f"mlp.now.{what}")) for what in ("pred", "in_units"))
    frame = table.frame.assign(**{GRAMS: column[:, 0]})
    own = frame.dropna()[GRAMS]
    np.testing.assert_allclose(found.astype(float), SCALED["standardised"][2](pred.astype(float), own), rtol=1e-11)


def test_a_hundredth_of_a_gram_is_noticed_and_rounding_is_not(tmp_path: Path) -> None:
    workbook = built(tmp_path / "grams.xlsx", grams(features=NUMBERS))
    area, changed = workbook.book.block_of(workbook.recipe.raw[GRAMS]).area, workbook.book.block("torch.changed.mlp")
    with engines.get("ironcalc").open(tmp_path / "grams.xlsx") as session:
        session.recalculate()
        assert block_at(session, changed).tolist() == [[0.0]]
        session.set(area.sheet, area.row, area.col, float(PENGUINS[GRAMS][0]) + 0.01)
        session.recalculate()
        assert block_at(session, changed).tolist() == [[1.0]]


def test_the_rows_of_an_open_sheet_know_their_own_units(tmp_path: Path) -> None:
    table = grams(rows=40, split=True, features=NUMBERS)
    built(tmp_path / "grams.xlsx", table)
    with sn.live(tmp_path / "grams.xlsx", "ironcalc") as session:
        rows = session.table()
    np.testing.assert_allclose(rows.in_units(rows.y)[:, 0], own_of(table), rtol=1e-12)


def test_classes_have_no_r2_in_a_sheet(tmp_path: Path) -> None:
    table = sn.table(PENGUINS[::7], "species", features=NUMBERS)
    sn.build(tmp_path / "species.xlsx", table, sn.softmax(table), epochs=1)
    workbook = find_manifest(reader.read(tmp_path / "species.xlsx")).workbook
    assert not [block.id for block in workbook.book.blocks if block.id.endswith((".r2", ".rmse", ".in_units"))]


# ---- planted


@pytest.mark.parametrize("fact", ["Spread", "Mean"])
def test_a_wrong_fact_in_a_sheet_is_noticed(fact: str, tmp_path: Path) -> None:
    table, path = grams(rows=40, features=NUMBERS), tmp_path / "grams.xlsx"
    workbook = built(path, table)
    block = workbook.book.block_of(workbook.recipe.facts[f"{fact} {GRAMS}"])
    value = float(table.learnt[f"{fact} {GRAMS}"]) * 1.0001
    wrong = edit(path, tmp_path / "wrong.xlsx", {block.area.full(fixed=False): value})
    report = sn.check(wrong)
    assert not report.ok
    assert block.area.full(fixed=False) in str(report)


@pytest.mark.parametrize("fault", ["spread", "way back", "no mean"])
def test_a_wrong_spread_in_graph_and_sheet_is_noticed_by_torch(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: dict[str, tuple[Any, str, Any]] = {
        "spread": (fitted, "square", lambda node: square(node) * 1.0001),
        "way back": (units, "unscaled", lambda how, pred, fact: pred * (fact("Spread") * 1.0001) + fact("Mean")),
        "no mean": (units, "unscaled", lambda how, pred, fact: pred * fact("Spread")),
    }
    monkeypatch.setattr(*faults[fault])
    table, path = grams(rows=40, features=NUMBERS), tmp_path / "grams.xlsx"
    built(path, table)
    report = sn.check(path)
    assert {"mlp.now.in_units", "mlp.now.rmse"} <= {block.id for block in report.blocks if not block.ok}
