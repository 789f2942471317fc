"""What would be wrong without a word: tables, features, weights, metrics, losses and predictions that mean another."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from click.testing import CliRunner, Result
from conftest import EPOCHS, Made
from openpyxl import load_workbook
from pyarrow import feather
from torch import nn
from torch.nn import functional as F

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.errors import DataError, SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.models import metrics
from sheetnet.models.answers import outputs
from sheetnet.models.losses import LOSSES, of_nothing
from sheetnet.tables.table import Table
from sheetnet.training import sweep as sweep_module

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).round(3)
FRAME = pd.DataFrame(X, columns=["a", "b", "c"]).assign(
    size=(X @ [1.0, -2.0, 0.5] + 3).round(3), kind=np.where(X[:, 0] > 0, "yes", "no")
)


def numbers() -> Table:
    """A table of three features whose target is a number."""
    return sn.table(FRAME.drop(columns="kind"), "size")


def classes() -> Table:
    """And one with two classes."""
    return sn.table(FRAME.drop(columns="size"), "kind")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def ran(*args: object) -> Result:
    result = CliRunner().invoke(main, [*map(str, args)])
    assert not result.exception or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


# ---- a table that lies


def test_a_table_whose_lock_was_undone_is_not_built() -> None:
    table = sn.titanic()
    table.X.setflags(write=True)
    table.X[0, 0] = 99
    other = sn.titanic()
    object.__setattr__(other, "y", 1 - other.y)
    third = sn.titanic()
    third.raw.columns["Age"] = np.ones((891, 1))
    for lie in (table, other, third):
        with pytest.raises(DataError, match="cannot be replaced"):
            sn.build("out.xlsx", lie, sn.linear(lie), epochs=1)
    assert not Path("out.xlsx").exists()


def test_a_table_of_arrays_is_refused_in_words() -> None:
    table = sn.titanic()
    with pytest.raises(DataError, match=r"found ndarray and ndarray; make one with sn\.table"):
        Table(table.X[:9], table.y[:9], table.features, table.raw, table.recipe)  # type: ignore[arg-type]


# ---- an index is no feature


def written(frame: pd.DataFrame) -> dict[str, Path]:
    """The frame in every format, as pandas writes it with its index."""
    frame.to_csv("made.csv")
    frame.to_parquet("made.parquet")
    feather.write_feather(pa.Table.from_pandas(frame), "made.arrow")
    return {kind: Path(f"made.{kind}") for kind in ("csv", "parquet", "arrow")}


@pytest.mark.parametrize("name", [None, "id"])
def test_an_index_of_pandas_is_no_feature(name: str | None) -> None:
    frame = FRAME.drop(columns="kind").sample(frac=1, random_state=1).rename_axis(name)
    paths = written(frame)
    for kind, path in paths.items():
        rows = sn.open_rows(path, "size")
        named = kind == "csv" and name is not None  # then it is a column like others
        assert rows.features == (("id",) if named else ()) + ("a", "b", "c", "Ones"), kind
        assert any("index" in words for words in rows.said) is not named
        np.testing.assert_array_equal(rows.load()[0][:, -4:-1], frame[["a", "b", "c"]])
    for path in (paths["csv"], paths["parquet"]):
        table = sn.table(path, "size")
        assert table.features == ("a", "b", "c")
    pd.read_csv("made.csv").to_csv("again.csv", index=False)  # Unnamed: 0
    if name is None:
        assert sn.open_rows("again.csv", "size").features == ("a", "b", "c", "Ones")
        table = sn.table("again.csv", "size")
        assert table.features == ("a", "b", "c")
        assert any("left out" in words for words in table.said)


def test_an_index_that_is_named_as_a_feature_is_one() -> None:
    path = written(FRAME.drop(columns="kind").sample(frac=1, random_state=0).rename_axis("id"))["parquet"]
    assert sn.open_rows(path, "size", ["id", "a"]).features == ("id", "a", "Ones")
    assert sn.open_rows(path, "id").features == ("a", "b", "c", "size", "Ones")


def test_numbers_in_a_dictionary_of_arrow_are_these_numbers() -> None:
    codes = pa.array([7, 9, 7, 8]).dictionary_encode()
    feather.write_feather(pa.table({"a": codes, "y": [1.0, 2, 3, 4]}), "made.arrow")
    assert sn.open_rows("made.arrow", "y").load()[0][:, 0].tolist() == [7, 9, 7, 8]
    codes = pa.array([7, None, 7, 8]).dictionary_encode()
    feather.write_feather(pa.table({"a": codes, "y": [1.0, 2, 3, 4]}), "made.arrow")
    with pytest.raises(DataError, match="row 2, column a: found no value"):
        sn.open_rows("made.arrow", "y").load()


def test_commas_are_decimals_where_separators_say_so() -> None:
    Path("made.csv").write_text("a;y\n1,5;0\n2,25;1\n")
    rows = sn.open_rows("made.csv", "y")
    assert rows.load()[0][:, 0].tolist() == [1.5, 2.25]
    assert "semicolons separate the cells" in rows.said
    Path("made.csv").write_text("a;y\n1,500;0\n2,250;1\n")  # thousands, or a fraction
    with pytest.raises(DataError, match="line 2, column a: found '1,500'"):
        sn.open_rows("made.csv", "y").load()
    assert sn.open_rows("made.csv", "y", decimal=",").load()[0][:, 0].tolist() == [1.5, 2.25]


def test_the_features_in_use_are_named_on_the_terminal() -> None:
    FRAME.drop(columns="kind").sample(frac=1, random_state=1).to_csv("made.csv")
    for args in (
        ("train", "linear", "--data", "made.csv", "--target", "size", "--epochs", 2),
        ("sweep", "linear", "--data", "made.csv", "--target", "size", "--epochs", 2, "--nets", 4, "--lr", "0.1,0.2",
         "--scale", "0.1,0.2"),
        ("train", "made.csv", "--target", "size", "--epochs", 2),
        ("build", "made.csv", "--target", "size", "--epochs", 2, "-o", "out.xlsx"),
        ("train", "linear", "--epochs", 2),
    ):  # fmt: skip
        said = ran(*args).stdout
        assert re.search(r"features: (a, b, c|SibSp, Parch.*Ones)", said), (args, said)
        assert ("column 1" in said) is ("made.csv" in args)


def test_masked_entries_are_blank() -> None:
    hidden = np.ma.masked_array(X, mask=X > 1)
    table = sn.table(hidden, FRAME["size"].to_numpy())
    seen = np.where(X > 1, np.nan, X)
    assert table.n_rows == int((~np.isnan(seen).any(1)).sum()) < 40
    np.testing.assert_array_equal(np.hstack([table.raw.columns[n] for n in ("x_1", "x_2", "x_3")]), seen)
    column = np.ma.masked_array(["p", "q", "p", "q"], mask=[0, 1, 0, 0])
    assert sn.table({"k": column, "y": [1.0, 2, 3, 4]}, "y").n_rows == 3


# ---- accuracies

CODINGS = {"0 and 1": (0, 1), "-1 and 1": (-1, 1), "1 and 2": (1, 2)}


@pytest.mark.parametrize("coding", CODINGS)
def test_an_accuracy_is_of_the_coding_that_the_data_has(coding: str) -> None:
    low, high = CODINGS[coding]
    x = [-1.0, -0.8, -0.6, 0.6, 0.8, 1.0]
    pd.DataFrame({"x": x, "y": [low] * 3 + [high] * 3}).to_csv("made.csv", index=False)
    table = sn.table("made.csv", "y")
    for net in (sn.linear(table), sn.logistic(table)):  # every row can be told right
        run = sn.train(net, table, epochs=60, lr=0.5)
        assert (run.accuracies[-1], run.measured["train"]["accuracy"]) == (1, 1)  # type: ignore[attr-defined]
    swept = sn.sweep(sn.logistic(table), table, nets=2, lr=0.5, epochs=60)
    assert swept.table["accuracy"].tolist() == [1, 1]
    rows = sn.open_rows("made.csv", "y")
    plain = coding == "0 and 1"
    for how in ({}, {"path": "fused"}, {"path": "closed"}, {"batch": 3}, {"optimiser": "adam"}):
        run = sn.train(sn.linear(rows), rows, epochs=60, lr=0.2, **how)  # type: ignore[arg-type]
        assert np.isfinite(run.accuracies[-1]) == plain, how
        assert ("accuracy" in repr(run)) is plain
    swept = sn.sweep(sn.linear(rows), rows, nets=4, lr=[0.1, 0.2], scale=[0.1, 0.2], epochs=3)  # type: ignore[call-overload]
    assert swept.table["accuracy"].notna().all() == plain
    said = ran("train", "linear", "--data", "made.csv", "--target", "y", "--epochs", 3).stdout
    assert ("accuracy" in said) is plain


@pytest.mark.parametrize("how", [{}, {"path": "fused"}, {"path": "closed"}, {"batch": 100}, {"optimiser": "momentum"}])
def test_of_a_loss_that_is_no_finite_number_there_is_no_accuracy(how: dict[str, Any]) -> None:
    table = sn.titanic()
    run = sn.train(sn.linear(table), table, epochs=300, lr=1.0 if "batch" not in how else 9.0, **how)
    assert np.isinf(run.losses).any()
    assert np.isnan(run.accuracies[~np.isfinite(run.losses)]).all()
    kept = [epoch for epoch in run.kept if np.isfinite(run.losses[epoch])]  # where they are counted, on every path
    assert np.isfinite(run.accuracies[kept]).all()
    assert "accuracy" not in repr(run)


def test_of_predictions_that_are_no_numbers_nothing_is_right() -> None:
    y = np.array([0.0, 0.0, 1.0])
    assert np.isnan(metrics.accuracy(np.array([0.0, np.nan, 1.0]), y))
    assert np.isnan(metrics.r2(np.array([0.0, np.nan, 1.0]), y))
    assert metrics.accuracy(np.array([[0.0], [0.0], [0.0]]), y) == pytest.approx(2 / 3)  # not each with each


def test_a_curve_of_shares_ends_at_one_hundred() -> None:
    table = classes()
    run = sn.train(sn.logistic(table), table, epochs=3, lr=1.0)
    figure = run.plot("run.png")[0].figure
    (share,) = [axes for axes in figure.axes if "right" in axes.get_ylabel()]
    assert share.get_ylim() == (0, 100)


# ---- runs that run away


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_nothing_is_torchs_of_zeros(loss: str) -> None:
    y = torch.tensor(RNG.integers(0, 2, (30, 1)) if "entropy" in loss or "bce" in loss else RNG.normal(2, 3, (30, 1)))
    zeros = torch.zeros(30, 3 if loss == "cross_entropy" else 1, dtype=torch.float64)
    says = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": F.huber_loss}
    says["bce_with_logits"] = F.binary_cross_entropy_with_logits
    said = F.cross_entropy(zeros, y[:, 0].long()) if loss == "cross_entropy" else says[loss](zeros, y.double())
    assert of_nothing(loss, y.double().numpy(), zeros.shape[1]) == pytest.approx(float(said), rel=1e-14)


WENT = {  # first and last loss, that of nothing -> what is said
    "well": (1.0, 0.2, 0.4, ""),
    "risen, but better than nothing": (0.1, 0.3, 0.4, ""),
    "worse than nothing, but falling": (9.0, 2.0, 0.4, ""),
    "dead": (0.39, 0.4, 0.4, ""),
    "dead, in half precision": (0.39, 0.4003, 0.4, ""),
    "away": (0.5, 8e38, 0.4, "run away, 0.5 to 8e+38, where saying 0 for every row has 0.4: take a smaller"),
    "just away": (0.5, 0.6, 0.4, "run away"),
    "no number": (0.5, np.inf, 0.4, "no finite number at the end: take a smaller learning rate"),
    "never a number": (np.nan, np.nan, 0.4, "from the start: the start weights or the rows are too large"),
    "nothing is known": (0.5, 8e38, np.nan, ""),
}


@pytest.mark.parametrize("went", WENT)
def test_a_loss_that_runs_away_is_told_and_no_other(went: str) -> None:
    *losses, words = WENT[went]
    said = metrics.trouble(*losses)  # type: ignore[arg-type]
    assert (words in said) is True
    assert bool(said) is bool(words)


def test_a_net_whose_units_all_died_is_told_as_it_is_built(small_csv: Path, tmp_path: Path) -> None:
    table = sn.titanic(csv=small_csv)
    dead = sn.build(tmp_path / "dead.xlsx", table, sn.two_relu(table), epochs=3, lr=50.0)
    assert "saying 0 for every row" in dead.trouble["two_relu"]
    assert "units are dead" in dead.trouble["two_relu"]
    assert sn.build(tmp_path / "alive.xlsx", table, sn.two_relu(table), epochs=3).trouble == {}


@pytest.mark.parametrize("how", [{}, {"path": "fused"}, {"path": "closed"}, {"optimiser": "momentum"}])
def test_a_run_that_runs_away_says_so(how: dict[str, Any]) -> None:
    table = sn.titanic()
    run = sn.train(sn.linear(table), table, epochs=60, lr=1.0, **how)
    assert np.isfinite(run.losses).all()
    assert run.exploded
    assert run.nothing == pytest.approx(float((table.y**2).mean()), rel=1e-12)
    assert "run away" in repr(run)
    assert "run away" in run._repr_html_()
    calm = sn.train(sn.linear(table), table, epochs=60, lr=0.1, **how)
    assert not calm.exploded
    assert "away" not in repr(calm)
    died = sn.train(sn.two_relu(table), table, epochs=5, lr=50.0, **how)
    assert not died.exploded
    assert "dead units 2 of 2" in repr(died) or "optimiser" in how


def test_the_mean_square_of_a_target_is_of_all_chunks() -> None:
    FRAME.drop(columns="kind").to_parquet("made.parquet")
    rows = sn.open_rows("made.parquet", "size")
    streamed = sn.train(sn.linear(rows), rows, epochs=20, lr=5.0, memory=0)
    assert streamed.nothing == pytest.approx(float((FRAME["size"] ** 2).mean()), rel=1e-12)
    assert streamed.exploded


def test_sweeps_and_builds_tell_what_runs_away() -> None:
    table, other = sn.titanic(), numbers()
    swept = sn.sweep(sn.linear(table), table, nets=4, lr=[0.1, 1.0], scale=[0.5], epochs=60, dtype="float64")  # type: ignore[call-overload]
    assert swept.table["exploded"].tolist() == [False, True] * 2
    assert swept.shares["exploded"] == 0.5
    assert sum(share for name, share in swept.shares.items() if name != "some units dead") == pytest.approx(1)
    assert "50.0% exploded" in swept.title
    net = sn.mlp(other, 4)
    nets = sn.sweep(net, other, nets=4, lr=[0.01, 3.0], epochs=6, dtype="float64")
    assert nets.table["exploded"].tolist() == [False, True] * 2
    assert "50.0% exploded" in repr(nets)
    built = sn.build("out.xlsx", other, [net, sn.linear(other)], epochs=6, lr={"mlp": 3.0, "linear": 0.1})
    assert list(built.trouble) == ["mlp"]
    assert "run away" in built.trouble["mlp"]


def test_commands_tell_what_runs_away() -> None:
    FRAME.drop(columns="kind").to_csv("made.csv", index=False)
    own = ("made.csv", "--target", "size", "--hidden", 4)
    for args in (
        ("train", "linear", "--epochs", 60, "--lr", 1),
        ("train", *own, "--epochs", 6, "--lr", 3),
        ("build", *own, "--epochs", 6, "--lr", 3, "-o", "out.xlsx"),
    ):
        assert re.search(r"the loss has run away, .* smaller (--lr|learning rate)", ran(*args).stdout), args
        content = json.loads(ran(*args, "--json").stdout)
        assert content.get("exploded") is True or "run away" in content["trouble"]["mlp"]
    swept = ("sweep", "linear", "--epochs", 60, "--lr", "0.1,1", "--scale", "0.5", "--nets", 2, "--dtype", "float64")
    assert "exploded: finite at the end" in ran(*swept).stdout
    assert json.loads(ran(*swept, "--json").stdout)["shares"]["exploded"] == 0.5
    swept = ("sweep", *own, "--epochs", 6, "--lr", "0.01,3", "--nets", 2, "--dtype", "float64")
    assert "50.0% exploded" in ran(*swept).stdout
    assert json.loads(ran(*swept, "--json").stdout)["exploded"] == 0.5


def test_the_time_of_a_sweep_is_that_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(sweep_module, "warm", lambda *_: time.sleep(2))
    table = sn.titanic()
    swept = sn.sweep(sn.linear(table), table, nets=1, lr=0.1, scale=0.5, epochs=1)
    assert swept.seconds < 2


# ---- weights by label


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[::-1, ::-1]


def labelled_starts() -> dict[str, tuple[Any, Any, dict[str, Any], dict[str, np.ndarray]]]:
    """Tables and models, their start weights as frames in another order, and as arrays."""
    out: dict[str, tuple[Any, Any, dict[str, Any], dict[str, np.ndarray]]] = {}
    table = sn.titanic()
    for model in (sn.linear(table), sn.two_relu(table)):
        W = RNG.normal(size=(10, model.n_hidden)).round(4)  # type: ignore[union-attr]
        frame = pd.DataFrame(W, list(table.features), [f"unit_{i + 1}" for i in range(W.shape[1])])
        out[model.name] = table, model, {"W": shuffled(frame)}, {"W": W}
    as_column = out["linear"][2]["W"].rename_axis("feature").reset_index()
    out["column"] = table, sn.linear(table), {"W": shuffled(as_column)}, out["linear"][3]
    own = sn.table(FRAME.drop(columns="size"), "kind")
    net = sn.mlp(own, 2)
    start = net.init(3)
    names = {"W_1": (["a", "b", "c"], ["unit_1", "unit_2"]), "W_2": (["unit_1", "unit_2"], ["unit_1"])}
    frames: dict[str, Any] = {k: shuffled(pd.DataFrame(start[k], *names[k])) for k in names}
    frames["b_1"] = pd.Series(start["b_1"][0], ["unit_1", "unit_2"])[::-1]
    out["mlp"] = own, net, {**start, **frames}, start
    return out


@pytest.mark.parametrize("case", ["linear", "two_relu", "column", "mlp"])
def test_weights_in_a_frame_go_by_their_labels_everywhere(case: str) -> None:
    table, model, frames, arrays = labelled_starts()[case]
    for how in ({}, {"batch": 20}, {"optimiser": "adam"}):
        run = sn.train(model, table, frames, epochs=0, **how)  # type: ignore[arg-type]
        for name, value in arrays.items():
            np.testing.assert_array_equal(run.params[name], value)
    sn.build("out.xlsx", table, model, epochs=1, start={model.name: frames})
    stands = sn.read_params("out.xlsx").params[model.name]
    sn.write_params("out.xlsx", "again.xlsx", {model.name: frames})
    again = sn.read_params("again.xlsx").params[model.name]
    for name, value in arrays.items():
        np.testing.assert_array_equal(stands[name], value)
        np.testing.assert_array_equal(again[name], value)


WRONG = {
    "missing": (lambda frame: frame.iloc[1:], "missing: 'c'"),
    "another": (lambda frame: frame.rename(index={"b": "d"}), "unknown: 'd'; missing: 'b'"),
    "twice": (lambda frame: pd.concat([frame, frame.iloc[:1]]), "twice: 'c'"),
    "one more": (lambda frame: pd.concat([frame, frame.iloc[:1].rename(index={"c": "e"})]), "unknown: 'e'"),
    "numbers": (lambda frame: frame.set_axis([5, 6, 7]), "unknown: 5, 6, 7"),
    "another unit": (lambda frame: frame.rename(columns={"unit_2": "unit_3"}), "unknown: 'unit_3'"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_labels_that_are_missing_or_unknown_are_refused_everywhere(wrong: str) -> None:
    table = classes()
    net = sn.mlp(table, 2)
    change, words = WRONG[wrong]
    start: dict[str, Any] = net.init(0)
    start["W_1"] = change(shuffled(pd.DataFrame(start["W_1"], ["a", "b", "c"], ["unit_1", "unit_2"])))
    with pytest.raises(SheetnetError, match=words):
        sn.train(net, table, start, epochs=0)
    with pytest.raises(SheetnetError, match=words):
        sn.build("out.xlsx", table, net, epochs=1, start={"mlp": start})


def test_weights_by_torchs_keys_are_turned_by_their_labels_too() -> None:
    table = classes()
    net = sn.mlp(table, 2)
    start = net.init(1)
    module = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    module.load_state_dict({p.key: torch.tensor(p.to_torch(start[p.name])) for p in net.parameters})
    state: dict[str, Any] = dict(module.named_parameters())  # which want a gradient
    run = sn.train(net, table, state, epochs=0)
    state["0.weight"] = shuffled(pd.DataFrame(start["W_1"].T, ["unit_1", "unit_2"], ["a", "b", "c"]))
    again = sn.train(net, table, state, epochs=0)
    for name, value in start.items():
        np.testing.assert_array_equal(run.params[name], value)
        np.testing.assert_array_equal(again.params[name], value)
    sn.build("out.xlsx", table, net, epochs=1, start={"mlp": dict(module.named_parameters())})
    np.testing.assert_array_equal(sn.read_params("out.xlsx").params["mlp"]["W_1"], start["W_1"])
    passengers = sn.titanic()
    wants = torch.ones(10, 1, requires_grad=True)
    assert (sn.train(sn.linear(passengers), passengers, {"W": wants}, epochs=0).params["W"] == 1).all()


# ---- what people give by mistake

MISTAKES = {
    "a frame for a table": (lambda: sn.linear(FRAME), "found DataFrame"),
    "a frame, mlp": (lambda: sn.mlp(FRAME, 3), "found DataFrame"),
    "a frame, relus": (lambda: sn.relus(FRAME, 3), "found DataFrame"),
    "an array, logistic": (lambda: sn.logistic(X), "found ndarray"),
    "an array, softmax": (lambda: sn.softmax(X), "found ndarray"),
    "a module and a frame": (lambda: sn.train(nn.Linear(3, 1), FRAME), "found DataFrame"),
    "progress": (lambda: sn.train(sn.linear(numbers()), numbers(), progress=True), "progress must be a function"),
    "progress of a sweep": (lambda: sn.sweep(sn.linear(numbers()), numbers(), progress=True), "must be a function"),
    "on_epoch": (lambda: sn.train(sn.linear(numbers()), numbers(), on_epoch=1), "on_epoch must be a function"),
    "a frame of passengers": (lambda: sn.titanic(csv=FRAME), "csv must be the path"),
    "macros": (lambda: sn.build("out.xlsm", numbers(), sn.linear(numbers())), "has no macros; name a file"),
    "three of ten": (lambda: sn.train(sn.linear(sn.titanic()), numbers(), epochs=1), "10 features, the table has 3"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_people_give_by_mistake_is_told_in_words(mistake: str) -> None:
    call, words = MISTAKES[mistake]
    with pytest.raises(SheetnetError, match=words):
        call()


def test_one_module_and_a_flat_target_are_enough() -> None:
    table = sn.table(X, FRAME["size"].to_numpy())
    assert table.target.name == "target"
    assert sn.build("out.xlsx", table, nn.Linear(3, 1), epochs=1).path == Path("out.xlsx")


def test_runs_sweeps_and_tables_can_be_compared() -> None:
    table, own = sn.titanic(), numbers()
    runs = [sn.train(sn.linear(table), table, epochs=1), sn.train(sn.linear(own), own, epochs=1)]
    sweeps = [sn.sweep(sn.linear(own), own, nets=1, lr=0.1, epochs=1)]
    for one in (table, own, *runs, *sweeps):
        assert one == one
        assert one != sn.titanic()
        assert len({one, one}) == 1


# ---- files that a person made


def test_a_macro_workbook_is_read_by_every_command(small: Made) -> None:
    Path("mine.xlsm").write_bytes(small.path.read_bytes())
    assert ran("params", "mine.xlsm").exit_code == 0
    assert ran("build", "titanic", "--params", "mine.xlsm", "-o", "new.xlsx").exit_code == 0
    assert ran("build", "titanic", "--params", "new.xlsx", "-o", "new.xlsm").exit_code == 2


def test_a_workbook_that_another_program_saved_is_kept_when_it_is_built_over(small: Made) -> None:
    mine = Path("mine.xlsx")
    build = ("build", "titanic", "--csv", small.csv, "--epochs", EPOCHS, "-o", mine)
    for _ in range(2):  # as it was built: nothing is lost
        assert "kept" not in ran(*build).stderr
    book = load_workbook(mine)
    book["Exercises"]["D6"] = 42
    book.save(mine)
    typed = mine.read_bytes()
    assert "kept: mine.before.xlsx" in ran(*build).stderr
    assert Path("mine.before.xlsx").read_bytes() == typed
    mine.write_bytes(typed)
    assert sn.write_params(mine, mine, {"linear": np.ones((10, 1))}).kept == Path("mine.before-2.xlsx")
    assert sorted(path.name for path in Path().iterdir()) == ["mine.before-2.xlsx", "mine.before.xlsx", "mine.xlsx"]


def test_what_is_not_written_keeps_no_copy(small: Made) -> None:
    mine = Path("mine.xlsx")
    mine.write_bytes(b"of another program")
    mine.chmod(0o444)
    assert ran("build", "titanic", "--csv", small.csv, "--epochs", 1, "-o", mine).exit_code == 2
    assert [path.name for path in Path().iterdir()] == ["mine.xlsx"]


def test_a_table_that_stands_there_is_kept(small: Made) -> None:
    Path("train.csv").write_text("precious\n")
    assert "kept: train.before.csv" in ran("params", small.path, "--table", "train.csv").stderr
    assert Path("train.before.csv").read_text() == "precious\n"
    assert "kept" not in ran("params", small.path, "--table", "train.csv").stderr  # the same again


# ---- what a sheet says


def cells_of(path: Path, sheet: str) -> dict[str, list[Any]]:
    """The numbers and words to the right of each word of a sheet, as they are stored."""
    rows = load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True)
    found = [[cell for cell in row if cell is not None] for row in rows]
    return {str(row[at]): row[at + 1 :] for row in found for at in range(len(row)) if isinstance(row[at], str)}


def test_a_misspelt_entry_is_counted_on_data(small: Made) -> None:
    frame = FRAME.drop(columns="size").assign(site=np.where(X[:, 1] > 0, "north", "south"))
    table = sn.table(frame, "kind")
    sn.build("own.xlsx", table, sn.logistic(table), epochs=1)
    for path, column, label, misspelt in (
        (Path("own.xlsx"), "data_raw.site", "misspelt in site", "nroth"),
        (small.path, "data.Sex", "misspelt in Sex", "femal"),
    ):
        assert cells_of(path, "Data")[label] == [0]
        stands = sn.read_params(path)
        unknown = {block.title: block for block in stands.workbook.book.blocks if block.id.startswith("data.unknown")}
        changed = {id: value.copy() for id, value in stands.everything.items()}
        changed[column][[0, 3], 0] = misspelt
        (found,) = evaluate([unknown[label].node], stands.workbook.by_node(changed))
        assert found.tolist() == [[2.0]]
    assert sn.check("own.xlsx").ok


def test_data_says_which_number_is_which_class() -> None:
    table = classes()
    sn.build("out.xlsx", table, sn.logistic(table), epochs=1)
    words = " ".join(map(str, cells_of(Path("out.xlsx"), "Data")))
    assert "the column y, no = 0, yes = 1." in words


@pytest.mark.parametrize("saying", [sn.standardised(), sn.min_max(), sn.share_of_largest()])
def test_start_has_the_error_in_the_units_of_the_target(saying: Any) -> None:
    table = sn.table(FRAME.drop(columns="kind"), "size", columns={"size": saying})
    net = sn.mlp(table, 2)
    sn.build("out.xlsx", table, net, epochs=3, lr=0.1)
    run = sn.train(net, table, epochs=3, lr=0.1)
    first, chosen, last, *_ = cells_of(Path("out.xlsx"), "Start")["RMSE in units of size"]
    own = metrics.rmse(table.in_units(outputs(net, run.kept[3], table.X)), FRAME[["size"]].to_numpy())
    np.testing.assert_allclose(chosen, own, rtol=1e-12)
    assert first == last == -1  # shown as "?" until one has guessed


def test_charts_of_shares_end_at_one(small: Made) -> None:
    charts = [chart for page in small.workbook.book.pages for chart in page.charts if "Accuracy" in chart.title]
    assert charts
    assert {chart.y_max for chart in charts} == {1.0}


# ---- words that help


def test_a_fitted_estimator_that_is_worse_than_nothing_is_doubted() -> None:
    from sklearn.linear_model import LogisticRegression

    table = classes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sn.build("out.xlsx", table, LogisticRegression().fit(table.X, table.y[:, 0]), epochs=1)
    other = LogisticRegression().fit(table.X, 1 - table.y[:, 0])  # of another table
    with pytest.warns(UserWarning, match=r"this table is .* every row has 0\.6931; was it fitted on table\.X"):
        sn.build("out.xlsx", table, other, epochs=1)


def test_a_net_without_hidden_layers_is_asked_for_them() -> None:
    with pytest.raises(SheetnetError, match=r"sn\.mlp\(table, 8\); without any it is sn\.linear"):
        sn.mlp(numbers())


TABLES = {  # what stands in a file, what is asked of it, what is said
    "a blank before a name": (" a , y \n1,2\n3,4\n5,7\n", ("--target", " y"), ""),
    "two columns of one name": ("a,a,y\n1,2,2\n3,4,4\n5,1,7\n", ("--target", "y"), "is called a: it is a (2)"),
    "two targets of one name": ("a,y,y\n1,2,2\n3,4,4\n5,1,7\n", ("--target", "y"), "found several columns 'y'"),
    "a blank target": ("a,y\n1,\n3,\n5,\n", ("--target", "y"), "column y: the target is blank in every row"),
    "no header": ("1,2,0\n3,4,1\n5,6,1\n", ("--target", "y"), "or give the table a first line that names its columns"),
    "a header of numbers": ("1,2,0\n3,4,1\n5,6,1\n", ("--target", "2"), "though it holds numbers: 1, 2, 0"),
    "large numbers": ("a,y\n1e300,1\n-1e300,2\n5,4\n", ("--target", "y"), "a: numbers too large to keep their digits"),
    "a large target": ("a,y\n1,1e300\n2,-1e300\n5,4\n", ("--target", "y"), "size 1e+300, expected numbers up to"),
    "many rows": ("a,y\n" + "1,2\n3,4\n" * 8200, ("--target", "y"), "(sheetnet train linear --data FILE)"),
    "left out": ("a,y\n1,2\n3,4\n", ("--target", "y", "--leave-out", "b"), "mend --leave-out"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_is_not_as_it_seems_is_told_in_words_that_help(case: str) -> None:
    content, options, words = TABLES[case]
    Path("made.csv").write_text(content)
    result = ran("train", "made.csv", *options, "--epochs", 1)
    assert words in result.output
    fine = "a blank before a name", "two columns of one name", "a header of numbers"
    assert result.exit_code == (0 if case in fine else 2)


def test_predict_names_its_option_for_blanks() -> None:
    FRAME.drop(columns="kind").to_csv("made.csv", index=False)
    ran("build", "made.csv", "--target", "size", "--epochs", 1, "-o", "out.xlsx")
    Path("new.csv").write_text("a,b,c\n1,,2\n")
    said = ran("predict", "out.xlsx", "--rows", "new.csv", "-o", "p.csv")
    assert "or say --fill" in said.stderr


@pytest.mark.parametrize("kind", [".csv", ".npz", ".pt", ".xlsx"])
def test_a_workbook_of_a_table_begins_with_the_parameters_of_a_file(kind: str) -> None:
    FRAME.drop(columns="size").to_csv("made.csv", index=False)
    own = ("made.csv", "--target", "kind", "--hidden", 2, "--epochs", 3)
    if kind == ".xlsx":
        ran("build", *own, "--seed", 7, "-o", "net.xlsx")
        wanted = sn.read_params("net.xlsx").params["mlp"]
    else:
        said = json.loads(ran("train", *own, "--params", f"net{kind}", "--json").stdout)
        wanted = {name: np.array(value) for name, value in said["params"].items()}
    assert ran("build", *own, "--params", f"net{kind}", "-o", "out.xlsx").exit_code == 0
    stands = sn.read_params("out.xlsx").params["mlp"]
    for name, value in wanted.items():
        np.testing.assert_array_equal(stands[name], value)
    other = ran("build", *own, "--hidden", 3, "--params", f"net{kind}", "-o", "out.xlsx")
    assert other.exit_code == 2
    assert re.search("W_1|W_2|MLP 3-2-3-1", other.stderr)
