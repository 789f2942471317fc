"""The workbook of one's own table: what it refuses before anything is written, and what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import sheetnet as sn
from sheetnet.book import manifest
from sheetnet.book.opened import find_manifest
from sheetnet.book.reader import read
from sheetnet.errors import SheetnetError, WorkbookError
from sheetnet.graph.gradient import RULES
from sheetnet.models import layers as L
from sheetnet.models.losses import LOSSES
from sheetnet.models.optimisers import OPTIMISERS

RNG = np.random.default_rng(3)
FRAME = pd.DataFrame({"a": RNG.normal(size=24), "b": RNG.normal(size=24), "kind": ["u", "v", "w"] * 8}).assign(
    cost=lambda f: 3 * f.a - f.b + 10
)


def table(target: str = "cost") -> sn.Table:
    return sn.table(FRAME[["a", "b", target]], target, name="rows")


def normed(bias: bool) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 3, bias=bias), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1)).double()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "own.xlsx"
    both = [sn.mlp(table("kind"), 3), sn.mlp(table("kind"), 3, activation="tanh", name="curved")]
    sn.build(path, table("kind"), both, epochs=3)
    return path


def test_two_nets_of_one_title_stand_on_sheets_of_their_own(book: Path) -> None:
    assert {"MLP 2-3-3", "MLP 2-3-3 curved"} <= set(read(book).sheets)
    assert sn.check(book).ok


def test_the_share_of_the_largest_class_and_probabilities_stand_beside_the_scores(book: Path) -> None:
    report = sn.check(book)
    said = {block.id: block for block in report.blocks}
    for id in ("mlp.now.majority", "mlp.now.probability", "mlp.now.accuracy"):
        assert said[id].torch_abs is not None  # torch has a say in it


@pytest.mark.parametrize("optimiser", ["adagrad", "rmsprop", "adam", "adamw"])
def test_a_bias_before_a_norm_is_refused_where_no_two_programs_would_step_alike(optimiser: str, tmp_path: Path) -> None:
    path = tmp_path / "n.xlsx"
    with pytest.raises(SheetnetError, match=r"the gradient of b_1 is 0 but for rounding.*leave it out \(bias=False\)"):
        sn.build(path, table(), normed(True), epochs=2, optimiser=optimiser)
    assert not path.exists()
    sn.build(path, table(), normed(False), epochs=2, optimiser=optimiser)
    assert sn.check(path).ok


def test_plain_descent_takes_a_bias_before_a_norm(tmp_path: Path) -> None:
    sn.build(tmp_path / "n.xlsx", table(), normed(True), epochs=2)
    assert sn.check(tmp_path / "n.xlsx").ok


def test_the_users_stream_of_random_numbers_goes_on_as_if_nothing_had_been(book: Path, tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    sn.build(tmp_path / "n.xlsx", table(), sn.mlp(table(), 3), epochs=1)
    sn.check(book)
    sn.train(sn.mlp(table(), 3), table(), epochs=1, device="cpu")
    assert torch.equal(torch.rand(3), expected)


def _layer(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = L.Dense.forward
    monkeypatch.setattr(L.Dense, "forward", lambda self, *of: honest(self, *of) * (1.0 + 1e-8))


def _loss(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = LOSSES["cross_entropy"]
    monkeypatch.setitem(LOSSES, loss.name, replace(loss, rows=lambda out, y: loss.rows(out, y) * (1.0 + 1e-8)))


def _step(monkeypatch: pytest.MonkeyPatch) -> None:
    sgd = OPTIMISERS["sgd"]
    monkeypatch.setitem(OPTIMISERS, "sgd", replace(sgd, rule=lambda W, g, *of: sgd.rule(W, g * (1.0 + 1e-6), *of)))


def _gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "tanh", lambda n, d: (d * (1.0 + 1e-8 - n * n),))


@pytest.mark.parametrize(
    ("plant", "where"),
    [
        (_layer, "mlp.now.lin_1"),
        (_loss, "mlp.now.loss"),
        (_step, "mlp.then.W_1_next"),
        (_gradient, "curved.then.d_lin_1"),
    ],
)
def test_what_graph_and_sheet_have_wrong_alike_torch_notices(
    plant: Callable[[pytest.MonkeyPatch], None], where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    both = [sn.mlp(table("kind"), 3), sn.mlp(table("kind"), 3, activation="tanh", name="curved")]
    sn.build(tmp_path / "wrong.xlsx", table("kind"), both, epochs=3)
    report = sn.check(tmp_path / "wrong.xlsx")
    assert not report.ok
    [block] = [block for block in report.blocks if block.id == where]
    assert "differs from torch's" in str(block.finding)


@pytest.mark.parametrize(
    ("hidden", "epochs", "optimiser", "words"),
    [
        (200, 1000, "adam", r"would have [\d,]+ cells, programs work with 2,000,000 or so: at most \d+ epochs fit"),
        (256, 1000, "sgd", r"at most [\d,]+ epochs fit"),
    ],
)
def test_what_no_program_could_open_is_refused_with_what_fits(
    hidden: int, epochs: int, optimiser: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(SheetnetError, match=words) as refused:
        sn.build(tmp_path / "n.xlsx", table(), sn.mlp(table(), hidden, 50), epochs=epochs, optimiser=optimiser)
    assert not list(tmp_path.iterdir())
    fits = int(str(refused.value).split("at most ")[1].split(" ")[0].replace(",", ""))
    assert 0 < fits < epochs


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": 0.1}, "build has no setting 'learning_rate': it is called lr here"),
        ({"optimizer": "adam"}, "it is called optimiser here"),
        ({"random_state": 0}, "it is called seed here"),
        ({"colour": 1}, "known are epochs, lr, optimiser"),
    ],
)
def test_settings_under_other_names_get_a_hint(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(SheetnetError, match=words):
        sn.build(tmp_path / "n.xlsx", table(), sn.linear(table()), **settings)


@pytest.mark.parametrize("what", ["optimiser", "loss", "layer"])
def test_what_a_file_needs_and_this_version_lacks_is_named(book: Path, what: str) -> None:
    content = json.loads(manifest.dump(find_manifest(read(book))))
    if what == "optimiser":
        content["spec"]["optimiser"] = "lion"
    elif what == "loss":
        content["spec"]["nets"][0]["loss"] = "lion"
    else:
        content["spec"]["nets"][0]["steps"][1]["layer"] = "lion"
    with pytest.raises(WorkbookError, match=r"own.xlsx: this workbook .* lion; sheetnet .* has "):
        manifest.load(json.dumps(content), "own.xlsx")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda spec: spec.update(nets=[]),
        lambda spec: spec.update(epochs=10**9),
        lambda spec: spec["nets"][0].update(n_features=10**6),
        lambda spec: spec["nets"][0]["steps"][0].update(n_out=10**9),
        lambda spec: spec["nets"][0]["steps"][0].update(sources=[7]),
        lambda spec: spec["nets"][0].update(name="=1+1"),
        lambda spec: spec["table"].update(n_raw=10**9),
        lambda spec: spec.update(classes="abc" * 1000),
    ],
)
def test_a_damaged_manifest_is_refused(book: Path, spoil: Any) -> None:
    content = json.loads(manifest.dump(find_manifest(read(book))))
    spoil(content["spec"])
    with pytest.raises(WorkbookError, match=r"own\.xlsx: its hidden manifest is damaged"):
        manifest.load(json.dumps(content), "own.xlsx")


def test_its_settings_make_the_same_workbook(book: Path) -> None:
    found = find_manifest(read(book))
    again = type(found.workbook).from_settings(json.loads(json.dumps(found.workbook.settings)))
    assert manifest.ranges(again.book) == found.blocks


def test_the_same_input_gives_the_same_bytes(book: Path, tmp_path: Path) -> None:
    both = [sn.mlp(table("kind"), 3), sn.mlp(table("kind"), 3, activation="tanh", name="curved")]
    sn.build(tmp_path / "again.xlsx", table("kind"), both, epochs=3)
    assert (tmp_path / "again.xlsx").read_bytes() == book.read_bytes()


def test_a_net_for_another_table_is_refused(tmp_path: Path) -> None:
    wider = sn.table(FRAME[["a", "b", "kind", "cost"]], "cost", columns={"kind": sn.dummies(drop=None)})
    other = sn.mlp(wider, 2)
    with pytest.raises(SheetnetError, match="takes 5 columns, the table has 2"):
        sn.build(tmp_path / "n.xlsx", table(), other)
