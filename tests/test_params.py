"""The way back: what stands in a workbook comes out of it, goes into a new one, and answers for new passengers."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from conftest import Made, converted, edit, rezip, run_sheetnet
from openpyxl import load_workbook

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.book import reader
from sheetnet.book.build import assemble
from sheetnet.book.params import Params
from sheetnet.book.predict import predictions
from sheetnet.checking.recalculation import recalculated
from sheetnet.course.listing import LISTING
from sheetnet.engines import Engine
from sheetnet.errors import SheetnetError
from sheetnet.models import twins as modules
from sheetnet.tables.newcomers import read_newcomers
from sheetnet.tables.recipe import complete_rows

pytestmark = pytest.mark.usefixtures("one_office")

RNG = np.random.default_rng(7)
START = {"linear": {"W": RNG.normal(size=(10, 1)) / 3}, "two_relu": {"W": RNG.normal(size=(10, 2)) / 3}}  # all 53 bits
RATE = {"linear": 0.1 / 3, "two_relu": 0.2 / 3}
EPOCHS = 4
FEATURES = ["SibSp", "Parch", "Age_N", "log_Fare", "Pclass_1", "Pclass_2", "Embark_S", "Embark_C", "Male", "Ones"]
LESSONS = [name for name in LISTING if name != "titanic" and find_spec(f"sheetnet.course.{name}")]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in; after the test no half-written file is in it."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert [path.name for path in tmp_path.rglob("*.part")] == []


@pytest.fixture(scope="session")
def fine(small: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The small workbook with weights, rates and ages of 17 digits."""
    folder = tmp_path_factory.mktemp("fine")
    frame = pd.read_csv(small.csv)  # type: ignore[arg-type]
    frame["Age"] = frame["Age"] * (1 + 1 / 3)
    frame.to_csv(folder / "train.csv", index=False)
    table = sn.titanic(csv=folder / "train.csv")
    models = [sn.linear(table), sn.two_relu(table)]
    sn.build(folder / "fine.xlsx", table, models, epochs=EPOCHS, lr=RATE, start=START)
    return Made(folder / "fine.xlsx", table, csv=folder / "train.csv")


@pytest.fixture(scope="session")
def twelve(small: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The small table by the recipe notebook."""
    table = sn.titanic("notebook", small.csv)
    path = tmp_path_factory.mktemp("twelve") / "twelve.xlsx"
    sn.build(path, table, [sn.linear(table), sn.two_relu(table)], epochs=EPOCHS)
    return Made(path, table, csv=small.csv)


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and (a.dtype == object or a.tobytes() == b.tobytes())


# ---- reading


def expect(got: Params, fine: Made, rel: float) -> None:
    """What stands in the workbook `fine`, to the relative precision; 0 is to the bit."""
    assert got.features == fine.table.features
    for name, params in START.items():
        np.testing.assert_allclose(got.params[name]["W"], params["W"], rtol=rel, atol=0)
        assert got.rates[name] == pytest.approx(RATE[name], rel=rel, abs=0)
    np.testing.assert_allclose(got.W("mmult"), START["two_relu"]["W"], rtol=rel, atol=0)
    for name, column in fine.table.raw.columns.items():
        if column.dtype == object:
            assert got.raw.columns[name].tolist() == column.tolist()
        else:
            np.testing.assert_allclose(got.raw.columns[name], column, rtol=rel, atol=0)
    np.testing.assert_allclose(got.table.X, fine.table.X, rtol=4 * rel, atol=0)
    np.testing.assert_array_equal(got.table.y, fine.table.y)
    if not rel:
        assert all(same_bits(got.params[name]["W"], params["W"]) for name, params in START.items())
        assert same_bits(got.table.X, fine.table.X)


def test_what_we_wrote_comes_back_to_the_bit(fine: Made) -> None:
    expect(sn.read_params(fine.path), fine, 0.0)


def test_what_openpyxl_saved_comes_back_to_its_16_digits(fine: Made) -> None:
    expect(sn.read_params(edit(fine.path, Path("saved.xlsx"), {})), fine, 1e-15)


@pytest.mark.office
def test_what_libreoffice_saved_comes_back_to_its_15_digits(office: Engine, fine: Made) -> None:
    expect(sn.read_params(converted(fine.path, Path("office").resolve(), "xlsx")), fine, 1e-14)


def in_excels_form(path: Path, out: Path) -> Path:
    """A copy written as Excel writes, which is not here to do it itself.

    Numbers have up to 17 significant digits and a capital E (0.1 is 0.10000000000000001); shared strings stand in an
    order of their own; each row says its descent, each sheet its uid, in namespaces that a reader may ignore; an empty
    cell keeps its style; XML says that it stands alone and ends its first line with CR LF.
    """
    with zipfile.ZipFile(path) as archive:
        count = len(re.findall(rb"<si>", archive.read("xl/sharedStrings.xml")))

    def number(found: re.Match[str]) -> str:
        cell, head, text = found[0], found[1], found[2]
        if ' t="s"' in head:
            return cell.replace(f"<v>{text}</v>", f"<v>{count - 1 - int(text)}</v>")
        if " t=" in head:
            return cell
        return cell.replace(f"<v>{text}</v>", f"<v>{float(text):.17G}</v>".replace("E-0", "E-"))

    def change(name: str, content: bytes) -> bytes:
        if name == "xl/sharedStrings.xml":
            items = re.findall(rb"<si>.*?</si>", content, re.DOTALL)
            return content[: content.index(b"<si>")] + b"".join(reversed(items)) + b"</sst>"
        if not re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            return content
        text = content.decode()
        text = text.replace('standalone="yes"?>\n', 'standalone="yes"?>\r\n')
        main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        more = (
            ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac xr"'
            ' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
            ' xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision"'
            ' xr:uid="{00000000-0001-0000-0000-000000000000}"'
        )
        assert text.count(main) == 1
        text = text.replace(main, main + more)
        text = re.sub(r'(<row r="\d+"[^>]*?)(/?>)', r'\1 x14ac:dyDescent="0.25"\2', text)
        return re.sub(r"<c ([^>]*)>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?<v>([^<]*)</v></c>", number, text).encode()

    return rezip(path, out, change)


def test_a_file_in_excels_form_comes_back_to_the_bit(fine: Made) -> None:
    path = in_excels_form(fine.path, Path("excel.xlsx"))
    with zipfile.ZipFile(path) as archive:
        sheets = b"".join(archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name)
    assert re.search(rb"<v>-?0\.\d{17}</v>", sheets)
    expect(sn.read_params(path), fine, 0.0)
    assert sn.check(path).findings == []


def test_what_a_person_edited_comes_back(small: Made) -> None:
    weights = {small.cell("two_relu.now.weight", 1, 2): 0.25, small.cell("linear.now.weight", 0, 9): -3}
    data = {small.cell("data.Age", 2): 80, small.cell("data.Embarked", 29): "C", small.cell("data.Age", 5): 33}
    others = {small.cell("start.linear.lr"): 0.05, small.cell("start.epoch"): 2, small.cell("mmult.now.W", 3, 1): 9}
    got = sn.read_params(edit(small.path, Path("mine.xlsx"), weights | data | others))
    assert (got.params["two_relu"]["W"][2, 1], got.params["linear"]["W"][9, 0]) == (0.25, -3)
    assert got.rates == {"linear": 0.05, "two_relu": 0.1}
    assert (got.W("mmult")[3, 1], got.inputs["start.epoch"][0, 0]) == (9, 2)
    assert got.raw.frame.loc[2, "Age"] == 80
    assert got.raw.frame.loc[29, "Embarked"] == "C"
    assert got.table.X.shape == small.table.X.shape
    assert got.table.X[:, 2].max() == 1.0
    assert got.table.X[2, 2] == 1.0  # 80 is the largest age


def test_sheets_that_are_protected_against_typing_are_read(fine: Made) -> None:
    book = load_workbook(in_excels_form(fine.path, Path("excel.xlsx")))
    for sheet in book:
        sheet.protection.password = "secret"
        sheet.protection.enable()
    book.save("protected.xlsx")
    expect(sn.read_params("protected.xlsx"), fine, 1e-15)


def test_views_are_numpy_pandas_and_torch(fine: Made) -> None:
    got = sn.read_params(fine.path)
    frame = got.frame("two-relu")
    assert (list(frame.index), list(frame.columns)) == (list(fine.table.features), ["unit_1", "unit_2"])
    assert same_bits(frame.to_numpy().copy(), START["two_relu"]["W"])
    assert got.frame().equals(frame)  # the last model
    state = got.state_dict("two_relu")
    assert {key: tuple(value.shape) for key, value in state.items()} == {"lin.weight": (2, 10)}
    assert state["lin.weight"].dtype == torch.float64
    assert repr(got) == f"Params(file={str(fine.path)!r}, lesson='titanic')"


def test_reading_changes_nothing_and_shares_nothing(fine: Made) -> None:
    before = fine.path.read_bytes()
    got = sn.read_params(fine.path)
    got.W("linear")[:] = 0
    got.at(1)["linear"]["W"][:] = 0
    assert got.at(0)["linear"]["W"].any()
    expect(got, fine, 0.0)
    assert fine.path.read_bytes() == before


# ---- the state_dict and the descent, held against torch and a spreadsheet engine


def hold_the_state_dict(path: Path) -> None:
    """The modules with the state_dict predict what the sheet does, recalculated in IronCalc."""
    got = sn.read_params(path)
    sheet = recalculated(reader.read(path), got.workbook, "ironcalc")
    for name, module in (("linear", modules.Linear(10)), ("two_relu", modules.TwoReLU(10))):
        module = module.double()
        assert str(module.load_state_dict(got.state_dict(name))) == "<All keys matched successfully>"
        pred = module(torch.tensor(got.table.X)).detach().numpy()
        np.testing.assert_allclose(pred, sheet[f"{name}.now.pred"].astype(float), rtol=1e-12, atol=1e-15)


def hold_the_descent(path: Path, optimiser: str = "sgd") -> None:
    """The weights at every epoch are those that torch goes through, and those of the sheets Descent."""
    got = sn.read_params(path)
    sheet = recalculated(reader.read(path), got.workbook, "ironcalc")
    for name, params in got.params.items():
        module = modules.create(name, params, torch.device("cpu"), torch.float64)
        X, y = torch.tensor(got.table.X), torch.tensor(got.table.y)
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimiser]
        steps = kind(module.parameters(), lr=got.rates[name])
        for epoch in range(got.workbook.settings["epochs"] + 1):
            W = got.W(name, epoch)
            np.testing.assert_allclose(W, module.lin.weight.detach().numpy().T, rtol=1e-10, atol=1e-13)  # type: ignore
            rows = [sheet[f"{name}.descent.W_{unit + 1}"][epoch].astype(float) for unit in range(W.shape[1])]
            np.testing.assert_allclose(W, np.array(rows).T, rtol=1e-10, atol=1e-13)
            steps.zero_grad()
            torch.nn.functional.mse_loss(module(X), y).backward()
            steps.step()


def test_the_state_dict_gives_the_predictions_of_the_sheet(fine: Made) -> None:
    hold_the_state_dict(fine.path)


def test_every_epoch_is_that_of_torch_and_of_the_sheet(fine: Made) -> None:
    changes = {fine.cell("data.Age"): 50, fine.cell("start.linear.lr"): 0.07, fine.cell("linear.now.weight"): 0.5}
    hold_the_descent(edit(fine.path, Path("mine.xlsx"), changes))


def test_every_epoch_of_another_optimiser_too(small: Made) -> None:
    table = small.table
    sn.build("adam.xlsx", table, [sn.linear(table), sn.two_relu(table)], epochs=3, optimiser="adam")
    hold_the_descent(Path("adam.xlsx"), "adam")


def test_epoch_0_has_the_yellow_weights(fine: Made) -> None:
    got = sn.read_params(fine.path)
    assert all(same_bits(got.at(0)[name]["W"], params["W"]) for name, params in got.params.items())


def test_a_transposed_weight_is_caught(fine: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "weight_from_W", lambda W: np.asarray(W).reshape(W.shape[::-1]))
    with pytest.raises(AssertionError):
        hold_the_state_dict(fine.path)


def test_an_epoch_too_late_is_caught(fine: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Params.at
    monkeypatch.setattr(Params, "at", lambda self, epoch: right(self, min(epoch + 1, EPOCHS)))
    with pytest.raises(AssertionError):
        hold_the_descent(fine.path)


# ---- writing

FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "run.params": lambda W: {"W": W},
    "array": lambda W: W,
    "lists": lambda W: W.tolist(),
    "by name": lambda W: {"two_relu": {"W": W}},
    "by name, bare": lambda W: {"two-relu": W},
    "state_dict": lambda W: {"lin.weight": torch.tensor(W.T, requires_grad=True)},
    "state_dict by name": lambda W: {"two_relu": {"lin.weight": torch.tensor(W.T)}},
    "table in another order": lambda W: frame_of(W).iloc[::-1],
    "table as read from CSV": lambda W: frame_of(W).reset_index(),
    "table without names": lambda W: pd.DataFrame(W),
    "block": lambda W: {"two_relu.now.weight": W.T},
}


def frame_of(W: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(W, pd.Index(FEATURES, name="feature"), [f"unit_{i + 1}" for i in range(W.shape[1])])


@pytest.mark.parametrize("form", FORMS)
def test_weights_of_any_form_go_in_to_the_bit(fine: Made, form: str) -> None:
    W = np.random.default_rng(1).normal(size=(10, 2))
    sn.write_params(fine.path, "new.xlsx", FORMS[form](W))
    got = sn.read_params("new.xlsx")
    assert same_bits(got.params["two_relu"]["W"], W)
    assert same_bits(got.W("mmult"), W)
    assert same_bits(got.params["linear"]["W"], START["linear"]["W"])
    assert got.rates == RATE


def test_a_rebuilt_workbook_is_right(fine: Made) -> None:
    changes = {fine.cell("data.Age"): 50, fine.cell("start.linear.lr"): 0.07, fine.cell("mmult.A"): 8}
    mine = edit(fine.path, Path("mine.xlsx"), changes)
    sn.write_params(mine, "new.xlsx", {"linear": np.full((10, 1), 0.1)})
    report = sn.check("new.xlsx")
    assert report.findings == []
    got = sn.read_params("new.xlsx")
    assert got.raw.frame.loc[0, "Age"] == 50
    assert got.rates["linear"] == 0.07
    assert got.inputs["mmult.A"][0, 0] == 8
    assert "given" in str(load_workbook("new.xlsx")["Linear"]["A8"].value)


def test_rates_and_data_go_in_too(small: Made) -> None:
    ages = small.table.raw.columns["Age"] / 3
    sn.write_params(small.path, "new.xlsx", {"start.linear.lr": 0.1 / 3, "data.Age": ages, "start.epoch": 3})
    got = sn.read_params("new.xlsx")
    assert (got.rates["linear"], got.inputs["start.epoch"][0, 0]) == (0.1 / 3, 3)
    assert same_bits(got.raw.columns["Age"], ages)
    assert sn.check("new.xlsx").findings == []


@pytest.mark.parametrize("name", ["small", "fine", "twelve"])
@pytest.mark.parametrize("same", ["nothing", "itself"])
def test_read_and_written_back_it_is_the_same_file(name: str, same: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(name).path
    sn.write_params(path, "new.xlsx", {} if same == "nothing" else sn.read_params(path))
    assert Path("new.xlsx").read_bytes() == path.read_bytes()


def test_the_file_itself_may_be_the_target(fine: Made) -> None:
    Path("mine.xlsx").write_bytes(fine.path.read_bytes())
    sn.write_params("mine.xlsx", "mine.xlsx", {"linear": {"W": np.ones((10, 1))}})
    assert sn.read_params("mine.xlsx").params["linear"]["W"].tolist() == [[1.0]] * 10
    assert [path.name for path in Path().iterdir()] == ["mine.xlsx"]


def test_the_weights_of_another_workbook_go_in(small: Made, fine: Made) -> None:
    sn.write_params(small.path, "new.xlsx", sn.read_params(fine.path))
    got = sn.read_params("new.xlsx")
    assert all(same_bits(got.params[name]["W"], START[name]["W"]) for name in START)
    assert got.rates == {"linear": 0.1, "two_relu": 0.1}
    assert got.raw.frame.equals(small.table.raw.frame)


def test_a_row_that_was_completed_is_in_use_when_rebuilt(small: Made) -> None:
    mine = edit(small.path, Path("mine.xlsx"), {small.cell("data.Embarked", 29): "C"})
    assert sn.read_params(mine).table.n_rows == 24
    sn.write_params(mine, "new.xlsx", {})
    assert sn.read_params("new.xlsx").table.n_rows == 25


@pytest.mark.parametrize("name", LESSONS)
def test_the_inputs_of_every_lesson_come_back_and_go_in(name: str, lesson_file: Callable[[str], Path]) -> None:
    shutil.copy(lesson_file(name), "lesson.xlsx")
    got = sn.read_params("lesson.xlsx")
    assert (got.lesson, got.params, got.features) == (name, {}, ())
    sn.write_params("lesson.xlsx", "same.xlsx", got)
    assert Path("same.xlsx").read_bytes() == Path("lesson.xlsx").read_bytes()


def test_an_input_of_a_lesson_is_changed_and_right() -> None:
    sn.build_lesson("quadratic", "lesson.xlsx")
    sn.write_params("lesson.xlsx", "new.xlsx", {"fit.a": 3, "descent.lr": [[0.1 / 3]], "fit.y": np.ones((20, 1))})
    got = sn.read_params("new.xlsx")
    assert (got.inputs["fit.a"][0, 0], got.inputs["descent.lr"][0, 0]) == (3.0, 0.1 / 3)
    assert sn.check("new.xlsx").findings == []


# ---- predicting


@pytest.fixture(scope="session")
def newcomers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows such as those of Kaggle's test.csv: 40 passengers, other columns, blanks; none is as old as the oldest."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "PassengerId": 892 + np.arange(40),
            "Pclass": rng.integers(1, 4, 40),
            "Name": [f"Doe, Mr. {i}" for i in range(40)],
            "Sex": rng.choice(["male", "female"], 40),
            "Age": rng.integers(1, 40, 40).astype(float),
            "SibSp": rng.integers(0, 3, 40),
            "Parch": rng.integers(0, 3, 40),
            "Ticket": "x",
            "Fare": rng.gamma(2.0, 20.0, 40).round(4),
            "Cabin": None,
            "Embarked": rng.choice(["S", "C", "Q"], 40),
        }
    )
    frame.loc[[3, 7, 11], "Age"] = None
    frame.loc[[7, 20], "Fare"] = None
    frame.loc[[7, 30], "Embarked"] = None
    path = tmp_path_factory.mktemp("kaggle") / "test.csv"
    frame.to_csv(path, index=False)
    return path


def by_hand(train: pd.DataFrame, rows: pd.DataFrame, recipe: str) -> np.ndarray:
    """The features of new rows in plain pandas; whatever is taken from a whole table is taken from train."""
    if recipe == "sheet":
        train = train.dropna(subset=["Age", "Embarked"])
    else:  # mode as the sheet has it: the one that comes first where several are as common
        train = train.fillna({name: train[name].value_counts(sort=True).index[0] for name in ("Age", "Embarked")})
    common = {"Age": train["Age"].median(), "Embarked": train["Embarked"].value_counts().index[0]}
    if recipe == "notebook":
        common["Age"] = train["Age"].value_counts().index[0]
    rows = rows.fillna(common | {"Fare": train["Fare"].median()})

    def is_(column: str, level: object) -> pd.Series:
        return (rows[column] == level).astype(float)

    if recipe == "sheet":
        columns = [rows["SibSp"], rows["Parch"], rows["Age"] / train["Age"].max(), np.log10(rows["Fare"] + 1)]
        columns += [is_("Pclass", 1), is_("Pclass", 2), is_("Embarked", "S"), is_("Embarked", "C")]
        columns += [is_("Sex", "male"), 0 * rows["Age"] + 1]
    else:
        columns = [rows[name] / train[name].max() for name in ("Age", "SibSp", "Parch")]
        columns.append(np.log(rows["Fare"] + 1) / np.log(train["Fare"] + 1).max())
        columns += [is_("Sex", "male"), is_("Sex", "female"), *(is_("Pclass", i) for i in (1, 2, 3))]
        columns += [is_("Embarked", port) for port in "CQS"]
    return np.column_stack(columns).astype(float)


def hold_the_predictions(made: Made, csv: Path) -> None:
    """The predictions of every model, at the yellow weights and after descent, are those in plain pandas and numpy."""
    X = by_hand(pd.read_csv(made.csv), pd.read_csv(csv), made.table.recipe)  # type: ignore[arg-type]
    got = sn.read_params(made.path)
    for model in ("linear", "two_relu"):
        for epoch in (0, EPOCHS, None):
            lin = X @ got.W(model, EPOCHS if epoch is None else epoch)
            pred = lin if model == "linear" else np.maximum(lin, 0).sum(axis=1, keepdims=True)
            found = predictions(got, read_newcomers(csv), model, epoch)
            np.testing.assert_allclose(found.pred, pred, rtol=1e-12, atol=1e-14)
            frame = sn.predict(made.path, csv, model=model, epoch=epoch)
            assert frame["Survived"].tolist() == (pred[:, 0] > 0.5).astype(int).tolist()
            assert frame["PassengerId"].tolist() == pd.read_csv(csv)["PassengerId"].tolist()


@pytest.mark.parametrize("name", ["fine", "twelve"])
def test_predictions_are_those_of_plain_pandas(name: str, newcomers: Path, request: pytest.FixtureRequest) -> None:
    hold_the_predictions(request.getfixturevalue(name), newcomers)


@pytest.mark.parametrize("name", ["fine", "twelve"])
def test_scaling_by_the_new_rows_is_caught(
    name: str, newcomers: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sheetnet.book.predict.substitute", lambda roots, change: roots)
    with pytest.raises(AssertionError):
        hold_the_predictions(request.getfixturevalue(name), newcomers)


@pytest.mark.parametrize("wrong", [0.0, 30.0])
def test_another_filling_is_caught(fine: Made, newcomers: Path, wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetnet.book.predict.filling", lambda stands, name: "Q" if name == "Embarked" else wrong)
    with pytest.raises(AssertionError):
        hold_the_predictions(fine, newcomers)


@pytest.mark.parametrize("name", ["fine", "twelve", "titanic_file"])
def test_rows_of_the_workbook_get_the_prediction_of_their_sheet(name: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(name)
    frame = made.table.frame
    frame.insert(0, "PassengerId", np.arange(1, len(frame) + 1))
    frame.to_csv("rows.csv", index=False)
    got, rows = sn.read_params(made.path), read_newcomers("rows.csv")
    used = complete_rows(made.table.raw) if made.table.recipe == "sheet" else np.ones(len(frame), dtype=bool)
    stored = load_workbook(made.path, data_only=True)
    for model, title in (("linear", "Linear"), ("two_relu", "Two ReLU")):
        area = got.workbook.book.block(f"{model}.now.pred").area
        cells = [stored[title].cell(row + 1, col + 1).value for row, col in area.cells()]
        pred = predictions(got, rows, model, 0).pred[used, 0]
        assert pred.tolist() == cells
        survived = sn.predict(made.path, "rows.csv", model=model, epoch=0)["Survived"][used]
        assert survived.tolist() == [int(cell > 0.5) for cell in cells]


def test_a_row_alone_gets_the_answer_that_it_gets_among_others(twelve: Made, newcomers: Path) -> None:
    got, rows = sn.read_params(twelve.path), read_newcomers(newcomers)
    together = predictions(got, rows, "linear").pred
    header, *lines = newcomers.read_text().splitlines()
    for i in (0, 7, 39):
        Path("one.csv").write_text(f"{header}\n{lines[i]}\n")
        alone = predictions(got, read_newcomers("one.csv"), "linear").pred
        np.testing.assert_allclose(alone, together[i : i + 1], rtol=1e-13)


def test_the_weights_of_mmult_predict_too(small: Made, newcomers: Path) -> None:
    mine = edit(small.path, Path("mine.xlsx"), {small.cell("mmult.now.W", i, 0): 1.0 for i in range(10)})
    got = sn.read_params(mine)
    rows = read_newcomers(newcomers)
    assert predictions(got, rows, "mmult").pred.tolist() != predictions(got, rows).pred.tolist()
    assert predictions(got, rows, "mmult").model == "mmult"


# ---- the command line


def ran(*args: str | Path) -> str:
    result = CliRunner().invoke(main, [*map(str, args)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_weights_go_out_as_csv_and_in_again_to_the_bit(fine: Made) -> None:
    said = ran("params", fine.path, "--model", "two-relu", "--epoch", EPOCHS, "-o", "W.csv")
    assert f"two-relu: the weights at epoch {EPOCHS}" in said
    said = ran("build", "titanic", "--csv", fine.csv or "", "--epochs", 2, "--params", "W.csv", "-o", "new.xlsx")
    assert re.search(r"linear: .*from seed 13\n.*two-relu: .*from W.csv\n", said)
    got = sn.read_params("new.xlsx")
    assert same_bits(got.W("two_relu"), sn.read_params(fine.path).W("two_relu", EPOCHS))
    assert got.workbook.settings["given"] == ("two_relu",)


def test_weights_of_train_go_in_with_their_rows_in_any_order(fine: Made) -> None:
    ran("train", "linear", "--epochs", 3, "--weights", "W.csv")
    header, *lines = Path("W.csv").read_text().splitlines()
    Path("W.csv").write_text("\ufeff" + "\r\n".join([header, *reversed(lines), ""]), encoding="utf-8")
    said = json.loads(ran("build", "titanic", "--csv", fine.csv or "", "--params", "W.csv", "-o", "new.xlsx", "--json"))
    assert said["params"] == {"file": "W.csv", "models": ["linear"]}
    W = dict(line.split(",") for line in lines)
    assert sn.read_params("new.xlsx").W("linear").tolist() == [[float(W[name])] for name in FEATURES]


def test_a_workbook_is_built_anew_with_what_stands_in_it(fine: Made) -> None:
    said = ran("build", "titanic", "--params", fine.path, "-o", "same.xlsx")
    assert said.count(f"{EPOCHS} epochs") == 2
    assert "at rate 0.0333333" in said
    assert Path("same.xlsx").read_bytes() == fine.path.read_bytes()
    ran("build", "titanic", "--params", fine.path, "--epochs", 2, "--lr", 0.3, "--optimiser", "adam", "-o", "new.xlsx")
    got = sn.read_params("new.xlsx")
    assert (got.workbook.settings["epochs"], got.workbook.settings["optimiser"]) == (2, "adam")
    assert got.rates == {"linear": 0.3, "two_relu": 0.3}
    assert same_bits(got.W("linear"), START["linear"]["W"])
    assert sn.check("new.xlsx").ok


def test_npz_pt_table_and_json(fine: Made) -> None:
    ran("params", fine.path, "-o", "W.npz", "--table", "edited.csv")
    with np.load("W.npz") as arrays:
        assert sorted(arrays) == ["features", "linear", "two_relu"]
        assert same_bits(arrays["two_relu"], START["two_relu"]["W"])
        assert arrays["features"].tolist() == list(fine.table.features)
    assert sn.titanic(csv="edited.csv").X.tolist() == fine.table.X.tolist()
    ran("params", fine.path, "-o", "all.pt")
    assert torch.load("all.pt")["linear"]["lin.weight"].tolist() == START["linear"]["W"].T.tolist()
    ran("params", fine.path, "--model", "linear", "-o", "one.pt")
    modules.Linear(10).double().load_state_dict(torch.load("one.pt"))
    said = json.loads(ran("params", fine.path, "--json"))
    assert said["params"]["two_relu"]["W"] == START["two_relu"]["W"].tolist()
    assert (said["rates"], said["features"]) == (RATE, list(fine.table.features))


def test_other_weights_on_mmult_are_mentioned(small: Made) -> None:
    assert "mmult" not in ran("params", small.path)
    mine = edit(small.path, Path("mine.xlsx"), {small.cell("mmult.now.W"): 0.5})
    assert "--model mmult" in ran("params", mine)
    assert "the yellow weights of the sheet MMULT" in ran("params", mine, "--model", "mmult")


def test_the_inputs_of_a_lesson_are_printed() -> None:
    sn.build_lesson("quadratic", "lesson.xlsx")
    assert re.search(r"fit.a +Fit!B5 +1.1\n", ran("params", "lesson.xlsx"))
    assert json.loads(ran("params", "lesson.xlsx", "--json"))["inputs"]["fit.a"] == [[1.1]]


def test_predict_writes_what_kaggle_takes_and_says_what_it_filled(fine: Made, newcomers: Path) -> None:
    said = ran("predict", fine.path, "--csv", newcomers, "-o", "out.csv", "--epoch", EPOCHS)
    with open("out.csv", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["PassengerId", "Survived"]
    assert [row[0] for row in rows] == [str(892 + i) for i in range(40)]
    assert {row[1] for row in rows} <= {"0", "1"}
    filled = re.findall(r"(\w+): (\d+) blanks were filled with (\S+)", said)
    assert [(name, count) for name, count, _ in filled] == [("Age", "3"), ("Fare", "2"), ("Embarked", "2")]
    median = pd.read_csv(fine.csv).dropna(subset=["Age", "Embarked"])["Age"].median()  # type: ignore[arg-type]
    assert float(filled[0][2]) == pytest.approx(median, 1e-5)
    assert re.search(r"right for \d+\.\d% of the workbook's rows", said)
    said = json.loads(ran("predict", fine.path, "--csv", newcomers, "-o", "out.csv", "--json"))
    assert (said["rows"], said["filled"]["Age"]["cells"], said["epoch"]) == (40, 3, EPOCHS)


# ---- bad input


def refused(*args: str | Path) -> str:
    """The one message of sheetnet for what it refuses."""
    result = CliRunner().invoke(main, [*map(str, args)])
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("sheetnet: ")
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
    return result.stderr


COMMANDS = {
    "params": ("params", "bad.xlsx"),
    "predict": ("predict", "bad.xlsx", "--csv", "test.csv", "-o", "out.csv"),
    "build": ("build", "titanic", "--params", "bad.xlsx", "-o", "out.xlsx"),
}


def protected(_: Made) -> None:
    """As Excel writes a workbook with a password: no zip, but an encrypted package in a compound file."""
    Path("bad.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4000))


def without_manifest(_: Made) -> None:
    from openpyxl import Workbook

    Workbook().save("bad.xlsx")


def renamed(made: Made) -> None:
    book = load_workbook(made.path)
    book["Linear"].title = "Straight"
    book.save("bad.xlsx")


BAD_FILES: dict[str, tuple[Callable[[Made], object], tuple[str, ...]]] = {
    "absent": (lambda made: None, ("no such file",)),
    "folder": (lambda made: Path("bad.xlsx").mkdir(), ("folder",)),
    "text": (lambda made: Path("bad.xlsx").write_text("a,b\n"), ("no .xlsx workbook",)),
    "cut": (lambda made: Path("bad.xlsx").write_bytes(made.path.read_bytes()[:30_000]), ("damaged",)),
    "protected": (protected, ("password",)),
    "no manifest": (without_manifest, ("not made by sheetnet build",)),
    "sheet renamed": (renamed, ("the sheet Linear is missing", "Straight")),
    "text in a weight": (
        lambda made: edit(made.path, Path("bad.xlsx"), {made.cell("two_relu.now.weight", 1, 0): "heavy"}),
        ("'Two ReLU'!B8", "'heavy'"),
    ),
    "blank weight": (
        lambda made: edit(made.path, Path("bad.xlsx"), {made.cell("two_relu.now.weight", 0, 2): None}),
        ("'Two ReLU'!D7", "blank"),
    ),
    "formula in a weight": (
        lambda made: edit(made.path, Path("bad.xlsx"), {made.cell("linear.now.weight"): "=RAND()"}),
        ("Linear!B7", "=RAND()"),
    ),
    "blank rate": (lambda made: edit(made.path, Path("bad.xlsx"), {made.cell("start.linear.lr"): None}), ("Start!B9",)),
    "age of text": (
        lambda made: edit(made.path, Path("bad.xlsx"), {made.cell("data.Age"): "old"}),
        ("Data!E5", "'old'"),
    ),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_workbook_that_cannot_be_read_is_named(small: Made, newcomers: Path, kind: str) -> None:
    spoil, words = BAD_FILES[kind]
    spoil(small)
    Path("test.csv").write_bytes(newcomers.read_bytes())
    for out in ("out.csv", "out.xlsx"):
        Path(out).write_bytes(b"precious")
    for command in COMMANDS.values():
        message = refused(*command)
        assert [word for word in ("bad.xlsx", *words) if word not in message] == []
    assert {Path(out).read_bytes() for out in ("out.csv", "out.xlsx")} == {b"precious"}


def test_a_sweep_and_a_lesson_have_no_models(small: Made, newcomers: Path) -> None:
    sn.build_lesson("quadratic", "bad.xlsx")
    Path("test.csv").write_bytes(newcomers.read_bytes())
    for command in (("params", "bad.xlsx", "--model", "linear"), COMMANDS["predict"], COMMANDS["build"]):
        message = refused(*command)
        assert "bad.xlsx" in message
        assert "quadratic" in message


CSV = "feature,unit_1\n" + "".join(f"{name},0.5\n" for name in FEATURES)
BAD_WEIGHTS: dict[str, tuple[str | bytes | None, tuple[str, ...]]] = {
    "absent": (None, ("no such file",)),
    "empty": ("", ("empty",)),
    "no weights": ("feature,unit_1\n", ("SibSp", "missing")),
    "no header": (CSV.replace("feature,unit_1\n", ""), ("line 1", "feature,unit_1")),
    "semicolons": (CSV.replace(",", ";"), ("line 1",)),
    "text": (CSV.replace("Age_N,0.5", "Age_N,heavy"), ("line 4", "unit_1", "'heavy'")),
    "blank": (CSV.replace("Age_N,0.5", "Age_N,"), ("line 4", "unit_1", "empty")),
    "nan": (CSV.replace("Age_N,0.5", "Age_N,nan"), ("line 4", "'nan'")),
    "infinite": (CSV.replace("Age_N,0.5", "Age_N,1e999"), ("line 4", "'1e999'")),
    "a cell too many": (CSV.replace("Age_N,0.5", "Age_N,0.5,1"), ("line 4", "3 fields")),
    "an open quote": (CSV.replace("Ones", '"Ones'), ("broken cell",)),
    "a feature twice": (CSV.replace("Parch", "SibSp"), ("line 3", "'SibSp'", "again")),
    "other features": (CSV.replace("Ones", "Pclass_3"), ("unknown: 'Pclass_3'", "missing: 'Ones'", "--recipe")),
    "three units": (
        "feature,unit_1,unit_2,unit_3\n" + CSV.partition("\n")[2].replace("0.5", "1,2,3"),
        ("(10, 3)", "(10, 1) for linear", "(10, 2) for two_relu"),
    ),
    "a workbook by its looks": (b"PK\x03\x04", ("Excel workbook",)),
    "not utf-8": (CSV.replace("Ones", "\xd6nes").encode("latin-1"), ("utf-8",)),
}


@pytest.mark.parametrize("kind", BAD_WEIGHTS)
def test_weights_that_cannot_be_used_are_named_with_their_line(small: Made, kind: str) -> None:
    content, words = BAD_WEIGHTS[kind]
    if content is not None:
        Path("W.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    Path("out.xlsx").write_bytes(b"precious")
    message = refused("build", "titanic", "--csv", small.csv or "", "--params", "W.csv", "-o", "out.xlsx")
    assert [word for word in ("W.csv", *words) if word not in message] == []
    assert Path("out.xlsx").read_bytes() == b"precious"


HEADER = "PassengerId,Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n"
ROW = "1,1,female,38,1,0,71.28,C\n"
BAD_ROWS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "absent": (None, ("no such file",)),
    "empty": ("", ("empty",)),
    "no rows": (HEADER, ("no rows",)),
    "no PassengerId": (HEADER.replace("PassengerId", "Id") + ROW, ("line 1", "PassengerId", "test.csv")),
    "no Fare": (HEADER.replace(",Fare", "") + ROW, ("line 1", "Fare")),
    "blank class": (HEADER + ROW.replace("1,1,f", "1,,f"), ("line 2", "Pclass", "empty")),
    "blank sex": (HEADER + ROW.replace("female", ""), ("line 2", "Sex", "empty")),
    "age of text": (HEADER + ROW.replace("38", "old"), ("line 2", "Age", "'old'")),
    "an id twice": (HEADER + ROW + ROW, ("PassengerId", "found 1 2 times")),
    "half an id": (HEADER + ROW.replace("1,1,f", "1.5,1,f"), ("line 2", "PassengerId", "'1.5'")),
    "an id too large": (HEADER + ROW.replace("1,1,f", "1e300,1,f"), ("PassengerId", "1e+300")),
    "too large": (HEADER + ROW.replace("71.28", "1e308").replace(",1,0,", ",1e308,1e308,"), ("PassengerId 1",)),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_rows_that_cannot_be_predicted_are_named(small: Made, kind: str) -> None:
    content, words = BAD_ROWS[kind]
    if content is not None:
        Path("test.csv").write_text(content)
    mine = edit(small.path, Path("mine.xlsx"), {small.cell("linear.now.weight", 0, i): 9 for i in (0, 1)})
    Path("out.csv").write_bytes(b"precious")
    message = refused("predict", mine, "--csv", "test.csv", "-o", "out.csv", "--model", "linear", "--epoch", "0")
    assert [word for word in words if word not in message] == []
    assert Path("out.csv").read_bytes() == b"precious"


SETTINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "model": (("params", "small.xlsx", "--model", "relu-5"), ("'relu-5'", "linear, two_relu", "mmult")),
    "epoch": (("params", "small.xlsx", "--epoch", "6"), ("epoch", "0 to 5", "6")),
    "epoch of mmult": (("params", "small.xlsx", "--model", "mmult", "--epoch", "1"), ("MMULT", "no descent")),
    "kind": (("params", "small.xlsx", "-o", "W.txt"), ("W.txt", ".csv or .npz or .pt")),
    "csv of both": (("params", "small.xlsx", "-o", "W.csv"), ("W.csv", "one model", "linear, two_relu")),
    "folder of weights": (("params", "small.xlsx", "-o", "nowhere/W.npz"), ("nowhere",)),
    "table": (("params", "small.xlsx", "--table", "edited.xlsx"), (".csv",)),
    "params of another kind": (("build", "titanic", "--params", "W.npz"), ("W.npz", ".csv of weights", ".xlsx")),
    "params of a lesson": (("build", "quadratic", "--params", "small.xlsx"), ("--params", "titanic")),
    "seed": (("build", "titanic", "--params", "small.xlsx", "--seed", "1"), ("--seed", "small.xlsx")),
    "recipe": (("build", "titanic", "--params", "small.xlsx", "--recipe", "notebook"), ("notebook", "features")),
    "epochs": (("build", "titanic", "--params", "small.xlsx", "--epochs", "0"), ("epochs",)),
    "rate": (("build", "titanic", "--params", "small.xlsx", "--lr", "nan"), ("learning rate",)),
    "submission": (("predict", "small.xlsx", "--csv", "test.csv", "-o", "out.xlsx"), ("out.xlsx", ".csv")),
    "overwritten": (("predict", "small.xlsx", "--csv", "test.csv", "-o", "test.csv"), ("test.csv", "overwrite")),
    "rows in a workbook": (("predict", "small.xlsx", "--csv", "small.xlsx", "-o", "out.csv"), ("Excel workbook",)),
    "workbook in the place of rows": (("predict", "test.csv", "--csv", "test.csv", "-o", "out.csv"), ("test.csv",)),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_setting_that_cannot_be_is_named(small: Made, newcomers: Path, kind: str) -> None:
    args, words = SETTINGS[kind]
    Path("small.xlsx").write_bytes(small.path.read_bytes())
    Path("test.csv").write_bytes(newcomers.read_bytes())
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    message = refused(*args)
    assert [word for word in words if word not in message] == []
    after = {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    assert after == before


def test_a_read_only_file_is_read_and_not_overwritten(small: Made, newcomers: Path) -> None:
    for name, content in {"mine.xlsx": small.path.read_bytes(), "W.csv": b"precious", "out.csv": b"precious"}.items():
        Path(name).write_bytes(content)
        Path(name).chmod(0o444)
    assert sn.read_params("mine.xlsx").rates == {"linear": 0.1, "two_relu": 0.1}
    for args in (
        ("params", "mine.xlsx", "--model", "linear", "-o", "W.csv"),
        ("predict", "mine.xlsx", "--csv", newcomers, "-o", "out.csv"),
        ("build", "titanic", "--params", "mine.xlsx", "-o", "mine.xlsx"),
    ):
        assert "read-only" in refused(*args)
    assert Path("mine.xlsx").read_bytes() == small.path.read_bytes()
    assert Path("W.csv").read_bytes() == Path("out.csv").read_bytes() == b"precious"


def test_weights_that_have_outgrown_the_sheet_predict_nothing(diverging: Made, newcomers: Path) -> None:
    last = str(diverging.workbook.spec.epochs)
    args = ("predict", diverging.path, "--csv", newcomers, "-o", "out.csv", "--model", "linear", "--epoch", last)
    assert "outgrown the sheet" in refused(*args)
    assert np.isnan(sn.read_params(diverging.path).W("linear", int(last))).any()


WRONG: dict[str, tuple[Any, str]] = {
    "shape": ({"W": np.zeros((10, 3))}, r"\(10, 1\) for linear or \(10, 2\) for two_relu"),
    "transposed": ({"two_relu": np.zeros((2, 10))}, r"two_relu needs .*\(10, 2\).* found W of shape \(2, 10\)"),
    "model": ({"relu_5": np.zeros((10, 5))}, "no input 'relu_5'.*linear, two_relu, mmult"),
    "keys": ({"linear": {"V": np.zeros((10, 1))}}, r"found the keys \['V'\]"),
    "nan": ({"linear": np.full((10, 1), np.nan)}, "no finite numbers"),
    "text": ({"linear": [["a"]] * 10}, "something else than numbers"),
    "features": (pd.DataFrame({"unit_1": [1.0] * 10}, list("abcdefghij")), "unknown: 'a'"),
    "nothing": (None, "needed, found"),
    "ragged": ([[1.0], [1.0, 2.0]], "rows that differ"),
    "a series": (pd.Series([1.0] * 10), r"needed, found \(10,\)"),
    "a word": ("heavy", r"needed, found \(\)"),
    "W twice": ({"W": {"W": [[1.0]]}}, "needed, found"),
    "rate below 0": ({"start.linear.lr": -1}, "start.linear.lr cannot be -1"),
    "rate of two": ({"start.linear.lr": [1, 2]}, r"shape \(1, 1\), found \(1, 2\)"),
    "rate of text": ({"start.linear.lr": "fast"}, "needs numbers"),
    "age": ({"data.Age": np.full((30, 1), -1.0)}, "column Age: found -1"),
    "ages": ({"data.Age": np.full((30, 1), np.nan)}, "complete rows"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_params_that_cannot_be_are_refused_in_words(small: Made, kind: str) -> None:
    params, words = WRONG[kind]
    with pytest.raises(SheetnetError, match=words):
        sn.write_params(small.path, "out.xlsx", params)
    assert not Path("out.xlsx").exists()


def test_params_of_another_lesson_or_recipe_are_refused(small: Made, twelve: Made) -> None:
    sn.build_lesson("quadratic", "lesson.xlsx")
    lesson = sn.read_params("lesson.xlsx")
    with pytest.raises(SheetnetError, match="lesson quadratic"):
        sn.write_params(small.path, "out.xlsx", lesson)
    with pytest.raises(SheetnetError, match="has weights for Age, SibSp"):
        sn.write_params(small.path, "out.xlsx", sn.read_params(twelve.path))
    for view in (lambda: lesson.table, lambda: lesson.frame("linear"), lambda: lesson.at(0)):
        with pytest.raises(SheetnetError, match="has no models"):
            view()
    with pytest.raises(SheetnetError, match=r"fit\.a needs finite"):
        sn.write_params("lesson.xlsx", "out.xlsx", {"fit.a": float("inf")})
    with pytest.raises(SheetnetError, match=r"slopes\.wiggle cannot be 0"):
        sn.write_params("lesson.xlsx", "out.xlsx", {"slopes.wiggle": 0})
    with pytest.raises(SheetnetError, match=r"\.xlsx"):
        sn.write_params("lesson.xlsx", "out.csv", {})


@pytest.mark.parametrize("args", [("params", "a.xlsx"), ("predict", "a.xlsx", "--csv", "a.csv", "-o", "b.csv")])
def test_a_process_ends_with_one_message_and_code_2(args: tuple[str, ...]) -> None:
    done = run_sheetnet(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sheetnet: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_learners_workbook_built_anew_is_still_that_learners(small: Made, tmp_path: Path) -> None:
    begin = {"linear": sn.linear(small.table).init(0)["W"]}
    how = {"epochs": 2, "rates": {"linear": 0.1}, "optimiser": "sgd", "seed": 0, "given": ()}
    assemble(tmp_path / "ada.xlsx", small.table, [sn.linear(small.table)], begin=begin, learner="Ada", **how)
    sn.write_params(tmp_path / "ada.xlsx", tmp_path / "anew.xlsx", {"linear": begin["linear"] + 1})
    assert sn.read_params(tmp_path / "anew.xlsx").workbook.learner == "Ada"
