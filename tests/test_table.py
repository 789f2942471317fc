"""Any table: its features against pandas and scikit-learn, its schema, its splits, and that it cannot lie."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import statsmodels.api as sm
from palmerpenguins import load_penguins
from sklearn import datasets
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler
from table_book import assert_calculates, recalculated

import sheetnet as sn
from sheetnet.errors import DataError, SheetnetError
from sheetnet.graph import dialect
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, order
from sheetnet.tables import read_passengers
from sheetnet.tables.plan import Plan
from sheetnet.tables.table import Table, plan_of, recipe_of

PENGUINS = load_penguins()
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def close(got: np.ndarray, expected: Any) -> None:
    np.testing.assert_allclose(got, np.asarray(expected, dtype=float), rtol=1e-12, atol=1e-12)


# ---- the tables of packages


def titanic_lower() -> pd.DataFrame:
    """The passengers as seaborn has them: lower case, columns that say the same twice."""
    frame = read_passengers().frame
    frame.columns = [name.lower() for name in frame]
    frame["class"] = pd.Categorical.from_codes(frame["pclass"].astype(int) - 1, ["First", "Second", "Third"])
    frame["who"] = np.where(frame["age"] < 16, "child", np.where(frame["sex"] == "male", "man", "woman"))
    frame["adult_male"] = frame["who"] == "man"
    frame["deck"] = pd.Series(["C" if at % 5 == 0 else None for at in range(891)], dtype=object)
    frame["embark_town"] = frame["embarked"].map({"C": "Cherbourg", "Q": "Queenstown", "S": "Southampton"})
    frame["alive"] = np.where(frame["survived"] == 1, "yes", "no")
    return frame


def load(name: str) -> tuple[Any, Any]:
    if name in ("diabetes", "wine", "breast_cancer", "iris"):
        return getattr(datasets, f"load_{name}")(), None
    if name == "linnerud":
        return datasets.load_linnerud(), "Weight"
    if name == "penguins":
        return PENGUINS, "body_mass_g"
    if name == "titanic":
        return read_passengers().frame, "Survived"
    if name == "titanic of seaborn":
        return titanic_lower(), "survived"
    target = {"longley": "TOTEMP", "spector": "GRADE", "fair": "affairs", "star98": "NABOVE"}[name]
    return getattr(sm.datasets, name).load_pandas().data, target


SHAPES = {  # rows, features, the kind of the target
    "diabetes": (442, 10, "number"),
    "wine": (178, 13, "many"),
    "breast_cancer": (569, 30, "two"),
    "iris": (150, 4, "many"),
    "linnerud": (20, 3, "number"),
    "penguins": (333, 9, "number"),
    "longley": (16, 6, "number"),
    "spector": (32, 3, "two"),
    "fair": (6366, 8, "number"),
    "star98": (303, 21, "number"),
    "titanic": (712, 8, "two"),
    "titanic of seaborn": (712, 10, "two"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_table_of_a_package_is_prepared_as_it_comes(name: str, tmp_path: Path) -> None:
    table = sn.table(*load(name))
    assert (*table.X.shape, table.target.kind) == SHAPES[name]
    assert table.X.shape[1] == len(table.features) == table.n_features
    assert np.linalg.matrix_rank(np.c_[table.X, np.ones(table.n_rows)]) == table.n_features + 1, "features depend"
    assert np.isfinite(table.X).all()
    assert len(table.schema) >= len(table.frame.columns)
    if table.n_rows < 1000:
        assert_calculates(tmp_path / "table.xlsx", table)


def test_penguins_are_prepared_as_scikit_learn_does_it() -> None:
    table = sn.table(PENGUINS, "body_mass_g")
    frame = PENGUINS.dropna()
    encoder = OneHotEncoder(drop="first", sparse_output=False)
    dummies = pd.DataFrame(encoder.fit_transform(frame[["species", "island", "sex"]]), index=frame.index)
    dummies.columns = ["species = Chinstrap", "species = Gentoo", "island = Dream", "island = Torgersen", "sex = male"]
    numbers = [*NUMBERS[:3], "year"]
    scaled = pd.DataFrame(StandardScaler().fit_transform(frame[numbers]), frame.index, numbers)
    expected = pd.concat([dummies, scaled], axis=1)[list(table.features)]
    close(table.X, expected)
    close(table.y, StandardScaler().fit_transform(frame[["body_mass_g"]]))
    close(table.in_units(table.y)[:, 0], frame["body_mass_g"])
    assert table.target.kind == "number"


SAYINGS: dict[str, tuple[sn.tables.columns.Saying, Any]] = {
    "number": (sn.number(), lambda x: x),
    "standardised": (sn.standardised(), lambda x: StandardScaler().fit_transform(x)),
    "share_of_largest": (sn.share_of_largest(), lambda x: MaxAbsScaler().fit_transform(x)),
    "min_max": (sn.min_max(), lambda x: MinMaxScaler().fit_transform(x)),
    "log": (sn.log(), lambda x: np.log1p(x)),
    "dummies": (sn.dummies(), lambda x: OneHotEncoder(drop="first", sparse_output=False).fit_transform(x)),
    "all dummies": (sn.dummies(drop=None), lambda x: OneHotEncoder(sparse_output=False).fit_transform(x)),
    "codes": (sn.codes(), lambda x: np.unique(x, return_inverse=True)[1].reshape(-1, 1)),
}
FILLS: dict[str, Any] = {
    "drop": lambda x: x[~np.isnan(x)].reshape(-1, 1),
    "median": lambda x: SimpleImputer(strategy="median").fit_transform(x),
    "mode": lambda x: SimpleImputer(strategy="most_frequent").fit_transform(x),
}


@pytest.mark.parametrize("missing", FILLS)
@pytest.mark.parametrize("saying", SAYINGS)
def test_a_saying_is_what_scikit_learn_makes_of_it(saying: str, missing: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    x = rng.choice([1.0, 2.0, 4.0, 7.0], 40, p=[0.5, 0.2, 0.2, 0.1])  # 1 is the most common, and the smallest
    x[rng.choice(40, 6, replace=False)] = np.nan
    said, make = SAYINGS[saying]
    if missing == "median" and said.how in ("dummies", "codes"):
        with pytest.raises(DataError, match="no median"):
            replace(said, missing="median")
        return
    y = rng.normal(size=40)
    table = sn.table({"x": x, "y": y}, "y", columns={"x": replace(said, missing=missing)}, scale="none")
    close(table.X, make(FILLS[missing](x.reshape(-1, 1))))
    close(table.y[:, 0], y if missing != "drop" else y[~np.isnan(x)])
    assert_calculates(tmp_path / "table.xlsx", table)


def test_blanks_that_are_flagged_have_a_column_of_their_own(tmp_path: Path) -> None:
    frame = PENGUINS[["bill_length_mm", "sex", "body_mass_g"]].iloc[:40]
    frame = frame[frame["body_mass_g"].notna() | (frame.index == 0)]
    frame.loc[5:7, "bill_length_mm"] = np.nan
    table = sn.table(frame, "body_mass_g", missing="flag")
    assert table.features == ("bill_length_mm", "bill_length_mm missing", "sex = male", "sex = missing")
    filled = SimpleImputer(strategy="median", add_indicator=True).fit_transform(frame[["bill_length_mm"]])
    close(table.X[:, 0], StandardScaler().fit_transform(filled[:, :1])[:, 0])
    close(table.X[:, 1], filled[:, 1])
    close(table.X[:, 2], frame["sex"] == "male")
    close(table.X[:, 3], frame["sex"].isna())
    assert_calculates(tmp_path / "table.xlsx", table)


@pytest.mark.parametrize("scale", ["standard", "largest", "min_max", "log", "none"])
def test_all_numbers_are_scaled_as_the_table_says(scale: str) -> None:
    x = np.random.default_rng(1).uniform(1, 9, (30, 1))
    how = {
        "standard": "standardised",
        "largest": "share_of_largest",
        "min_max": "min_max",
        "log": "log",
        "none": "number",
    }
    close(sn.table(x, x[:, 0] ** 2, scale=scale).X, SAYINGS[how[scale]][1](x))


def test_titanic_by_sayings_is_the_recipe_of_the_sheet() -> None:
    """Eight of the ten columns of the recipe as sayings give the same X, to the last bit or two."""
    ours = sn.titanic()
    theirs = sn.table(
        read_passengers().frame, "Survived", features=["SibSp", "Parch", "Age", "Pclass", "Embarked", "Sex"],
        columns={
            "SibSp": sn.number(), "Parch": sn.number(), "Age": sn.share_of_largest(), "Pclass": sn.dummies(drop=3),
            "Embarked": sn.dummies(drop="Q"), "Sex": sn.dummies(drop="female"),
        },
    )  # fmt: skip
    assert theirs.features == (
        "SibSp", "Parch", "Age", "Pclass = 1", "Pclass = 2", "Embarked = C", "Embarked = S", "Sex = male",
    )  # fmt: skip
    np.testing.assert_array_equal(theirs.X, ours.X[:, [0, 1, 2, 4, 5, 7, 6, 8]])
    np.testing.assert_array_equal(theirs.y, ours.y)


# ---- public files of the titanic


def as_titanic3(frame: pd.DataFrame) -> pd.DataFrame:
    """1,309 rows with the columns of titanic3: one fare blank, one row without any entry at its end."""
    frame = frame.rename(columns=str.lower)
    more = pd.concat([frame, frame.iloc[:418]], ignore_index=True)
    more.insert(2, "name", [f"Passenger, No. {at}" for at in range(1309)])
    more["home.dest"] = None
    more.loc[1225, "fare"] = None
    return pd.concat([more, pd.DataFrame([{}])], ignore_index=True)


PUBLIC = {
    "kaggle": lambda frame: frame.assign(PassengerId=range(1, 892), Name="Braund, Mr. Owen", Cabin=None),
    "seaborn": lambda frame: titanic_lower(),
    "titanic3": as_titanic3,
}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_files_of_the_titanic_load(name: str, tmp_path: Path) -> None:
    path = tmp_path / "titanic.csv"
    PUBLIC[name](read_passengers().frame).to_csv(path, index=False)
    for recipe in ("sheet", "notebook"):
        mine = sn.titanic(recipe, csv=path)
        if name != "titanic3":
            np.testing.assert_array_equal(mine.X, sn.titanic(recipe).X)
        else:
            assert mine.raw.n_rows == 1308
            assert "without Fare, left out: line 1227" in mine.said
    table = sn.table(path, "survived")
    assert table.target.kind == "two"
    assert {"sex", "Sex"} & {feature.partition(" ")[0] for feature in table.features}
    assert not [one for one in table.features if "alive" in one or "Passenger" in one]


def test_columns_that_say_the_same_as_others_are_left_out_with_a_word() -> None:
    why = dict(sn.table(titanic_lower(), "survived").schema[["column", "why"]].to_numpy())
    assert why["class"] == "says the same as pclass"
    assert why["embark_town"] == "says the same as embarked"
    assert why["adult_male"] == "follows from who"
    assert why["alive"] == "says the same as the target survived"
    assert "blank" in why["deck"]


# ---- sources that are alike give the same table


def test_a_frame_a_file_a_dict_and_arrays_give_the_same_table(tmp_path: Path) -> None:
    frame = PENGUINS[[*NUMBERS, "year"]].astype(float)
    expected = sn.table(frame, "body_mass_g")
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "b.csv", index=False, sep=";", decimal=",", na_rep="NA", encoding="utf-16")
    frame.to_csv(tmp_path / "c.csv.gz", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    X, y = frame.drop(columns="body_mass_g"), frame["body_mass_g"]
    sources: list[tuple[Any, Any]] = [
        (tmp_path / name, "body_mass_g") for name in ("a.csv", "b.csv", "c.csv.gz", "d.parquet")
    ]
    sources += [(frame.to_dict("list"), "body_mass_g"), (X, y), (X, y.to_numpy()), (X.to_numpy(), y.to_numpy())]
    sources += [(X.to_numpy(), y.tolist()), (frame.convert_dtypes(), "body_mass_g")]
    for source, target in sources:
        table = sn.table(source, target)
        np.testing.assert_array_equal(table.X, expected.X)
        np.testing.assert_array_equal(table.y, expected.y)


def test_the_types_of_pandas_are_read() -> None:
    frame = pd.DataFrame({
        "whole": pd.array([1, 2, None, 4, 3, 6], dtype="Int64"),
        "truth": pd.array([True, None, False, True, False, True], dtype="boolean"),
        "bool": [True, False, True, False, True, True],
        "cat": pd.Categorical(["lo", "hi", "lo", "mid", "hi", "mid"], ["lo", "mid", "hi"]),
        "text": pd.array(["a", "b", None, "a", "b", "a"], dtype="string"),
        "time": pd.date_range("2020-01-01", periods=6),
        "objects": [1, 2.5, None, 4, 7, 8],
        "lists": [[1], [2], [3], [4], [5], [6]],
        "complex": np.arange(6) * 1j,
        "y": [1.0, 2.0, 4.0, 3.0, 8.0, 5.0],
    })  # fmt: skip
    table = sn.table(frame, "y", missing="mode")
    assert table.features == ("whole", "truth", "bool", "cat = mid", "cat = hi", "text = b", "objects")
    why = dict(table.schema[["column", "why"]].to_numpy())
    assert "dates" in why["time"]
    assert "complex" in why["complex"]
    assert "neither" in why["lists"]


def test_columns_with_the_same_name_are_told_apart() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 4)), columns=["a", "a", "A", "y"])
    assert sn.table(frame, "y").features == ("a", "a (2)", "A (3)")


def test_odd_names_are_shown_as_they_were_and_safe_in_formulas(tmp_path: Path) -> None:
    names = [
        "s1",
        "a b",
        "x/y",
        "🙂",
        "=1+1",
        "y",
        "No",
        "X",
        "z" * 300,
        "Part",
        "Complete",
        "[x]",
        "it's",
        '"q"',
        "Count",
    ]
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(30, len(names))), columns=names).assign(
        **{"the target?": rng.choice(["s", "t"], 30)}
    )
    frame.iloc[3, 1] = np.nan
    for table in (sn.table(frame, "the target?"), sn.table(frame, "the target?").split(), sn.table(frame, "y")):
        assert [name for name in names if name not in (*table.features, table.target.name)] == []
        assert_calculates(tmp_path / "table.xlsx", table)


def test_a_bunch_with_frames_is_the_bunch_with_arrays() -> None:
    for load in (datasets.load_wine, datasets.load_diabetes, datasets.load_linnerud):
        target = "Pulse" if load is datasets.load_linnerud else None
        arrays, frames = sn.table(load(), target), sn.table(load(as_frame=True), target)
        assert arrays.features == frames.features
        assert arrays.target == frames.target
        np.testing.assert_array_equal(arrays.X, frames.X)
        np.testing.assert_array_equal(arrays.y, frames.y)


def test_a_table_of_pyarrow_is_read_as_its_frame() -> None:
    arrow = pa.Table.from_pandas(PENGUINS, preserve_index=False)
    np.testing.assert_array_equal(sn.table(arrow, "species").X, sn.table(PENGUINS, "species").X)


# ---- targets

TARGETS: dict[str, tuple[list[Any], dict[str, Any], str, tuple[str, ...], list[float]]] = {
    "0 and 1": ([0, 1, 1, 0], {}, "two", ("0", "1"), [0, 1, 1, 0]),
    "1 and 2": ([1, 2, 2, 1], {}, "two", ("1", "2"), [0, 1, 1, 0]),
    "-1 and 1": ([-1, 1, 1, -1], {}, "two", ("-1", "1"), [0, 1, 1, 0]),
    "yes and no": (["yes", "no", "no", "yes"], {}, "two", ("no", "yes"), [1, 0, 0, 1]),
    "texts": (["b", "a", "a", "b"], {}, "two", ("a", "b"), [1, 0, 0, 1]),
    "texts, turned": (["b", "a", "a", "b"], {"positive": "a"}, "two", ("b", "a"), [0, 1, 1, 0]),
    "numbers, turned": ([0, 1, 1, 0], {"positive": 0}, "two", ("1", "0"), [1, 0, 0, 1]),
    "truth": ([True, False, False, True], {}, "two", ("0", "1"), [1, 0, 0, 1]),
    "truth, turned": ([True, False, False, True], {"positive": False}, "two", ("1", "0"), [0, 1, 1, 0]),
    "three texts": (["b", "a", "c", "b"], {}, "many", ("a", "b", "c"), [1, 0, 2, 1]),
    "0, 1, 2": ([0, 1, 2, 1], {}, "many", ("0", "1", "2"), [0, 1, 2, 1]),
    "0, 1, 2 as numbers": ([0, 1, 2, 1], {"kind": "number"}, "number", (), [0, 1, 2, 1]),
    "whole numbers": ([3, 5, 9, 5], {}, "number", (), [3, 5, 9, 5]),
    "whole numbers as classes": ([3, 5, 9, 5], {"kind": "many"}, "many", ("3", "5", "9"), [0, 1, 2, 1]),
    "two numbers as numbers": ([3, 5, 3, 5], {"kind": "number"}, "number", (), [3, 5, 3, 5]),
    "case": (["Yes", "no", "NO", "yes"], {}, "two", ("NO", "Yes"), [1, 0, 0, 1]),
}


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_is_what_its_entries_say_or_a_person(case: str, tmp_path: Path) -> None:
    entries, said, kind, classes, y = TARGETS[case]
    table = sn.table({"x": [0.5, 1.5, 7.0, 4.0], "t": entries}, "t", scale="none", **said)
    assert (table.target.name, table.target.kind, table.target.classes) == ("t", kind, classes)
    assert table.y[:, 0].tolist() == y
    assert_calculates(tmp_path / "table.xlsx", table)


def test_rows_without_a_target_are_dropped() -> None:
    table = sn.table({"x": [1.0, 2.0, 3.0, 5.0], "t": ["a", None, "b", "a"]}, "t", missing="median")
    close(table.X, StandardScaler().fit_transform([[1.0], [3.0], [5.0]]))
    assert table.y[:, 0].tolist() == [0, 1, 0]


@pytest.mark.parametrize("name", ["c01", "c12", "m11"])
def test_two_classes_in_any_coding_are_two_classes(name: str) -> None:
    frame = pd.DataFrame({"x": [-1.0, -0.8, -0.6, 0.6, 0.8, 1.0]})
    values = {"c01": (0, 1), "c12": (1, 2), "m11": (-1, 1)}[name]
    table = sn.table(frame.assign(y=np.repeat(values, 3)), "y")
    assert table.target.kind == "two"
    assert table.y[:, 0].tolist() == [0, 0, 0, 1, 1, 1]


# ---- new rows


@pytest.mark.parametrize("missing", ["drop", "median", "mode", "flag"])
@pytest.mark.parametrize("scale", ["standard", "largest", "min_max"])
def test_the_rows_of_the_table_come_out_as_they_are(missing: Any, scale: str) -> None:
    table = sn.table(PENGUINS, "species", missing=missing, scale=scale)
    rows = PENGUINS if missing != "drop" else PENGUINS.dropna()
    np.testing.assert_array_equal(table.transform(rows), table.X)
    np.testing.assert_array_equal(table.transform(rows.iloc[:, ::-1].iloc[:7]), table.X[:7])  # any order, no row needed


def test_new_rows_are_measured_by_the_old_ones() -> None:
    table = sn.table(
        PENGUINS, "species", columns={"island": sn.codes(), "sex": sn.dummies(missing="mode")}, missing="median"
    )
    new = pd.DataFrame({
        "island": ["dream", "Biscoe"], "bill_length_mm": [100.0, None], "bill_depth_mm": [20.0, 21.0],
        "flipper_length_mm": [200.0, 1.0], "body_mass_g": [None, 4000.0], "sex": [None, "FEMALE"], "year": [2020, 2021],
    })  # fmt: skip
    X = table.transform(new)
    filled = SimpleImputer(strategy="median").fit(PENGUINS[NUMBERS])
    scaler = StandardScaler().fit(np.c_[filled.transform(PENGUINS[NUMBERS]), PENGUINS["year"]])
    expected = scaler.transform(np.c_[filled.transform(new[NUMBERS]), new["year"]])
    close(X[:, [*range(1, 5), 6]], expected)
    assert X[:, 0].tolist() == [1, 0]
    assert X[:, 5].tolist() == [1, 0]  # male is the most common


BAD_ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "another island": ({"island": "Elba"}, ["column island, row 2", "'Elba'", "'Biscoe'"]),
    "blank": ({"bill_length_mm": None}, ["column bill_length_mm, row 2", "an empty cell", "fill=True"]),
    "text": ({"bill_length_mm": "long"}, ["column bill_length_mm", "'long'", "numbers"]),
    "infinite": ({"year": np.inf}, ["column year, row 2", "inf"]),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_new_rows_that_the_table_does_not_know_are_refused_in_words(case: str) -> None:
    table = sn.table(PENGUINS, "species")
    change, words = BAD_ROWS[case]
    rows = PENGUINS.dropna().iloc[:2].astype(object).reset_index(drop=True)
    for name, entry in change.items():
        rows.loc[1, name] = entry
    with pytest.raises(DataError) as caught:
        table.transform(rows)
    assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)


def test_blanks_of_new_rows_are_filled_if_asked() -> None:
    table, rows = sn.table(PENGUINS, "species"), PENGUINS.dropna()
    new = rows.iloc[:1].assign(bill_length_mm=np.nan, sex=None)
    expected = rows.iloc[:1].assign(bill_length_mm=PENGUINS["bill_length_mm"].median(), sex="male")
    np.testing.assert_array_equal(table.transform(new, fill=True), table.transform(expected))


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="no column 'year'"):
        sn.table(PENGUINS, "species").transform(PENGUINS.drop(columns="year"))


def test_an_array_goes_by_the_order_of_the_columns_as_they_were_given() -> None:
    digits = datasets.load_digits()  # some of its pixels are 0 in every row
    table = sn.table(digits)
    assert table.n_features < 64
    np.testing.assert_array_equal(table.transform(digits.data[:9]), table.X[:9])
    with pytest.raises(DataError, match="no column"):
        table.transform(digits.data[:9, :63])


def test_new_passengers_are_measured_by_the_old_ones() -> None:
    for recipe in ("sheet", "notebook"):
        table = sn.titanic(recipe)
        rows = table.frame.dropna() if recipe == "sheet" else table.frame
        np.testing.assert_array_equal(table.transform(rows.iloc[:9]), table.X[:9])


def test_new_passengers_that_cannot_be_are_refused_in_words() -> None:
    rows = sn.titanic().frame.dropna().iloc[:3].reset_index(drop=True)
    wrong = {"row 1, column Sex": {"Sex": "M"}, "row 1, column Pclass": {"Pclass": 4}, "column Age": {"Age": None}}
    for words, change in wrong.items():
        with pytest.raises(DataError, match=words):
            sn.titanic().transform(rows.assign(**change))
    with pytest.raises(DataError, match="no column Fare"):
        sn.titanic().transform(rows.drop(columns="Fare"))


# ---- parts


@pytest.mark.parametrize("target", ["species", "body_mass_g"])
def test_rows_are_split_and_only_those_that_train_are_learnt_from(target: str, tmp_path: Path) -> None:
    whole = sn.table(
        PENGUINS, target, scale="standard", columns={"year": sn.min_max(), "flipper_length_mm": sn.share_of_largest()}
    )
    table = whole.split(valid=0.2, test=0.1, seed=3)
    n = whole.n_rows
    assert np.bincount(table.parts).tolist() == [n - round(0.2 * n) - round(0.1 * n), round(0.2 * n), round(0.1 * n)]
    frame = PENGUINS.dropna()
    trains = (table.parts == 0).tolist()
    if target == "species":
        np.testing.assert_array_equal(table.y, whole.y)
    else:
        own = frame[[target]].to_numpy()
        close(table.y, StandardScaler().fit(own[trains]).transform(own))
    for name, scaler in (
        ("bill_length_mm", StandardScaler()),
        ("year", MinMaxScaler()),
        ("flipper_length_mm", MaxAbsScaler()),
    ):
        expected = scaler.fit(frame.loc[trains, [name]].to_numpy()).transform(frame[[name]].to_numpy())
        close(table.X[:, table.features.index(name)], expected[:, 0])
    assert_calculates(tmp_path / "table.xlsx", table)
    np.testing.assert_array_equal(table.transform(frame), table.X)


def test_classes_are_dealt_in_their_shares() -> None:
    table = sn.table(PENGUINS, "species").split(0.25, 0.25, seed=1)
    counts = pd.crosstab(table.y[:, 0], table.parts).to_numpy()
    shares = counts / counts.sum(1, keepdims=True)
    assert np.abs(shares - [0.5, 0.25, 0.25]).max() < 0.02


def test_a_split_is_the_same_for_a_seed_and_another_for_another() -> None:
    table = sn.table(PENGUINS, "species")
    assert not table.parts.any()
    assert table.split(seed=1).parts.tolist() == table.split(seed=1).split(seed=5).split(seed=1).parts.tolist()
    assert table.split(seed=1).parts.tolist() != table.split(seed=2).parts.tolist()


@pytest.mark.parametrize(
    ("valid", "test"), [(0, 0), (0.5, 0.5), (-0.1, 0.2), (1, 0), ("a", 0), (True, 0), (0.9, 0.09999)]
)
def test_shares_that_cannot_be_are_refused(valid: Any, test: Any) -> None:
    with pytest.raises(DataError, match=r"valid|take less"):
        sn.table({"x": [1.0, 2, 3, 4], "y": [1.0, 2, 4, 3]}, "y").split(valid, test)


# ---- a table cannot lie


def test_x_and_y_cannot_be_written_to() -> None:
    table = sn.table(PENGUINS, "species")
    arrays = [table.X, table.y, table.parts, *table.raw.columns.values()]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    frame = table.frame
    frame.loc[0, "island"] = "Elba"
    assert table.raw.columns["island"][0, 0] == "Torgersen"


def test_x_and_y_cannot_be_replaced() -> None:
    table = sn.table(PENGUINS, "species")
    for change in ({"X": table.X * 2}, {"y": 1 - table.y}, {"X": table.X[:5]}):
        with pytest.raises(DataError, match=r"cannot be replaced; .*sn\.table"):
            replace(table, **change)
        with pytest.raises(DataError, match=r"cannot be replaced; .*sn\.table"):
            Table(table.raw, table.plan, **change)
    assert replace(table, said=("more",)).n_rows == 333
    with pytest.raises(AttributeError):
        table.X = table.X * 2  # type: ignore[misc]


def test_a_table_of_rows_without_their_source_is_not_built(tmp_path: Path) -> None:
    table = sn.titanic()
    lies = Table.of_sheet(table.X * 2, table.y, table.features, table.recipe)
    with pytest.raises(SheetnetError, match="no raw rows"):
        sn.build(tmp_path / "out.xlsx", lies, sn.linear(lies), epochs=1)


def test_a_change_of_the_given_frame_does_not_reach_the_table() -> None:
    frame = PENGUINS.copy()
    table = sn.table(frame, "body_mass_g")
    before = table.X.copy()
    frame["year"] = 0
    np.testing.assert_array_equal(sn.table(PENGUINS, "body_mass_g").X, before)
    np.testing.assert_array_equal(replace(table).X, before)


# ---- settings


def ops(nodes: list[Node]) -> list[Any]:
    return [(node.op, node.shape, node.name, node.value) for node in order(nodes)]


@pytest.mark.parametrize("missing", ["drop", "median", "mode", "flag"])
def test_the_same_graph_comes_of_the_settings(missing: Any) -> None:
    for table in (
        sn.table(PENGUINS, "species", missing=missing),
        sn.table(PENGUINS, "species", missing=missing).split(),
        sn.table(PENGUINS, "body_mass_g", missing=missing, scale="min_max"),
        sn.table(PENGUINS, "body_mass_g", missing=missing).split(),
    ):
        settings = json.loads(json.dumps(table.settings))
        recipe, own = recipe_of(settings), table.graph()
        assert ops([recipe.X, recipe.y, *recipe.facts.values()]) == ops([own.X, own.y, *own.facts.values()])
        assert recipe.settings == settings
        X, y = evaluate([recipe.X, recipe.y], recipe.inputs(table.raw))
        np.testing.assert_array_equal(X, table.X)
        np.testing.assert_array_equal(y, table.y)
        assert Table(table.raw, plan_of(settings)).target == table.target


def spoilt(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings with one value after the other replaced by what no table has."""
    bad: list[Any] = [None, -1, 2**40, "x" * 2000, [], {}, float("nan"), True, 1.5, "=1+1", [[1]], "left_out"]
    out: list[dict[str, Any]] = []

    def visit(at: Any, put: Any) -> None:
        out.extend(put(value) for value in bad)
        if isinstance(at, dict):
            for key in at:
                visit(at[key], lambda value, key=key: put({**at, key: value}))
                out.append(put({k: v for k, v in at.items() if k != key}))
        elif isinstance(at, list) and at:
            for i in range(len(at)):
                visit(at[i], lambda value, i=i: put([*at[:i], value, *at[i + 1 :]]))
            out.append(put(at * 300))

    visit(settings, lambda value: value)
    return out


def test_settings_of_a_stranger_are_judged() -> None:
    cases = spoilt(json.loads(json.dumps(sn.table(PENGUINS, "species", missing="flag").settings)))
    cases += spoilt(json.loads(json.dumps(sn.titanic().settings)))
    for target, how in (("species", "standardised"), ("body_mass_g", "codes")):
        other = json.loads(json.dumps(sn.table(PENGUINS, target).settings))
        cases.append(other | {"goal": other["goal"] | {"how": how}})
        with pytest.raises(ValueError, match="a target taken in an unknown way"):
            recipe_of(cases[-1])
    refused = 0
    for settings in cases:
        try:
            recipe = recipe_of(settings)
        except ValueError:
            refused += 1
        else:  # such as a column of another name: it is a table's all the same
            assert recipe_of(recipe.settings).X.shape == recipe.X.shape
            assert recipe.X.shape[0] <= 16_384
    assert len(cases) > 700
    assert refused > 0.8 * len(cases)


def test_a_plan_survives_a_pickle() -> None:
    table = sn.table(PENGUINS, "species")
    again = pickle.loads(pickle.dumps(table))
    np.testing.assert_array_equal(again.X, table.X)
    assert not again.X.flags.writeable or again.plan == table.plan


# ---- what is said

SAID_WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no target": ({"target": None}, ["no target is named", "'species'", "target="]),
    "another target": ({"target": "mass"}, ["no column 'mass'", "'body_mass_g'"]),
    "another column": ({"columns": {"mass": sn.number()}}, ["no column 'mass'", "columns="]),
    "another feature": ({"features": ["mass"]}, ["no column 'mass'", "features="]),
    "the target as feature": ({"features": ["species"]}, ["'species' is the target"]),
    "no features": ({"features": []}, ["features names no column"]),
    "a feature twice": ({"features": ["year", "year"]}, ["twice"]),
    "no saying": ({"columns": {"year": "dummies"}}, ["column year", "sn.dummies()", "'dummies'"]),
    "missing": ({"missing": "mean"}, ["missing must be", "'mean'"]),
    "scale": ({"scale": "robust"}, ["scale must be", "'robust'"]),
    "decimal": ({"decimal": ";"}, ["decimal must be"]),
    "numbers of texts": ({"columns": {"island": sn.number()}}, ["column island", "'Torgersen'", "numbers"]),
    "dummies of many": (
        {"columns": {"bill_length_mm": sn.dummies()}},
        ["column bill_length_mm", "163 different", "100"],
    ),
    "yes/no of three": ({"columns": {"island": sn.yes_no()}}, ["column island", "3 different entries", "2 to 2"]),
    "another level": ({"columns": {"island": sn.dummies(drop="Elba")}}, ["no entry 'Elba'", "'Biscoe'"]),
    "all left out": ({"features": ["year"], "columns": {"year": sn.left_out()}}, ["no column is left"]),
    "kind": ({"kind": "two"}, ["3 classes", "two"]),
    "positive of many": ({"positive": "Gentoo"}, ["positive is 'Gentoo'"]),
    "a number of texts": ({"kind": "number"}, ["column species", "numbers"]),
    "a scale of texts": ({"columns": {"species": sn.log()}}, ["column species", "found 'Adelie'", "out of columns="]),
    "dummies of the target": ({"columns": {"species": sn.dummies()}}, ["found sn.dummies()", "sn.standardised()"]),
    "a filled target": (
        {"target": "body_mass_g", "columns": {"body_mass_g": sn.number("median")}},
        ["column body_mass_g", "sn.number(median)", "rows without a target"],
    ),
    "classes, scaled": (
        {"target": "year", "kind": "many", "columns": {"year": sn.min_max()}},
        ['sn.min_max() and kind="many"', "column year"],
    ),
}


@pytest.mark.parametrize("case", SAID_WRONG)
def test_sayings_that_do_not_fit_are_refused_in_words(case: str) -> None:
    said, words = SAID_WRONG[case]
    with pytest.raises(DataError) as caught:
        sn.table(PENGUINS, **{"target": "species", **said})
    assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)


WRONG: dict[str, tuple[Any, Any, str]] = {
    "a number": (7, None, "found int"),
    "a cube": (np.zeros((2, 2, 2)), np.zeros(2), "shape"),
    "other heights": (np.zeros((3, 2)), np.zeros(4), "X has 3 rows, y has 4 rows"),
    "a dict of other heights": ({"a": [1, 2], "b": [1]}, "b", "a has 2 rows, b has 1 row"),
    "no rows": (pd.DataFrame({"a": [], "b": []}), "b", "no rows"),
    "one row": (pd.DataFrame({"a": [1.0], "b": [2.0]}), "b", "1 complete row of 1"),
    "no columns": (pd.DataFrame(), "b", "no rows"),
    "infinite": (pd.DataFrame({"a": [1.0, np.inf, 2.0], "b": [1.0, 2, 3]}), "b", "column a, row 2: found inf"),
    "one class": (pd.DataFrame({"a": [1.0, 2, 3], "b": ["x"] * 3}), "b", "the target is 'x' in every row"),
    "all blank": (
        pd.DataFrame({"a": [1.0, 2, 3], "b": [np.nan] * 3}),
        "b",
        "the target is blank in every row",
    ),
    "only texts": (pd.DataFrame({"a": list("abcdef"), "b": range(6)}), "b", "no column is left"),
    "a long name": (pd.DataFrame({"x" * 1001: [1.0, 2, 3], "b": [1.0, 2, 3.5]}), "b", "at most 1,000 characters"),
    "constant": (pd.DataFrame({"a": [1.0] * 4, "b": range(4)}), "b", "no column is left"),
    "a target of names": (
        pd.DataFrame({"a": range(30), "b": [f"n{i}" for i in range(30)]}),
        "b",
        "30 different entries",
    ),
    "too many rows": (np.zeros((16_385, 1)), np.zeros(16_385), "16,385 rows"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_table_is_refused_in_words(case: str) -> None:
    source, target, words = WRONG[case]
    with pytest.raises(DataError) as caught:
        sn.table(source, target)
    assert words in str(caught.value)


def test_case_does_not_matter_where_it_is_clear_and_is_said() -> None:
    table = sn.table(PENGUINS, "Species", columns={"YEAR": sn.left_out()})
    assert table.target.name == "species"
    assert "year" not in table.features
    assert "target: Species is the column species" in table.said


def test_levels_that_differ_in_case_are_one(tmp_path: Path) -> None:
    table = sn.table({"sex": ["Male", "male", "female", "FEMALE", "male", "female"], "y": [1.0, 2, 3, 4, 5, 7]}, "y")
    assert table.features == ("sex = male",)
    assert table.X[:, 0].tolist() == [1, 1, 0, 0, 1, 0]
    assert table.graph().schema["sex"].allowed == ("female", "male", "FEMALE", "Male")
    assert_calculates(tmp_path / "table.xlsx", table)


def test_entries_that_would_be_formulas_or_patterns_stay_texts(tmp_path: Path) -> None:
    entries = ["=1+1", ">50K", "<=50K", "a*", 'say "hi"', "@x"] * 4
    frame = pd.DataFrame({"x": entries, "y": np.arange(24.0) ** 2})
    table = sn.table(frame, "y", columns={"x": sn.dummies(drop=None)})
    assert table.X.sum(axis=0).tolist() == [4.0] * 6
    assert_calculates(tmp_path / "table.xlsx", table)
    frame.loc[0, "x"] = None
    for more in (frame, frame.assign(x=["1", "01", None, "b"] * 6)):
        with pytest.raises(DataError, match="entries that a sheet can count"):
            sn.table(more, "y", missing="mode")


def test_numbers_with_more_digits_than_a_formula_keeps_are_no_classes() -> None:
    frame = pd.DataFrame({"x": [0.1 + 0.2, 0.5] * 4, "y": np.arange(8.0) ** 2})
    with pytest.raises(DataError, match="at most 15 digits"):
        sn.table(frame, "y", columns={"x": sn.dummies()})
    with pytest.raises(DataError, match="at most 15 digits"):
        sn.table(frame, "x")
    assert sn.table(frame, "y").X.shape == (8, 1)


def test_numbers_that_only_some_programs_tell_apart_are_not_counted() -> None:
    frame = pd.DataFrame({"x": [1.0, 1.0 + 4e-15, 3.0, None] * 3, "y": np.arange(12.0) ** 2})
    for said in (sn.dummies(), sn.number(missing="mode")):
        with pytest.raises(DataError, match="tells apart"):
            sn.table(frame, "y", columns={"x": said})
    assert sn.table(frame, "y").n_rows == 9


def test_features_that_are_named_come_in_that_order_and_no_others() -> None:
    table = sn.table(PENGUINS, "species", features=["year", "sex"])
    assert table.features == ("year", "sex = male")
    assert table.n_rows == PENGUINS[["year", "sex", "species"]].notna().all(axis=1).sum()


@pytest.mark.parametrize(("a", "b"), [("ß", "ss"), ("\u0131", "I"), ("\u0130", "i\u0307")])
def test_entries_that_only_some_programs_take_for_the_same_are_refused(a: str, b: str) -> None:
    frame = pd.DataFrame({"x": [a, b, "c"] * 4, "y": np.arange(12.0) ** 2})
    with pytest.raises(DataError, match="the same to some programs"):
        sn.table(frame, "y")
    with pytest.raises(DataError, match="the same to some programs"):
        sn.table(frame, "x")


def test_line_breaks_and_what_controls_a_device_are_blanks_with_a_word(tmp_path: Path) -> None:
    frame = {"x": ["a\r\nb", "c\x07", "\ud800d"] * 4, "x\ny": range(12), "y": np.arange(12.0) ** 2}
    table = sn.table(frame, "y", columns={"x": sn.dummies(drop=None)})
    assert table.features == ("x = a b", "x = c", "x = d", "x y")
    assert "x: line breaks and the like are blanks, as in 'a b'" in table.said
    assert_calculates(tmp_path / "table.xlsx", table)


def test_the_first_entry_is_dropped_even_where_another_is_called_so() -> None:
    frame = pd.DataFrame({"x": ["first", "economy", "first", "economy"], "y": [1.0, 2.0, 3.0, 5.0]})
    assert sn.table(frame, "y").features == ("x = first",)


def test_a_table_shows_how_each_column_was_taken() -> None:
    frame = PENGUINS.assign(id=range(344), note=[f"<b>{i}</b>" for i in range(344)], same="x")
    table = sn.table(frame, "species")
    text, html = str(table), table._repr_html_()
    told = ["333 rows, 8 features", "to predict species", "(11 incomplete rows are not used)", "0 or 1 for each entry"]
    for words in (*told, "another entry in every row", "'x' in every row", "Adelie is 0"):
        assert words in text
    assert repr(table) == "<Table a DataFrame: X (333, 8), y species (many)>"
    assert "<b>" not in html
    assert html.count("<tr>") == len(table.schema) + 1
    hostile = sn.table(frame.rename(columns={"year": "<script>"}), "species")
    assert "<script>" not in hostile._repr_html_()
    assert sn.table(frame, "species", name="penguins").raw.source == "penguins"


def test_wide_tables_are_shown_in_part() -> None:
    table = sn.table(np.random.default_rng(0).normal(size=(30, 200)), np.arange(30.0) ** 2)
    assert len(str(table).splitlines()) < 70
    assert "141 more" in str(table)
    assert table.n_features == 200


# ---- random tables


def random_frame(seed: int) -> tuple[pd.DataFrame, str]:
    """A small table of every kind of column, with blanks, and the name of its target."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 40))
    columns: dict[str, Any] = {}
    for at in range(int(rng.integers(1, 6))):
        kind = rng.choice(["float", "int", "text", "yes", "bool"])
        values: Any = {
            "float": lambda: rng.normal(3, 10.0 ** rng.integers(-2, 4), n),
            "int": lambda: rng.integers(-5, 9, n).astype(float),
            "text": lambda: rng.choice(["a", "B", "c c", "1"], n).astype(object),
            "yes": lambda: rng.choice(["yes", "No"], n).astype(object),
            "bool": lambda: rng.choice([0.0, 1.0], n),
        }[kind]()
        values[rng.random(n) < rng.choice([0, 0.1])] = None if values.dtype == object else np.nan
        columns[f"{kind} {at}"] = values
    target = str(rng.choice(["number", "two", "many"]))
    columns["t"] = {"number": rng.normal(size=n), "two": rng.choice(["u", "v"], n), "many": rng.choice(list("pqr"), n)}[
        target
    ]
    return pd.DataFrame(columns), target


@pytest.mark.parametrize("seed", range(40))
def test_a_random_table_is_the_same_in_a_sheet_and_for_scikit_learn(seed: int, tmp_path: Path) -> None:
    frame, target = random_frame(seed)
    rng = np.random.default_rng(seed)
    missing: Any = rng.choice(["drop", "median", "flag"])
    columns = {name: sn.number() for name in frame if name.startswith("float") and rng.random() < 0.3}
    if target == "number" and rng.random() < 0.5:
        columns["t"] = rng.choice([sn.number(), sn.min_max(), sn.share_of_largest()])
    table = sn.table(frame, "t", missing=missing, columns=columns)
    if rng.random() < 0.5:
        table = table.split(seed=seed)
    assert table.target.kind == target
    assert_calculates(tmp_path / "table.xlsx", table)
    np.testing.assert_array_equal(table.transform(frame.dropna()), table.X[_complete(table, frame)])
    if missing == "drop" and not table.parts.any():
        kept = frame.dropna(subset=[column.name for column in table.plan.columns])  # type: ignore[union-attr]
        for name, X in zip(table.features, table.X.T, strict=True):
            if name.startswith(("float", "int")):
                expected = kept[[name]] if name in columns else StandardScaler().fit_transform(kept[[name]])
                np.testing.assert_allclose(X, np.asarray(expected)[:, 0], rtol=1e-9, atol=1e-9)


def _complete(table: Table, frame: pd.DataFrame) -> np.ndarray:
    """Which rows of X have no blank in any column, used or not."""
    recipe = table.graph()
    rows = np.arange(len(frame))
    if recipe.picked is not None:
        rows = evaluate([recipe.picked], recipe.inputs(table.raw))[0][:, 0].astype(int) - 1
    return np.asarray(frame.notna().all(axis=1).to_numpy()[rows])


# ---- planted


def test_a_formula_that_is_wrong_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dialect.ARRAY, "sqrt", ("{0}/2", dialect.PRODUCT, (dialect.POWER,)))
    table = sn.table(PENGUINS.iloc[:40], "body_mass_g", features=["bill_length_mm"])
    with pytest.raises(AssertionError):
        assert_calculates(tmp_path / "table.xlsx", table)


def test_a_mean_of_all_rows_where_some_are_held_out_is_noticed(tmp_path: Path) -> None:
    table = sn.table(PENGUINS, "body_mass_g", features=["bill_length_mm"])
    with pytest.raises(AssertionError):
        close(table.split().X, table.X)


@pytest.mark.office
def test_libreoffice_calculates_the_same(tmp_path: Path) -> None:
    for missing in ("drop", "flag", "mode"):
        table = sn.table(PENGUINS, "species", missing=missing, columns={"year": sn.min_max()}).split()  # type: ignore[arg-type]
        assert_calculates(tmp_path / "table.xlsx", table, ["libreoffice"])
    assert recalculated(tmp_path / "table.xlsx", table)[0][0].startswith("data.")


def test_a_plan_knows_its_names() -> None:
    plan = sn.table(PENGUINS, "species").plan
    assert isinstance(plan, Plan)
    assert plan.names[-1] == "species"
