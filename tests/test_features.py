"""Both recipes against preparations written here in pandas, as the course's notebooks do it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sheetnet as sn
from sheetnet.errors import DataError
from sheetnet.graph.evaluate import NUMERIC
from sheetnet.tables import SCHEMA, Raw, read_passengers
from sheetnet.tables.sayings import RECIPES
from sheetnet.tables.table import Table
from sheetnet.tables.titanic import prepare

SHEET = ["SibSp", "Parch", "Age_N", "log_Fare", "Pclass_1", "Pclass_2", "Embark_S", "Embark_C", "Male", "Ones"]
NOTEBOOK = [
    "Age", "SibSp", "Parch", "LogFare", "Sex_male", "Sex_female", "Pclass_1", "Pclass_2", "Pclass_3",
    "Embarked_C", "Embarked_Q", "Embarked_S",
]  # fmt: skip
LOGARITHMS = {"log_Fare", "LogFare"}  # libraries round these differently in the last place
SHIPPED = Path(sn.__file__).parent / "tables" / "titanic.csv"

KAGGLE = '''PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked
1,0,3,"Braund, Mr. Owen ""Harris""",male,22,1,0,A/5 21171,7.25,,S
2,1,1,"Cumings, Mrs. John",female,38,1,0,PC 17599,71.2833,C85,C
3,1,3,"Heikkinen, Miss. Laina",female,,0,0,STON/O2,7.925,,S
4,0,2,"Nasser, Mr.",male,22,0,2,237736,0,,
5,0,3,"Moran, Mr. James",male,35,4,1,330877,8.4583,,Q
'''


def by_pandas(file: Path, recipe: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The features by pandas alone, and Survived."""
    df = pd.read_csv(file, encoding="utf-8-sig")[list(SCHEMA)]
    if recipe == "sheet":
        df = df.dropna()
        out = df[["SibSp", "Parch"]].astype(float)
        out["Age_N"] = df.Age / df.Age.max()
        out["log_Fare"] = np.log10(df.Fare + 1)
        dummies = pd.get_dummies(df, columns=["Pclass", "Embarked", "Sex"], dtype=float)
        names = {"Pclass_1": "Pclass_1", "Pclass_2": "Pclass_2", "Embark_S": "Embarked_S", "Embark_C": "Embarked_C"}
        for ours, theirs in (names | {"Male": "Sex_male"}).items():
            out[ours] = dummies.get(theirs, 0.0)  # a small table may lack a class or port
        out["Ones"] = 1.0
    else:
        df = df.fillna(df.mode().iloc[0])
        df["LogFare"] = np.log(df.Fare + 1)
        out = pd.get_dummies(df, columns=["Sex", "Pclass", "Embarked"], dtype=float)[NOTEBOOK].astype(float)
        out = out / out.max()
    return out, df[["Survived"]].to_numpy(dtype=float)


def assert_prepared_as_pandas_does(table: Table, file: Path, recipe: str) -> None:
    """Same columns, same rows in the same order, to 1e-15; logarithms to 1e-12."""
    expected, y = by_pandas(file, recipe)
    assert list(table.features) == list(expected.columns)
    assert table.X.shape == expected.shape
    np.testing.assert_array_equal(table.y, y)
    for name, got in zip(table.features, table.X.T, strict=True):
        tolerance = 1e-12 if name in LOGARITHMS else 1e-15
        np.testing.assert_allclose(got, expected[name], rtol=tolerance, atol=0, err_msg=name)


@pytest.fixture
def kaggle(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv"
    path.write_text(KAGGLE, encoding="utf-8")
    return path


def changed(**columns: object) -> Raw:
    """The shipped rows with some columns set to one entry."""
    raw = read_passengers()
    new = {name: np.full_like(raw.columns[name], entry) for name, entry in columns.items()}
    return Raw(raw.columns | new, "mine.csv")


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_titanic_is_prepared_as_pandas_does_it(recipe: str) -> None:
    assert_prepared_as_pandas_does(sn.titanic(recipe), SHIPPED, recipe)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_table_from_kaggle_is_prepared_as_pandas_does_it(kaggle: Path, recipe: str) -> None:
    assert_prepared_as_pandas_does(sn.titanic(recipe, csv=kaggle), kaggle, recipe)


def test_the_sheet_recipe_keeps_712_rows_and_ten_columns() -> None:
    table = sn.titanic()
    assert (table.X.shape, table.y.shape, table.n_rows, table.n_features) == ((712, 10), (712, 1), 712, 10)
    assert table.recipe == "sheet"
    assert list(table.features) == SHEET
    assert (table.X[:, -1] == 1).all()
    assert table.X.dtype == table.y.dtype == np.float64
    assert len(table.frame) == 891


def test_the_rows_in_use_are_the_complete_ones_in_their_order() -> None:
    df = pd.read_csv(SHIPPED).dropna(subset=["Age", "Embarked"])
    table = sn.titanic()
    np.testing.assert_array_equal(table.X[:, 2], df.Age.to_numpy() / df.Age.max())
    np.testing.assert_array_equal(table.X[:, 0], df.SibSp)
    np.testing.assert_array_equal(table.y[:, 0], df.Survived)


def test_the_notebook_recipe_keeps_891_rows_and_no_column_exceeds_1() -> None:
    table = sn.titanic("notebook")
    assert (table.X.shape, table.y.shape, list(table.features)) == ((891, 12), (891, 1), NOTEBOOK)
    np.testing.assert_array_equal(table.X.max(axis=0), np.ones(12))
    assert table.X.min() >= 0
    assert not np.isnan(table.X).any()


def test_a_small_table_comes_out_as_worked_by_hand(kaggle: Path) -> None:
    sheet, notebook = sn.titanic(csv=kaggle), sn.titanic("notebook", csv=kaggle)
    np.testing.assert_array_equal(sheet.X[:, [0, 1, 4, 5, 6, 7, 8, 9]], [
        [1, 0, 0, 0, 1, 0, 1, 1], [1, 0, 1, 0, 0, 1, 0, 1], [4, 1, 0, 0, 0, 0, 1, 1],
    ])  # fmt: skip
    np.testing.assert_allclose(sheet.X[:, 2], [22 / 38, 1, 35 / 38], rtol=1e-15)
    np.testing.assert_allclose(sheet.X[:, 3], np.log10([8.25, 72.2833, 9.4583]), rtol=1e-12)
    np.testing.assert_allclose(notebook.X[:, 0] * 38, [22, 38, 22, 22, 35], rtol=1e-15)
    np.testing.assert_array_equal(notebook.X[:, -1], [1, 0, 1, 1, 0])


def test_columns_in_another_order_give_the_same_table(tmp_path: Path, kaggle: Path) -> None:
    rows = list(csv.reader(KAGGLE.splitlines()))
    turned = tmp_path / "turned.csv"
    with turned.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(row[::-1] for row in rows)
    for recipe in RECIPES:
        np.testing.assert_array_equal(sn.titanic(recipe, csv=turned).X, sn.titanic(recipe, csv=kaggle).X)


def test_an_unknown_recipe_is_refused_and_the_known_ones_are_listed() -> None:
    with pytest.raises(DataError, match="no recipe 'mine'; known are sheet, notebook"):
        sn.titanic("mine")


@pytest.mark.parametrize(
    ("recipe", "columns", "words"),
    [
        ("sheet", {"Age": np.nan}, ["mine.csv", "0 complete rows are left of 891", "at least 2"]),
        ("sheet", {"Embarked": ""}, ["mine.csv", "0 complete rows are left of 891"]),
        ("sheet", {"Age": 0.0}, ["mine.csv", "the feature Age_N", "the largest entry of its column is 0"]),
        ("notebook", {"Pclass": 1.0}, ["mine.csv", "the feature Pclass_2", "at least one row"]),
        ("notebook", {"Sex": "male"}, ["mine.csv", "the feature Sex_female", "at least one row"]),
        ("notebook", {"Age": np.nan}, ["mine.csv", "the feature Age", "blank"]),
        ("notebook", {"Embarked": ""}, ["mine.csv", "the feature Embarked_", "blank"]),
    ],
)
def test_a_column_that_cannot_be_prepared_is_refused_by_name(
    recipe: str, columns: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        prepare(changed(**columns), recipe)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_notebook_table_without_third_class_is_refused_by_the_features_name() -> None:
    raw = read_passengers()
    kept = raw.columns["Pclass"][:, 0] != 3
    fewer = Raw({name: column[kept] for name, column in raw.columns.items()}, "mine.csv")
    with pytest.raises(DataError, match=r"mine\.csv: the feature Pclass_3 cannot be computed: .* not 0"):
        prepare(fewer, "notebook")
    assert prepare(fewer, "sheet").X.shape[1] == 10


def test_a_feature_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NUMERIC, "log10", lambda xp, a: xp.log10(a) * (1 + 1e-11))
    with pytest.raises(AssertionError):
        assert_prepared_as_pandas_does(sn.titanic(), SHIPPED, "sheet")


def test_rows_in_another_order_are_noticed() -> None:
    table = sn.titanic()
    swapped = Table.of_sheet(table.X[::-1], table.y[::-1], table.features, table.recipe)
    with pytest.raises(AssertionError):
        assert_prepared_as_pandas_does(swapped, SHIPPED, "sheet")
