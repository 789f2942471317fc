"""A workbook of one model that is not among the course's, and one of four: as ordinary as one with two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import Made, once

import sheetnet as sn
from sheetnet.engines import Engine
from sheetnet.errors import SheetnetError
from sheetnet.living import LiveSession

pytestmark = pytest.mark.usefixtures("one_office")

EPOCHS, RATE = 5, 0.1
FOUR = ("linear", "two_relu", "relu_3", "relu_5")
UNITS = {"linear": 1, "two_relu": 2, "relu_3": 3, "relu_5": 5}


@pytest.fixture(scope="module", params=["one", "four"])
def book(request: pytest.FixtureRequest, small: Made) -> Path:
    """The workbook of 30 passengers with relu_3 alone, or with all four."""
    table, names = small.table, ("relu_3",) if request.param == "one" else FOUR
    models = [sn.relus(table, 3), sn.relus(table, 5)] if request.param == "four" else [sn.relus(table, 3)]
    models = [sn.linear(table), sn.two_relu(table), *models] if request.param == "four" else models
    assert tuple(model.name for model in models) == names
    path = small.path.with_name(f"{request.param}-model.xlsx")
    return once(path, lambda out: sn.build(out, table, models, epochs=EPOCHS, lr=RATE))


def names_of(path: Path) -> tuple[str, ...]:
    return tuple(sn.read_params(path).params)


def test_it_is_right_in_each_engine(book: Path, engine: Engine) -> None:
    report = sn.check(book, engine.name)
    assert report.ok, str(report)
    judged = {block.id for block in report.blocks if block.torch_abs is not None}
    for name in names_of(book):
        assert {f"{name}.now.pred", f"{name}.then.grad_W", f"{name}.descent.loss", f"{name}.descent.W_1"} <= judged


def test_weights_and_rates_come_back(book: Path, small: Made) -> None:
    stands = sn.read_params(book)
    assert stands.rates == dict.fromkeys(stands.params, RATE)
    for name, params in stands.params.items():
        start = sn.Model(name, small.table.n_features).init(0)["W"]
        assert params["W"].shape == (small.table.n_features, UNITS[name])
        np.testing.assert_array_equal(params["W"], start)
        run = sn.train(sn.Model(name, small.table.n_features), small.table, {"W": start}, epochs=EPOCHS, lr=RATE)
        np.testing.assert_allclose(stands.at(EPOCHS)[name]["W"], run.params["W"], rtol=1e-12, atol=1e-14)


def test_other_weights_are_written_and_right(book: Path, small: Made, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    other = {name: rng.normal(size=(small.table.n_features, UNITS[name])) for name in names_of(book)}
    out = tmp_path / "other.xlsx"
    built = sn.write_params(book, out, other)
    again = sn.read_params(out)
    for name, W in other.items():
        np.testing.assert_array_equal(again.params[name]["W"], W)
    np.testing.assert_array_equal(again.W("mmult"), again.W())  # the W of the sheet MMULT follows the last model
    assert sn.check(out).ok
    assert set(built.losses) == set(other)


def test_each_model_predicts(book: Path, small: Made) -> None:
    assert small.csv is not None
    stands = sn.read_params(book)
    for name in names_of(book):
        found = sn.predict(book, small.csv, model=name, epoch=EPOCHS)
        X, W = stands.table.X, stands.W(name, EPOCHS)
        lin = X @ W
        pred = lin if name == "linear" else np.maximum(lin, 0).sum(1, keepdims=True)
        whole = small.table.raw.frame[["Age", "Embarked"]].replace("", np.nan).notna().all(axis=1)
        np.testing.assert_array_equal(found["Survived"][whole.to_numpy()], (pred[:, 0] > 0.5).astype(int))


@pytest.fixture
def live(book: Path, tmp_path: Path) -> Iterator[LiveSession]:
    import shutil

    with sn.live(Path(shutil.copy(book, tmp_path / "live.xlsx")), "ironcalc") as session:
        yield session


def test_each_model_is_pushed_and_says_its_loss(live: LiveSession, small: Made) -> None:
    rng = np.random.default_rng(1)
    for name, model in live.models.items():
        W = rng.normal(scale=0.3, size=(model.n_features, model.n_hidden))
        live.push({name: W})
        run = sn.train(model, small.table, {"W": W}, epochs=0)
        assert live.loss(name) == pytest.approx(run.losses[0], rel=1e-12)
        np.testing.assert_array_equal(live.weights(name), W)
        assert live.rate(name) == RATE


def test_more_units_than_a_sheet_can_show_are_refused_before_anything_is_written(small: Made, tmp_path: Path) -> None:
    with pytest.raises(SheetnetError, match="relu_65: a workbook shows each unit in columns of its own, at most 64"):
        sn.build(tmp_path / "wide.xlsx", small.table, sn.relus(small.table, 65))
    assert not list(tmp_path.iterdir())
