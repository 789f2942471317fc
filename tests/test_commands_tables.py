"""The command line for one's own table: build, train, sweep, show and check, with the same options everywhere."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
import torch
import xlsxwriter
from click.testing import CliRunner
from conftest import command_of, run_here, run_sheetnet
from torch import nn

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.commands import own
from sheetnet.course import LISTING

N = 24
README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
OWN = README.partition("## Your own table\n")[2].partition("\n## ")[0]


def birds() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    kind = np.arange(N) % 3
    frame = pd.DataFrame(
        {
            "species": np.array(["Adelie", "Chinstrap", "Gentoo"])[kind],
            "island": np.array(["Biscoe", "Dream"])[rng.integers(0, 2, N)],
            "bill": np.round(40 + 4 * kind + rng.normal(size=N), 1),
            "mass": np.round(3.5 + kind / 2 + rng.normal(size=N) / 5, 2),
            "sex": np.array(["female", "male"])[rng.integers(0, 2, N)],
            "year": 2007 + np.arange(N) % 2,
        }
    )
    frame.loc[3, "bill"] = np.nan
    frame.loc[5, "sex"] = np.nan
    return frame


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the commands run, with birds.csv."""
    monkeypatch.chdir(tmp_path)
    birds().to_csv("birds.csv", index=False)
    return tmp_path


def ran(*args: object) -> str:
    """What a command prints, which ends well."""
    done = run_here(*args)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def said(*args: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran(*args, "--json"))
    return found


def refused(*args: object) -> str:
    """The message of a command that is refused."""
    done = run_here(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return " ".join(str(done.stderr).split())


# ---- build


def test_it_builds_a_workbook_beside_which_checks() -> None:
    words = ran("build", "birds.csv", "--target", "species", "--hidden", "3", "--epochs", 2)
    assert "birds.csv: 22 rows, 5 features, to predict species (2 incomplete rows are not used)" in words
    assert re.search(r"birds\.xlsx: \d+ sheets, \d+ formula cells, \d+ kB", words)
    assert re.search(r"MLP 5-3-3: cross-entropy \d\.\d+ -> \d\.\d+ in 2 epochs at rate 0\.1", words)
    report = sn.check("birds.xlsx")
    assert report, str(report)
    table = ran("check", "birds.xlsx")
    assert "mlp.descent.W_1, 3 epochs" in table
    assert "mlp.descent.W_1.1 " not in table
    blocks = [block["id"] for block in json.loads(ran("check", "birds.xlsx", "--json"))[0]["blocks"]]
    assert {"mlp.descent.W_1.0", "mlp.descent.W_1.2"} <= {*blocks}


def test_a_build_says_for_programs_what_it_wrote() -> None:
    found = said(
        "build", "birds.csv", "--target", "mass", "--optimiser", "adam", "--lr", 0.5, "--epochs", 2, "--seed", 4,
        "--valid", 0.25, "-o", "mine.xlsx",
    )  # fmt: skip
    assert (found["file"], found["target"], found["model"], found["loss"]) == ("mine.xlsx", "mass", "linear", "mse")
    assert (found["optimiser"], found["lr"], found["epochs"], found["rows"]) == ("adam", 0.5, 2, 22)
    table = sn.table("birds.csv", "mass").split(0.25, 0.0)
    run = sn.train(sn.linear(table), table, optimiser="adam", lr=0.5, epochs=2, seed=4, device="cpu")
    assert found["losses"]["linear"] == {
        "first": pytest.approx(run.losses[0], rel=1e-12),
        "last": pytest.approx(run.losses[2], rel=1e-12),
    }


def test_a_build_that_diverges_says_so_and_what_to_do() -> None:
    frame = birds().assign(mass=lambda f: f["mass"] * 1000)
    frame.to_csv("grams.csv", index=False)
    words = ran("build", "grams.csv", "--target", "mass", "--hidden", 3, "--lr", 1e6, "--column", "mass=number")
    assert "at the end: mass is of size 5e+03, as it is; take a smaller --lr, or leave its --column away" in words


def test_what_is_no_workbook_of_ours_is_not_written_over(folder: Path) -> None:
    with xlsxwriter.Workbook("birds.xlsx") as book:
        book.add_worksheet("Accounts").write(0, 0, "mine")
    (folder / "notes.xlsx").write_text("notes")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for output in ([], ["-o", "notes.xlsx"]):
        words = refused("build", "birds.csv", "--target", "species", *output)
        assert "no workbook of sheetnet build, and stays; name another with --output" in words
    assert "--output name a file that ends in .xlsx" in refused(
        "build", "birds.csv", "--target", "mass", "-o", "birds.csv"
    )
    (folder / "link.xlsx").symlink_to("birds.csv")
    assert "would overwrite the table" in refused("build", "birds.csv", "--target", "mass", "-o", "link.xlsx")
    (folder / "link.xlsx").unlink()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_workbook_of_ours_is_written_anew() -> None:
    ran("build", "birds.csv", "--target", "mass", "--epochs", 1)
    ran("build", "birds.csv", "--target", "species", "--epochs", 2, "-o", "birds.xlsx")
    assert "species" in str(sn.read_params("birds.xlsx").workbook.title)


@pytest.mark.parametrize("before", [None, b"what was there"])
def test_ctrl_c_leaves_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if before:
        ran("build", "birds.csv", "--target", "mass", "--epochs", 1)
    there = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr("sheetnet.book.charts.draw", stopped)
    done = run_here("build", "birds.csv", "--target", "mass", "--epochs", 2)
    assert (done.returncode, done.stdout) == (130, "")
    assert "no file is half written" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == there


def test_the_name_of_a_lesson_is_the_lesson_whatever_lies_there(folder: Path) -> None:
    (folder / "quadratic").mkdir()
    assert "one.xlsx" in ran("build", "quadratic", "-o", "one.xlsx")
    assert sn.read_params("one.xlsx").lesson == "quadratic"


# ---- what is said of a table


HOW = {
    "number": ("mass", ["mass"]),
    "standardised": ("mass", ["mass"]),
    "share-of-largest": ("mass", ["mass"]),
    "min-max": ("mass", ["mass"]),
    "log": ("mass", ["mass"]),
    "dummies": ("year", ["year = 2008"]),
    "codes": ("island", ["island"]),
    "yes-no": ("sex", ["sex"]),
    "left-out": ("year", []),
}


@pytest.mark.parametrize("how", HOW)
def test_each_way_to_take_a_column_is_that_of_python(how: str) -> None:
    column, features = HOW[how]
    found = said("show", "birds.csv", "--target", "species", "--column", f"{column}={how}")
    assert [name for name in found["features"] if name.partition(" ")[0] == column] == features
    (line,) = [line for line in found["columns"] if line["column"] == column]
    same = sn.table("birds.csv", "species", columns={column: getattr(sn, how.replace("-", "_"))()})
    assert line["taken_as"] == same.schema.set_index("column").loc[column, "taken as"]
    assert line["why"].startswith("as you say")
    assert tuple(found["features"]) == same.features


def test_the_ways_are_all_there() -> None:
    assert set(HOW) == set(own.SAYINGS)


ROWS: dict[str, tuple[list[str], int]] = {"drop": ([], 22), "median": ([], 24), "mode": ([], 24)}


@pytest.mark.parametrize("missing", ["drop", "median", "mode", "flag"])
def test_blanks_become_what_is_said(missing: str) -> None:
    found = said("show", "birds.csv", "--target", "species", "--missing", missing)
    assert found["rows_in_use"] == (22 if missing == "drop" else 24)
    assert ("sex = missing" in found["features"]) == (missing == "flag")


def test_columns_are_chosen_and_left_out_by_name() -> None:
    birds().rename(columns={"bill": "bill, mm"}).to_csv("odd.csv", index=False)
    found = said("show", "odd.csv", "--target", "species", "--features", 'mass, "bill, mm"', "--features", "year")
    assert found["features"] == ["mass", "bill, mm", "year"]
    found = said("show", "odd.csv", "--target", "species", "--leave-out", "year,sex", "--leave-out", "island")
    assert found["features"] == ["bill, mm", "mass"]


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ({"sep": ";", "decimal": ","}, ["--separator", ";", "--decimal", ","]),
        ({"sep": "\t"}, ["--separator", "tab"]),
        ({"sep": "\t"}, ["--separator", "\\t"]),
        ({"sep": "|"}, ["--separator", "|"]),
        ({"encoding": "utf-16-le"}, ["--encoding", "utf-16-le"]),
    ],
)
@pytest.mark.parametrize("target", [[], ["--target", "species"]])
def test_a_text_is_read_as_is_said(written: dict[str, Any], options: list[str], target: list[str]) -> None:
    birds().assign(species=lambda f: f["species"] + "é").to_csv("odd.csv", index=False, **written)
    found = said("show", "odd.csv", *options, *target)
    assert [line["column"] for line in found["columns"]][-1] == ("species" if target else "year")
    assert {line["column"] for line in found["columns"]} == {*birds().columns}
    assert found.get("target", {}).get("classes", ["Adelieé"])[0] == "Adelieé"
    mass = next(line for line in found["columns"] if line["column"] == "mass")
    assert mass["kind"] == "number"


def test_the_target_is_taken_as_is_said() -> None:
    assert said("show", "birds.csv", "--target", "sex")["target"]["classes"] == ["female", "male"]
    found = said("show", "birds.csv", "--target", "sex", "--positive", "female")["target"]
    assert found == {"name": "sex", "kind": "two", "classes": ["male", "female"]}
    assert said("show", "birds.csv", "--target", "year")["target"]["kind"] == "two"
    assert said("show", "birds.csv", "--target", "year", "--kind", "number")["target"]["kind"] == "number"


def test_rows_are_dealt_into_parts_by_a_seed() -> None:
    args = ("birds.csv", "--target", "species", "--valid", 0.25, "--test", 0.2)
    assert said("show", *args)["parts"] == {"train": 12, "valid": 6, "test": 4}
    losses = [said("train", *args, "--epochs", 0, "--split-seed", seed)["losses"][0] for seed in (0, 1, 1)]
    assert losses[0] != losses[1] == losses[2]


def test_show_prints_how_each_column_is_taken_and_why() -> None:
    words = ran("show", "birds.csv", "--target", "species", "--leave-out", "year")
    assert words.rstrip() == str(sn.table("birds.csv", "species", columns={"year": sn.left_out()}))
    words = ran("show", "birds.csv")
    assert words.startswith("birds.csv: 24 rows, 6 columns\n")
    assert "say it with --target COLUMN" in words
    assert re.search(r"bill +number +\(x - mean\) / spread +\d+ different numbers; 1 blank\n", words)


# ---- train


def test_a_line_is_trained_as_numpy_does() -> None:
    found = said("train", "birds.csv", "--target", "mass", "--features", "bill,year", "--epochs", 3, "--lr", 0.2)
    frame = birds().dropna(subset=["bill"])
    X = frame[["bill", "year"]].to_numpy(float)
    mass = frame[["mass"]].to_numpy()
    X, y = (X - X.mean(0)) / X.std(0), (mass - mass.mean()) / mass.std()
    start = sn.linear(sn.table("birds.csv", "mass", features=["bill", "year"])).init(0)
    W, b, losses = start["W"], start["b"], []
    for _ in range(4):
        error = X @ W + b - y
        losses.append(float((error**2).mean()))
        last = W, b
        W, b = W - 0.4 * X.T @ error / len(X), b - 0.4 * error.mean(keepdims=True)
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-12)
    np.testing.assert_allclose(found["params"]["W"], last[0], rtol=1e-10)
    assert found["measured"]["train"]["rmse"] == pytest.approx(losses[-1] ** 0.5 * mass.std(), rel=1e-12)
    assert "accuracies" not in found


def test_a_table_of_curves_and_metrics_is_printed() -> None:
    words = ran("train", "birds.csv", "--target", "species", "--hidden", "4", "--epochs", 20, "--valid", 0.25)
    assert words.startswith("birds.csv: 22 rows, 5 features, to predict species")
    assert "MLP 5-4-3, sgd" in words
    assert re.search(r"epoch +loss +accuracy +valid loss +valid accuracy", words)
    assert re.search(r"\n +20 +\d\.\d+ +\d+\.\d% +\d\.\d+ +\d+\.\d%", words)
    assert re.search(r"at the end +rows +loss +accuracy +majority", words)
    assert re.search(r"\nvalid +6 +\d\.\d+ +\d+\.\d% +\d+\.\d%", words)
    number = ran("train", "birds.csv", "--target", "mass", "--epochs", 2)
    assert "accuracy" not in number
    assert re.search(r"at the end +rows +loss +r2 +rmse +mae", number)


MODELS: dict[str, tuple[list[str], str, dict[str, tuple[int, int]]]] = {
    "linear": ([], "mass", {"W": (6, 1), "b": (1, 1)}),
    "two-relu": ([], "mass", {"W": (6, 2), "b": (1, 2)}),
    "relu-3": ([], "mass", {"W": (6, 3), "b": (1, 3)}),
    "logistic": ([], "sex", {"W": (6, 1), "b": (1, 1)}),
    "softmax": ([], "species", {"W": (5, 3), "b": (1, 3)}),
    "mlp": (["--hidden", "4,2"], "mass", {"W_1": (6, 4), "W_2": (4, 2), "W_3": (2, 1)}),
}


@pytest.mark.parametrize("model", MODELS)
def test_each_model_is_there(model: str) -> None:
    options, target, shapes = MODELS[model]
    found = said("train", "birds.csv", "--target", target, "--model", model, *options, "--epochs", 1)
    assert {name: np.shape(found["params"][name]) for name in shapes} == shapes


@pytest.mark.parametrize(("target", "model"), [("mass", "Linear"), ("sex", "Logistic"), ("species", "Softmax")])
def test_the_model_of_which_nothing_is_said_suits_the_target(target: str, model: str) -> None:
    assert said("train", "birds.csv", "--target", target, "--epochs", 0)["title"] == f"{model}, sgd"


def test_layers_may_be_said_at_once_or_one_by_one() -> None:
    one = said("train", "birds.csv", "--target", "mass", "--hidden", "4,2", "--epochs", 2)
    assert (
        one["params"]
        == said("train", "birds.csv", "--target", "mass", "--hidden", 4, "--hidden", 2, "--epochs", 2)["params"]
    )
    assert said("train", "birds.csv", "--target", "mass", "--model", "mlp", "--epochs", 0)["title"] == "MLP 6-8-1, sgd"


def test_settings_of_training_are_those_of_python() -> None:
    found = said(
        "train", "birds.csv", "--target", "mass", "--hidden", 3, "--activation", "tanh", "--loss", "huber",
        "--optimiser", "adam", "--lr", 0.03, "--schedule", "cosine", "--weight-decay", 0.01, "--batch-size", 5,
        "--seed", 7, "--epochs", 4, "--device", "cpu", "--dtype", "float32",
    )  # fmt: skip
    table = sn.table("birds.csv", "mass")
    net = sn.mlp(table, 3, activation="tanh", loss="huber")
    run = sn.train(
        net, table, optimiser="adam", lr=0.03, schedule="cosine", weight_decay=0.01, batch=5, seed=7, epochs=4,
        device="cpu", dtype="float32",
    )  # fmt: skip
    assert found["losses"] == run.losses.tolist()
    assert len({*found["losses"]}) == 5


def test_parameters_are_written_for_torch_numpy_and_a_list(folder: Path) -> None:
    args = ("train", "birds.csv", "--target", "mass", "--hidden", 3, "--epochs", 5)
    found = said(*args, "--params", "W.pt")
    module = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 1)).double()
    module.load_state_dict(torch.load("W.pt"))
    table = sn.table("birds.csv", "mass")
    loss = ((module(torch.tensor(table.X)) - torch.tensor(table.y)) ** 2).mean().item()
    assert loss == pytest.approx(found["losses"][-1], rel=1e-12)
    ran(*args, "--params", "W.npz")
    ran(*args, "--params", "W.csv", "--history", "h.csv", "--plot", "p.png")
    arrays, rows = np.load("W.npz"), pd.read_csv("W.csv").set_index("parameter")
    assert tuple(arrays["features"]) == table.features
    for name, value in found["params"].items():
        np.testing.assert_array_equal(arrays[name], value)
        np.testing.assert_array_equal(rows.loc[[name], "value"], np.ravel(value))
    assert rows.loc["W_1", "row"].iloc[0] == table.features[0]
    assert pd.read_csv("h.csv")["loss"].tolist() == pytest.approx(found["losses"], rel=1e-15)
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")


def test_the_passengers_models_take_optimisers_and_write_parameters() -> None:
    found = said("train", "linear", "--epochs", 2, "--optimiser", "adam", "--seed", 0, "--params", "W.pt")
    assert torch.load("W.pt")["lin.weight"].T.tolist() == found["W"]
    table = sn.titanic()
    run = sn.train(sn.linear(table), table, sn.linear(table).init(0), epochs=2, optimiser="adam")
    assert found["losses"] == run.losses.tolist()
    ran("train", "linear", "--epochs", 2, "--params", "W.csv")
    assert pd.read_csv("W.csv").columns.tolist() == ["feature", "unit_1"]


def test_a_run_in_a_process_of_its_own_keeps_words_from_what_it_prints(folder: Path) -> None:
    done = run_sheetnet(
        "train", folder / "birds.csv", "--target", "sex", "--epochs", 1, "--json", "--params", folder / "W.csv"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["target"] == "sex"
    assert done.stderr == f"written: {folder / 'W.csv'}\n"


# ---- sweep


def test_the_best_net_of_a_sweep_is_trained_again_by_what_is_printed() -> None:
    words = ran(
        "sweep", "birds.csv", "--target", "species", "--leave-out", "year", "--column", "island=codes", "--hidden", 3,
        "--lr", "0.1,0.5", "--optimiser", "sgd", "--optimiser", "adam", "--nets", 8, "--epochs", 20, "--valid", 0.25,
        "--dtype", "float64", "--results", "nets.csv", "--plot", "nets.png",
    )  # fmt: skip
    nets = pd.read_csv("nets.csv")
    assert len(nets) == 8
    assert "median final valid loss by learning rate (down) and optimiser (across)" in words
    again = re.search(r"again with\n  sheetnet (.*)\n", words)
    assert again
    found = said(*shlex.split(again[1]))
    assert found["valid_losses"][-1] == pytest.approx(nets["valid_loss"].min(), rel=1e-9)


def test_a_sweep_says_for_programs_what_came_out() -> None:
    found = said("sweep", "birds.csv", "--target", "mass", "--lr", "0.01,0.1", "--epochs", 3)
    assert (found["nets"], found["judged"], found["diverged"]) == (20, "loss", 0.0)
    assert found["best"]["lr"] == 0.1
    assert np.shape(found["best"]["params"]["W"]) == (6, 1)


# ---- wrong words


T = ("birds.csv", "--target", "species")
WRONG: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    "no target": (("build", "birds.csv"), ("'species', 'island', 'bill'", "say it with --target COLUMN")),
    "wrong target": (("train", "birds.csv", "--target", "specie"), ("no column 'specie'", "mend --target")),
    "wrong feature": (("show", *T, "--features", "bil"), ("no column 'bil'", "mend --features")),
    "wrong column": (("show", *T, "--column", "isle=dummies"), ("no column 'isle'", "mend --column")),
    "wrong left out": (("show", *T, "--leave-out", "isle"), ("no column 'isle'",)),
    "no names": (("show", *T, "--features", ""), ("--features needs the names of columns",)),
    "no how": (("show", *T, "--column", "island"), ("--column", "'island' is not NAME=HOW", "share-of-largest")),
    "wrong how": (("show", *T, "--column", "island=dumies"), ("'island=dumies'", "dummies, codes, yes-no")),
    "said twice": (
        ("show", *T, "--column", "island=codes", "--leave-out", "island"),
        ("island is said twice", "--leave-out"),
    ),
    "a text as number": (("show", *T, "--column", "sex=log"), ("birds.csv, column sex", "--column NAME=log")),
    "wrong missing": (("show", *T, "--missing", "mean"), ("--missing", "'mean'", "median")),
    "wrong positive": (("show", "birds.csv", "--target", "sex", "--positive", "f"), ("column sex", "mend --positive")),
    "wrong kind": (("show", *T, "--kind", "number"), ("column species", "line 2", "numbers")),
    "wrong share": (("show", *T, "--valid", "2"), ("valid must be a share", "found 2.0")),
    "seed of no split": (("show", *T, "--split-seed", 1), ("--split-seed", "--valid or --test")),
    "wrong separator": (("show", *T, "--separator", ";;"), ("separator is ';;'", '--separator ";"')),
    "wrong encoding": (("show", *T, "--encoding", "klingon"), ("no encoding 'klingon'", "mend --encoding")),
    "wrong model": (("build", *T, "--model", "softmx"), ("no model 'softmx'", "known are", "did you mean softmax?")),
    "wrong for target": (("build", *T, "--model", "logistic"), ("species has 3 classes",)),
    "wrong hidden": (("train", *T, "--hidden", "8,x"), ("--hidden", "'8,x'", "8,4")),
    "no hidden": (("train", *T, "--hidden", "0"), ("size of a hidden layer", "found 0")),
    "wrong activation": (("train", *T, "--hidden", 2, "--activation", "rilu"), ("no activation 'rilu'", "leaky_relu")),
    "hidden of none": (("build", *T, "--model", "linear", "--hidden", 2), ("--hidden is for --model mlp",)),
    "loss of its own": (("build", *T, "--loss", "mse"), ("--loss is for linear", "softmax has its own")),
    "wrong loss": (("build", *T, "--hidden", 2, "--loss", "mse"), ("the loss mse does not suit", "cross_entropy")),
    "absent": (("train", "gone.csv", "--target", "x"), ("gone.csv", "there is no such file")),
    "a folder": (("train", ".", "--target", "x"), ("this is a folder",)),
    "a workbook": (("show", "book.xlsx"), ("book.xlsx", "save it as CSV")),
    "lesson": (("build", "titanc"), ("'titanc' is no lesson and no table", "quadratic", "mean titanic?")),
    "no ending": (("build", "birds", "--target", "x"), ("did you mean birds.csv?",)),
    "no model": (("train", "two-rely"), ("no model 'two-rely'", "penguins.csv", "did you mean two-relu?")),
    "no table to show": (("show", "bird"), ("'bird' is no table", "did you mean birds.csv?")),
    "show first": (("show", "birds.csv", "--kind", "two"), ("--kind is for a table whose --target is named",)),
    "lesson with target": (("build", "titanic", "--target", "Age"), ("--target is for a table, such as penguins.csv",)),
    "lesson with hidden": (("build", "all", "--hidden", 8), ("--hidden is for a table",)),
    "table with recipe": (("build", *T, "--recipe", "notebook"), ("--recipe is for titanic",)),
    "model with missing": (("train", "linear", "--missing", "drop"), ("--missing is for a table",)),
    "model of sweep": (("sweep", "linear", "--hidden", 2), ("--hidden is for a table, such as sheetnet sweep",)),
    "sweep by optimisers": (("sweep", "linear", "--optimiser", "adam"), ("--optimiser is for a table",)),
    "table with memory": (("train", *T, "--memory", "2GB"), ("--memory is for linear",)),
    "table with checkpoint": (("train", *T, "--checkpoint", "x.npz"), ("--checkpoint is for linear",)),
    "table with scale": (("sweep", *T, "--scale", "0.1"), ("--scale is for linear",)),
    "workbook of a sweep": (("sweep", *T, "-o", "x.xlsx"), ("--output is for linear",)),
    "recipe of a sweep": (("sweep", *T, "--recipe", "notebook"), ("--recipe is for linear",)),
    "over the table": (("train", *T, "--history", "birds.csv"), ("--history would overwrite the table",)),
    "nowhere": (("build", *T, "-o", "no/x.xlsx"), ("the folder no does not exist",)),
    "epochs": (("build", *T, "--epochs", 0), ("epochs must be a whole number from 1",)),
    "rate": (("train", *T, "--lr", "nan"), ("the learning rate must be a finite number",)),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_word_is_answered_with_what_to_say(folder: Path, case: str) -> None:
    (folder / "book.xlsx").write_bytes(b"")
    before = {*folder.iterdir()}
    args, words = WRONG[case]
    message = refused(*args)
    assert all(word in message for word in words), message
    assert not re.search(r"\bsn\.|(target|features|columns|missing|kind|positive|separator|encoding)=", message), (
        message
    )
    assert {*folder.iterdir()} == before


def test_a_cell_that_does_not_fit_is_named_by_its_line() -> None:
    lines = Path("birds.csv").read_text().splitlines()
    lines[4] += ",more"
    Path("bad.csv").write_text("\n".join(lines))
    assert "bad.csv, line 5: found 7 fields" in refused("build", "bad.csv", "--target", "species")


# ---- the same options everywhere; help


def options_of(name: str) -> dict[str, click.Parameter]:
    command = command_of(name)
    return {option.name: option for option in command.params}


def test_a_table_and_a_model_are_said_alike_everywhere() -> None:
    first = options_of("build")
    for name in ("train", "sweep"):
        other = options_of(name)
        assert all(
            other[key] is first[key] or other[key].opts == first[key].opts for key in (*own.OF_TABLE, *own.OF_MODEL)
        )
    assert set(own.OF_TABLE) <= set(options_of("show"))


@pytest.mark.parametrize("name", ["build", "train", "sweep", "show", "check"])
def test_help_has_examples_that_are_understood(name: str) -> None:
    words = CliRunner().invoke(main, [name, "--help"]).stdout
    examples = re.findall(rf"^ +sheetnet {name} (.*)$", words, re.MULTILINE)
    assert len(examples) >= 2
    for example in examples:
        assert command_of(name).make_context(name, shlex.split(example)).params


def test_every_lesson_is_still_named() -> None:
    message = refused("build", "britannic")
    assert all(name in message for name in (*LISTING, "all"))


def test_a_workbook_of_another_target_stays_where_no_name_was_given() -> None:
    ran("build", "birds.csv", "--target", "species", "--epochs", 1)
    before = Path("birds.xlsx").read_bytes()
    message = refused("build", "birds.csv", "--target", "mass", "--epochs", 1)
    assert "birds.xlsx: the workbook that stands there learns species, and stays; name another with --output" in message
    assert Path("birds.xlsx").read_bytes() == before
    ran("build", "birds.csv", "--target", "species", "--epochs", 2)
    ran("build", "birds.csv", "--target", "mass", "--epochs", 1, "-o", "birds.xlsx")


# ---- the README


def test_what_the_readme_says_of_ones_own_table_runs() -> None:
    make, *uses = re.findall(r"```py\n(.*?)```", OWN, re.DOTALL)
    names: dict[str, Any] = {}
    exec(make, names)
    (commands,) = re.findall(r"```sh\n(.*?)```", OWN, re.DOTALL)
    lines = [shlex.split(line, comments=True)[1:] for line in commands.splitlines()]
    assert {line[0] for line in lines} == {"show", "build", "check", "train", "sweep"}
    for line in lines:
        ran(*line)
    for use in uses:
        exec(use, names)
    assert names["report"]
