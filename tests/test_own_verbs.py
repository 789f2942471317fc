"""The way back for one's own table and nets: parameters out and in, new rows, torch pushed into an open sheet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from conftest import edit, once
from torch import nn

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.book.params import Params
from sheetnet.book.rebuild import changes_of
from sheetnet.engines import Engine
from sheetnet.errors import LiveError, SheetnetError
from sheetnet.living import LiveSession, board, learning
from sheetnet.living.learning import Push, learn
from sheetnet.living.steps import way_of
from sheetnet.models.as_net import as_net
from sheetnet.models.net import Parameter
from sheetnet.page.area import cell_address
from sheetnet.page.book import Block

pytestmark = pytest.mark.usefixtures("read_once")
EPOCHS = 3
RNG = np.random.default_rng(5)
FRAME = pd.DataFrame(
    {
        "dose": RNG.normal(3, 2, 16).round(2),
        "site": ["north", "south", "west", "south"] * 4,
        "ill": ["no", "yes", "yes", "no", "yes", "no", "no", "yes"] * 2,
        "kind": ["a", "b b", "c", "a"] * 4,
        "cost": RNG.gamma(2, 10, 16).round(1),
    }
)
FEATURES = ["dose", "site = south", "site = west"]  # north, as common as west and before it, has no dummy
NEW = pd.DataFrame({"site": ["south", "west", "north"], "dose": [1.5, 9.0, -2.0]}, index=["x", "y", "z"])


def module(n_outputs: int) -> nn.Sequential:
    """The mlp of the workbooks, as a user writes it."""
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, n_outputs)).double()


def normed() -> nn.Sequential:
    """What has buffers, and masks in training."""
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Tanh(), nn.Dropout(0.3), nn.Linear(2, 1)).double()


def table_of(target: str) -> Any:
    return sn.table(FRAME, target, features=["dose", "site"], columns={"site": sn.dummies()}, name="clinic")


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The workbook of a target: many classes by adam, two in parts by momentum, a number by sgd."""
    folder = tmp_path_factory.mktemp("own")

    def build(target: str, out: Path) -> None:
        table = table_of(target)
        if target == "kind":
            sn.build(out, table, sn.mlp(table, 2), epochs=EPOCHS, optimiser="adam", lr=0.1 / 3)
        elif target == "cost":
            sn.build(out, table, [sn.linear(table), sn.mlp(table, 2)], epochs=EPOCHS, lr=0.01 / 3)
        else:
            torch.manual_seed(1)
            parts = table.split(valid=0.2, test=0.1)
            own = as_net(normed(), parts, name="own")
            sn.build(out, parts, [sn.linear(parts), own], epochs=EPOCHS, optimiser="momentum", lr=0.1 / 3)

    return lambda target: once(folder / f"{target}.xlsx", lambda out: build(target, out))


TARGETS = {"kind": "mlp", "ill": "own", "cost": "mlp"}  # and the last net of each


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder to work in; after the test no half-written file is in it."""
    monkeypatch.chdir(tmp_path)
    yield
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return list(a) == list(b) and all(np.array_equal(a[name], b[name]) for name in a)


def cell(path: Path, block: Block, i: int = 0, j: int = 0) -> str:
    area = block.area
    return f"{area.sheet}!{cell_address(area.row + i, area.col + j)}"


def in_cost(pred: np.ndarray) -> np.ndarray:
    """Predictions of the scaled cost as costs, by pandas."""
    return np.asarray(pred * FRAME["cost"].std(ddof=0) + FRAME["cost"].mean())


def by_hand(frame: pd.DataFrame) -> np.ndarray:
    """The features of rows in plain pandas, by the mean and spread of the rows of FRAME."""
    dose = (frame["dose"] - FRAME["dose"].mean()) / FRAME["dose"].std(ddof=0)
    return np.column_stack([dose, frame["site"] == "south", frame["site"] == "west"]).astype(float)


# ---- out


def hold_the_epochs(path: Path) -> None:
    """Every epoch's parameters are those that a module goes through that a user trains, loaded with the yellow ones."""
    got = sn.read_params(path)
    net, y = module(3), torch.tensor(FRAME["kind"].map({"a": 0, "b b": 1, "c": 2}).to_numpy())
    assert str(net.load_state_dict(got.state_dict())) == "<All keys matched successfully>"
    optimiser, X = torch.optim.Adam(net.parameters(), lr=0.1 / 3), torch.tensor(by_hand(FRAME))
    for epoch in range(EPOCHS + 1):
        for key, value in got.state_dict("mlp", epoch).items():
            np.testing.assert_allclose(value, net.state_dict()[key], rtol=1e-10, atol=1e-13)
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(X), y).backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def test_every_epoch_is_that_of_a_users_own_training(book: Callable[[str], Path]) -> None:
    hold_the_epochs(book("kind"))


def test_a_transposed_weight_is_caught(book: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = lambda self, value: value.reshape(self.held.torch_shape).copy()  # noqa: E731
    monkeypatch.setattr(Parameter, "to_torch", wrong)
    with pytest.raises(AssertionError):
        hold_the_epochs(book("kind"))


def test_an_epoch_too_late_is_caught(book: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    right = Params.at
    monkeypatch.setattr(Params, "at", lambda self, epoch: right(self, min(epoch + 1, EPOCHS)))
    with pytest.raises(AssertionError):
        hold_the_epochs(book("kind"))


def test_views_have_our_names_and_torchs(book: Callable[[str], Path]) -> None:
    got = sn.read_params(book("kind"))
    start = sn.mlp(table_of("kind"), 2).init(0)
    assert (list(got.params), got.rates, got.features) == (["mlp"], {"mlp": 0.1 / 3}, tuple(FEATURES))
    assert same(got.params["mlp"], start)
    assert same(got.at(0)["mlp"], start)
    assert {key: tuple(v.shape) for key, v in got.state_dict().items()} == {
        "0.weight": (2, 3), "0.bias": (2,), "2.weight": (3, 2), "2.bias": (3,),
    }  # fmt: skip
    frames = got.frames("mlp", 2)
    assert list(frames["W_1"].index) == FEATURES
    assert list(frames["W_2"].columns) == ["a", "b b", "c"]
    assert frames["W_2"].loc["unit_2", "b b"] == got.at(2)["mlp"]["W_2"][1, 1]
    listed = got.frame()
    assert list(listed.columns) == ["parameter", "row", "column", "value"]
    assert len(listed) == 3 * 2 + 2 + 2 * 3 + 3
    with pytest.raises(SheetnetError, match="mlp has the parameters W_1, b_1, W_2, b_2, no W"):
        got.W()


def test_a_person_sees_what_a_person_typed(book: Callable[[str], Path]) -> None:
    place = sn.read_params(book("cost")).place("mlp")
    changes = {cell(book("cost"), place.blocks["W_1"], 1, 1): 0.25, cell(book("cost"), place.rate): 0.5}
    got = sn.read_params(edit(book("cost"), Path("mine.xlsx"), changes))
    assert (got.params["mlp"]["W_1"][1, 1], got.rates["mlp"]) == (0.25, 0.5)
    assert got.at(0)["mlp"]["W_1"][1, 1] == 0.25
    assert (got.raw.frame.columns == ["dose", "site", "cost"]).all()


# ---- in


def own_names() -> nn.Module:
    """The mlp with names of the user's own."""

    class Mine(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(3, 2), nn.Linear(2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.second(torch.relu(self.first(x)))
            return out

    return Mine()


def saved(form: str) -> Callable[[Params], str]:
    def write(got: Params) -> str:
        result = CliRunner().invoke(main, ["params", got.file, "--epoch", "2", "-o", f"W.{form}"])
        assert result.exit_code == 0, result.output
        return f"W.{form}"

    return write


def loaded(net: nn.Module, got: Params) -> nn.Module:
    """A module with the parameters of epoch 2."""
    for tensor, value in zip(net.parameters(), got.state_dict("mlp", 2).values(), strict=True):
        tensor.data = value.clone()
    return net


FORMS: dict[str, Callable[[Params], Any]] = {
    "by name": lambda got: got.at(2),
    "bare": lambda got: got.at(2)["mlp"],
    "state_dict": lambda got: got.state_dict("mlp", 2),
    "state_dict by name": lambda got: {"mlp": got.state_dict("mlp", 2)},
    "frames in another order": lambda got: {
        name: frame.iloc[::-1, ::-1] for name, frame in got.frames("mlp", 2).items()
    },
    "frames as torch has them": lambda got: {
        p.key: got.frames("mlp", 2)[p.name].T if p.held.turned else got.at(2)["mlp"][p.name]
        for p in got.model("mlp").parameters  # type: ignore[union-attr]
    },
    "list": lambda got: got.frame("mlp", 2).sample(frac=1, random_state=1),
    "csv": saved("csv"),
    "npz": saved("npz"),
    "pt": saved("pt"),
    "csv by name": lambda got: {"mlp": saved("csv")(got)},
    "module": lambda got: loaded(module(3), got),
    "module by name": lambda got: {"mlp": loaded(module(3), got)},
    "module with other names": lambda got: loaded(own_names(), got),
    "run": lambda got: sn.train(
        sn.mlp(got.table, 2), got.table, got.at(2)["mlp"], epochs=0, optimiser="adam", device="cpu"
    ),
    "blocks": lambda got: got.place("mlp").cells(got.at(2)["mlp"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_parameters_of_any_form_go_in_to_the_bit(book: Callable[[str], Path], form: str) -> None:
    got = sn.read_params(book("kind"))
    asked = changes_of(got, FORMS[form](got))
    assert same(got.place("mlp").read(asked), got.at(2)["mlp"])
    assert len(asked) == 4  # and nothing else is changed


@pytest.mark.parametrize("target", TARGETS)
def test_read_and_written_back_it_is_the_same_file(book: Callable[[str], Path], target: str) -> None:
    path = book(target)
    forms: list[Any] = [{}, sn.read_params(path)]
    for params in forms:
        sn.write_params(path, "new.xlsx", params)
        assert Path("new.xlsx").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("target", TARGETS)
def test_a_rebuilt_workbook_is_right(book: Callable[[str], Path], target: str) -> None:
    got = sn.read_params(book(target))
    sn.write_params(book(target), "new.xlsx", {**got.at(EPOCHS), "start.epoch": 2, f"start.{TARGETS[target]}.lr": 0.02})
    new = sn.read_params("new.xlsx")
    assert all(same(new.params[name], got.at(EPOCHS)[name]) for name in got.params)
    assert new.rates[TARGETS[target]] == 0.02
    assert new.inputs["start.epoch"][0, 0] == 2
    report = sn.check("new.xlsx")
    assert report.ok, str(report)


@pytest.mark.office
def test_a_rebuilt_workbook_is_right_in_libreoffice(
    book: Callable[[str], Path], office: Engine, one_office: None
) -> None:
    sn.write_params(book("kind"), "new.xlsx", sn.read_params(book("kind")).at(1))
    report = sn.check("new.xlsx", office.name)
    assert report.ok, str(report)


def test_a_fitted_estimator_goes_in_and_the_workbook_says_what_it_says() -> None:
    from sklearn.linear_model import LinearRegression

    table = table_of("cost")
    first = LinearRegression().fit(table.X, table.y[:, 0] ** 2)
    again = LinearRegression().fit(table.X, table.y[:, 0])
    sn.build("fitted.xlsx", table, as_net(first, table, name="fitted"), epochs=1, lr=0)
    sn.write_params("fitted.xlsx", "fitted.xlsx", again)
    found = sn.predict("fitted.xlsx", NEW)["prediction"]
    np.testing.assert_allclose(found, in_cost(again.predict(by_hand(NEW))), rtol=1e-12)


def test_a_row_that_was_completed_is_in_use_when_rebuilt() -> None:
    frame = FRAME.assign(dose=FRAME["dose"].where(FRAME.index != 3))
    table = sn.table(frame, "cost", features=["dose", "site"], name="clinic")
    sn.build("gap.xlsx", table, sn.linear(table), epochs=1, lr=0.01)
    got = sn.read_params("gap.xlsx")
    block = got.workbook.book.block("data_raw.dose")
    mine = edit(Path("gap.xlsx"), Path("mine.xlsx"), {cell(Path("gap.xlsx"), block, 3): 2.5})
    assert (got.table.n_rows, sn.read_params(mine).table.n_rows) == (15, 15)
    sn.write_params(mine, "new.xlsx", {})
    assert sn.read_params("new.xlsx").table.n_rows == 16
    assert sn.check("new.xlsx").ok
    less = edit(Path("gap.xlsx"), Path("less.xlsx"), {cell(Path("gap.xlsx"), block, 4): None})
    with pytest.raises(SheetnetError, match=r"only 14 rows of the sheet Data are complete, .* laid out for 15"):
        sn.read_params(less)


# ---- new rows


def hold_the_predictions(path: Path) -> None:
    """predict says what the user's module says of rows prepared in plain pandas."""
    net = module(3)
    net.load_state_dict(sn.read_params(path).state_dict("mlp", EPOCHS))
    shares = torch.softmax(net(torch.tensor(by_hand(NEW))), 1).detach().numpy()
    found = sn.predict(path, NEW)
    names = ["a", "b b", "c"]
    assert list(found.columns) == ["prediction", *(f"probability of {name}" for name in names)]
    assert list(found.index) == ["x", "y", "z"]
    np.testing.assert_allclose(found.iloc[:, 1:].astype(float), shares, rtol=1e-12)
    assert list(found["prediction"]) == [names[at] for at in shares.argmax(1)]


def test_classes_and_probabilities_are_those_of_torch_at_the_last_epoch(book: Callable[[str], Path]) -> None:
    hold_the_predictions(book("kind"))


def test_scaling_by_the_new_rows_is_caught(book: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from sheetnet.tables.table import Table

    wrong = by_hand(NEW)
    wrong[:, 0] = (NEW["dose"] - NEW["dose"].mean()) / NEW["dose"].std(ddof=0)
    monkeypatch.setattr(Table, "transform", lambda self, rows, fill=False: wrong)
    with pytest.raises(AssertionError):
        hold_the_predictions(book("kind"))


def test_numbers_are_those_of_torch_at_any_epoch(book: Callable[[str], Path]) -> None:
    got = sn.read_params(book("cost"))
    for epoch in (0, 2, None):
        net = module(1)
        net.load_state_dict(got.state_dict("mlp", EPOCHS if epoch is None else epoch))
        pred = net(torch.tensor(by_hand(NEW))).detach().numpy()[:, 0]
        found = sn.predict(book("cost"), NEW, epoch=epoch)
        assert list(found.columns) == ["prediction"]
        np.testing.assert_allclose(found["prediction"], in_cost(pred), rtol=1e-12)
    line = got.at(EPOCHS)["linear"]
    found = sn.predict(book("cost"), NEW, model="linear")["prediction"]
    np.testing.assert_allclose(found, in_cost((by_hand(NEW) @ line["W"] + line["b"])[:, 0]), rtol=1e-12)


def test_two_classes_have_names_and_a_line_has_no_probabilities(book: Callable[[str], Path]) -> None:
    got, net = sn.read_params(book("ill")), normed()
    net.load_state_dict(got.state_dict("own", EPOCHS))
    X = got.table.transform(NEW)
    share = torch.sigmoid(net.eval()(torch.tensor(X))).detach().numpy()[:, 0]
    found = sn.predict(book("ill"), NEW)
    np.testing.assert_allclose(found["probability of yes"], share, rtol=1e-12)
    np.testing.assert_allclose(found["probability of no"], 1 - share, rtol=1e-12)
    assert list(found["prediction"]) == ["yes" if p > 0.5 else "no" for p in share]
    value = X @ got.at(EPOCHS)["linear"]["W"] + got.at(EPOCHS)["linear"]["b"]
    line = sn.predict(book("ill"), NEW, model="linear")
    np.testing.assert_allclose(line["value"], value[:, 0], rtol=1e-12)
    assert list(line["prediction"]) == ["yes" if v > 0.5 else "no" for v in value[:, 0]]


def test_rows_go_by_what_the_sheet_now_holds(book: Callable[[str], Path]) -> None:
    got = sn.read_params(book("cost"))
    mine = edit(
        book("cost"), Path("mine.xlsx"), {cell(book("cost"), got.workbook.book.block("data_raw.dose"), 2): 50.0}
    )
    changed = FRAME["dose"].where(FRAME.index != 2, 50.0)
    X = by_hand(NEW)
    X[:, 0] = (NEW["dose"] - changed.mean()) / changed.std(ddof=0)
    line = sn.read_params(mine).at(EPOCHS)["linear"]
    found = sn.predict(mine, NEW, model="linear")["prediction"]
    np.testing.assert_allclose(found, in_cost((X @ line["W"] + line["b"])[:, 0]), rtol=1e-12)


def test_files_are_read_and_written(book: Callable[[str], Path]) -> None:
    NEW.to_csv("new.csv", index=False)
    NEW.reset_index(drop=True).to_parquet("new.parquet")
    expected = sn.predict(book("kind"), NEW).reset_index(drop=True)
    for rows in ("new.csv", Path("new.parquet")):
        pd.testing.assert_frame_equal(sn.predict(book("kind"), rows, "out.csv"), expected)
        pd.testing.assert_frame_equal(pd.read_csv("out.csv"), expected, check_exact=False, rtol=1e-15)
    sn.predict(book("kind"), NEW, "out.csv")
    assert list(pd.read_csv("out.csv", index_col=0).index) == ["x", "y", "z"]


def test_blanks_are_refused_or_filled_as_asked(book: Callable[[str], Path]) -> None:
    gaps = NEW.assign(dose=[1.5, np.nan, -2.0])
    with pytest.raises(SheetnetError, match=r"column dose, row 2: found an empty cell"):
        sn.predict(book("cost"), gaps)
    filled = sn.predict(book("cost"), gaps, fill=True)
    whole = sn.predict(book("cost"), gaps.fillna({"dose": FRAME["dose"].median()}))
    pd.testing.assert_frame_equal(filled, whole)


# ---- live


@pytest.fixture
def opened(book: Callable[[str], Path]) -> Iterator[Callable[[str], LiveSession]]:
    sessions: list[LiveSession] = []

    def one(target: str) -> LiveSession:
        Path("mine.xlsx").write_bytes(book(target).read_bytes())
        sessions.append(sn.live("mine.xlsx", "ironcalc"))
        return sessions[-1]

    yield one
    for session in sessions:
        session.close()


@pytest.mark.parametrize("target", TARGETS)
def test_training_is_the_sheets_own_descent_and_the_losses_agree(
    opened: Callable[[str], LiveSession], book: Callable[[str], Path], target: str
) -> None:
    seen: list[dict[str, np.ndarray]] = []
    live = opened(target)
    learned = learn(live, epochs=EPOCHS, progress=lambda push: seen.append(live.params()))
    got = sn.read_params(book(target))
    assert [push.epoch for push in learned.pushes] == [0, 1, 2, 3]
    for epoch, params in enumerate(seen):
        for name, value in got.at(epoch)[TARGETS[target]].items():
            np.testing.assert_allclose(params[name], value, rtol=1e-10, atol=1e-13)
    assert learned.apart < 1e-12
    assert same(learned.params, live.params())
    lines = live.engine_session.read(board.SHEET, board.TOP - 1, 0, 6, 5)
    assert lines[4][:3] == [3.0, learned.pushes[3].torch, learned.pushes[3].sheet]
    assert lines[0][4] == (None if target == "cost" else "the sheet's accuracy")
    assert lines[4][4] == learned.pushes[3].accuracy


def test_the_accuracy_is_torchs(opened: Callable[[str], LiveSession], book: Callable[[str], Path]) -> None:
    learned = learn(opened("kind"), epochs=1)
    net = module(3)
    net.load_state_dict(sn.read_params(book("kind")).state_dict("mlp", 1))
    said = net(torch.tensor(by_hand(FRAME))).argmax(1).numpy()
    assert learned.pushes[1].accuracy == (said == FRAME["kind"].map({"a": 0, "b b": 1, "c": 2})).mean()


def test_the_optimiser_remembers_from_push_to_push(
    opened: Callable[[str], LiveSession], book: Callable[[str], Path]
) -> None:
    learned = learn(opened("kind"), epochs=EPOCHS, every=2)
    assert [push.epoch for push in learned.pushes] == [0, 2, 3]
    for name, value in sn.read_params(book("kind")).at(EPOCHS)["mlp"].items():
        np.testing.assert_allclose(learned.params[name], value, rtol=1e-10, atol=1e-13)


def test_an_optimiser_that_forgets_is_caught(
    opened: Callable[[str], LiveSession], book: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = learning._Run.advance

    def forgetful(self: Any, epochs: int) -> None:
        self.steps = way_of(self.live.models["mlp"], self.live.table(), "adam", 0)
        right(self, epochs)

    monkeypatch.setattr(learning._Run, "advance", forgetful)
    with pytest.raises(AssertionError):
        test_the_optimiser_remembers_from_push_to_push(opened, book)


def test_what_a_person_types_is_taken_in_or_overwritten(opened: Callable[[str], LiveSession]) -> None:
    live = opened("cost")
    area = live.place("mlp").blocks["b_1"].area

    def type_in(push: Push) -> None:
        if push.epoch == 1:
            live.engine_session.write([(area.sheet, area.row, area.col, [[0.75]])])

    learned = learn(live, "mlp", epochs=2, pull=True, progress=type_in)
    assert learned.pushes[2].edits == ("weights of b_1 taken from the sheet",)
    assert learned.params["b_1"][0, 0] == 0.75
    assert learned.apart < 1e-12
    learned = learn(live, "mlp", epochs=2, progress=type_in)
    assert learned.pushes[2].edits == ("weights of b_1 overwritten",)


def test_a_state_dict_is_pushed(opened: Callable[[str], LiveSession]) -> None:
    live, net = opened("kind"), module(3)
    live.push(net.state_dict())
    y = torch.tensor(FRAME["kind"].map({"a": 0, "b b": 1, "c": 2}).to_numpy())
    loss = nn.functional.cross_entropy(net(torch.tensor(by_hand(FRAME))), y).item()
    assert live.loss() == pytest.approx(loss, rel=1e-12)
    assert np.array_equal(live.pull().params["mlp"]["W_1"], net.state_dict()["0.weight"].numpy().T)


def test_a_planted_fault_in_the_sheet_is_seen(opened: Callable[[str], LiveSession]) -> None:
    live = opened("cost")
    area = live.workbook.book.block("data_raw.cost").area

    def type_in(push: Push) -> None:
        if push.epoch == 1:
            live.engine_session.write([(area.sheet, area.row, area.col, [[999.0]])])

    learned = learn(live, epochs=2, progress=type_in)
    assert [push.apart > 1e-10 for push in learned.pushes] == [False, False, True]
    assert "DIFFER" in str(live.engine_session.read(board.SHEET, 1, 0, 1, 1)[0][0])


def test_a_rate_too_large_ends_with_the_last_finite_parameters(
    opened: Callable[[str], LiveSession], book: Callable[[str], Path]
) -> None:
    with pytest.raises(LiveError, match=r"no finite number from epoch(.|\n)*of epoch 0, are in"):
        learn(opened("cost"), "linear", epochs=2000, lr=1e6, every=500)
    sn.write_params(book("cost"), "new.xlsx", {"linear": "mine.xlsx.weights.csv"})
    assert same(sn.read_params("new.xlsx").params["linear"], sn.read_params(book("cost")).params["linear"])


@pytest.mark.office
def test_it_is_pushed_into_libreoffice_too(book: Callable[[str], Path], office: Engine) -> None:
    Path("mine.xlsx").write_bytes(book("kind").read_bytes())
    with sn.live("mine.xlsx", office, visible=False) as live:
        learned = learn(live, epochs=2)
        assert learned.apart < 1e-12
        live.save()
    for name, value in sn.read_params("mine.xlsx").params["mlp"].items():
        np.testing.assert_allclose(value, learned.params[name], rtol=1e-14)


# ---- the commands


def run(*args: object) -> Any:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def test_params_prints_each_parameter_with_its_names(book: Callable[[str], Path]) -> None:
    result = run("params", book("kind"), "--epoch", 2)
    assert result.exit_code == 0, result.output
    assert "16 rows in use of 16, recipe table; 3 epochs of adam" in result.stdout
    for word in ("W_1", "b_2", "site = west", "b b", "the weights at epoch 2; rate 0.0333333333333333"):
        assert word in result.stdout
    said = json.loads(run("params", book("cost"), "--json").stdout)
    got = sn.read_params(book("cost")).params
    assert {name: {key: value.tolist() for key, value in params.items()} for name, params in got.items()} == said[
        "params"
    ]
    assert run("params", book("cost"), "-o", "W.npz").exit_code == 0
    with np.load("W.npz") as found:
        assert {*found.files} == {"features", "linear.W", "linear.b", "mlp.W_1", "mlp.b_1", "mlp.W_2", "mlp.b_2"}


def test_predict_says_what_it_found_and_what_it_is_worth(book: Callable[[str], Path]) -> None:
    NEW.to_csv("new.csv", index=False)
    result = run("predict", book("kind"), "--rows", "new.csv", "-o", "out.csv")
    assert result.exit_code == 0, result.output
    assert "out.csv: 3 rows, kind: " in result.stdout
    assert "by mlp at epoch 3 (the last); on the workbook's rows in use: accuracy " in result.stdout
    assert "majority 50.0%" in result.stdout
    said = json.loads(run("predict", book("cost"), "--csv", "new.csv", "-o", "out.csv", "--epoch", 1, "--json").stdout)
    assert (said["rows"], said["model"], said["epoch"]) == (3, "mlp", 1)
    assert {"r2", "rmse", "mae"} < set(said)


def test_live_shows_losses_and_accuracy_and_takes_parameters_in(book: Callable[[str], Path]) -> None:
    Path("mine.xlsx").write_bytes(book("kind").read_bytes())
    assert run("params", "mine.xlsx", "--epoch", 2, "-o", "W.csv").exit_code == 0
    result = run("live", "mine.xlsx", "--engine", "ironcalc", "--epochs", 1, "--weights", "W.csv")
    assert result.exit_code == 0, result.output
    assert "the sheet's accuracy" in result.stdout
    assert "2 pushes of mlp by adam" in result.stdout
    assert "the sheet 'Descent MLP 3-2-3' moves" in result.stderr
    said = json.loads(
        run("live", "mine.xlsx", "--engine", "ironcalc", "--epochs", 0, "--weights", "W.csv", "--json").stdout
    )
    assert said["params"]["W_1"] == sn.read_params("mine.xlsx").at(2)["mlp"]["W_1"].tolist()


# ---- what cannot be


def table_without(name: str) -> Callable[[Params], Any]:
    return lambda got: got.frame().query(f"parameter != '{name}'")


def with_line(line: dict[str, Any]) -> Callable[[Params], Any]:
    return lambda got: pd.concat([got.frame().iloc[1:], pd.DataFrame([line])])


def text_file(name: str, content: str | bytes) -> Callable[[Params], Any]:
    def write(got: Params) -> str:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


LINE = {"parameter": "W_1", "row": "dose", "column": "unit_1", "value": 1.0}
WRONG: dict[str, tuple[Callable[[Params], Any], str]] = {
    "shape": (lambda got: {"mlp": {**got.of(), "W_1": np.zeros((2, 3))}}, r"W_1 \(3, 2\).*found W_1 of shape \(2, 3\)"),
    "missing": (lambda got: {"W_1": got.of()["W_1"]}, "b_1 is missing"),
    "unknown": (lambda got: {"mlp": {**got.of(), "W_9": 1}}, "found W_9"),
    "nan": (lambda got: {**got.of(), "b_1": [[np.nan, 0]]}, "no finite numbers"),
    "text": (lambda got: {**got.of(), "b_1": [["a", "b"]]}, "something else than numbers"),
    "array": (lambda got: np.zeros((3, 2)), "needs the parameters W_1 .*found ndarray"),
    "nothing": (lambda got: None, "found NoneType"),
    "model": (lambda got: {"mlp_2": got.of()}, "no input 'mlp_2'; there are mlp, start.mlp.lr"),
    "rows": (
        lambda got: got.frames() | {"W_1": got.frames()["W_1"].rename(index={"dose": "age"})},
        r"the rows of W_1 \(.*\) have other names .*unknown: 'age'; missing: 'dose'",
    ),
    "classes": (
        lambda got: got.frames() | {"W_2": got.frames()["W_2"].rename(columns={"c": "a"})},
        r"the columns of W_2 \(.*\) have other names .*twice: 'a'; missing: 'c'",
    ),
    "table of another kind": (lambda got: got.frames()["W_1"], "have the columns parameter, row, column, value"),
    "table with a hole": (table_without("b_1"), "need a number for b_1, b_1, unit_1; it is missing"),
    "table with a row twice": (with_line({**LINE, "column": "unit_2"}), "row 17: found 'W_1, dose, unit_2' again"),
    "table with another row": (with_line({**LINE, "row": "age"}), "expected one of the rows of W_1, 'dose'"),
    "table with another parameter": (with_line({**LINE, "parameter": "V"}), "expected one of the parameters W_1, b_1"),
    "table with text": (with_line({**LINE, "value": "heavy"}), "found 'heavy' for W_1, dose, unit_1"),
    "absent": (lambda got: "absent.csv", "absent.csv: there is no such file"),
    "absent npz": (lambda got: "absent.npz", "absent.npz: there is no such file"),
    "absent pt": (lambda got: "absent.pt", "absent.pt: there is no such file"),
    "another csv": (text_file("W.csv", "feature,unit_1\ndose,1\n"), "W.csv, line 1: found the header"),
    "text in a csv": (
        text_file("W.csv", "parameter,row,column,value\nW_1,dose,unit_1,big\n"), "W.csv, line 2: found 'big' for W_1",
    ),
    "no npz": (text_file("W.npz", b"PK\x03\x04"), "W.npz: cannot be read as an .npz of numbers"),
    "no pt": (text_file("W.pt", b"cos\nsystem\n(S'true'\ntR."), "W.pt: cannot be read as a state_dict"),
    "another module": (
        lambda got: nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 3)), "the Sequential given is .*tanh",
    ),
    "a narrower module": (lambda got: nn.Sequential(nn.Linear(3, 1), nn.ReLU(), nn.Linear(1, 3)), "do not fit"),
    "rate": (lambda got: {"start.mlp.lr": -1}, "start.mlp.lr cannot be -1"),
    "entry": (lambda got: {"data_raw.site": got.inputs["data_raw.site"] + "!"}, "data_raw.site: column site: found"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_params_that_cannot_be_are_refused_in_words(book: Callable[[str], Path], kind: str) -> None:
    make, words = WRONG[kind]
    got = sn.read_params(book("kind"))
    with pytest.raises(SheetnetError, match=words):
        sn.write_params(book("kind"), "out.xlsx", make(got))
    assert not Path("out.xlsx").exists()


def test_parameters_that_suit_two_nets_are_asked_about() -> None:
    table = table_of("cost")
    sn.build("two.xlsx", table, [sn.mlp(table, 2), as_net(module(1), table, name="other")], epochs=1, lr=0.01)
    got = sn.read_params("two.xlsx")
    for params in (got.of("mlp"), got.frame("mlp"), module(1).state_dict()):
        with pytest.raises(SheetnetError, match="these parameters suit mlp and other; say which"):
            sn.write_params("two.xlsx", "new.xlsx", params)
    got.frame("mlp", 1).to_csv("W.csv", index=False)
    sn.write_params("two.xlsx", "new.xlsx", {"other": "W.csv"})
    assert same(sn.read_params("new.xlsx").params["other"], got.at(1)["mlp"])
    assert same(sn.read_params("new.xlsx").params["mlp"], got.params["mlp"])


ROWS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "column": (NEW.drop(columns="dose"), {}, "no column 'dose'"),
    "level": (NEW.assign(site="east"), {}, "column site, row 1: found 'east'"),
    "text": (NEW.assign(dose=["1", "much", "2"]), {}, "dose"),
    "infinite": (NEW.assign(dose=[1.0, np.inf, 2.0]), {}, "column dose"),
    "epoch": (NEW, {"epoch": 4}, "from 0 to 3"),
    "model": (NEW, {"model": "linear"}, "no model 'linear'; it has mlp$"),
    "absent": ("absent.csv", {}, "absent.csv"),
    "nothing": (None, {}, "NoneType"),
    "out": (NEW, {"out": "out.xlsx"}, "out.xlsx: name a file that ends in .csv"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_rows_that_cannot_be_answered_are_named(book: Callable[[str], Path], kind: str) -> None:
    rows, how, words = ROWS[kind]
    with pytest.raises(SheetnetError, match=words):
        sn.predict(book("kind"), rows, **how)


def test_parameters_that_have_outgrown_the_sheet_answer_nothing(book: Callable[[str], Path]) -> None:
    sn.write_params(book("cost"), "wild.xlsx", {"start.linear.lr": 1e200})
    with pytest.raises(SheetnetError, match="the parameters of linear at epoch 3 have outgrown the sheet"):
        sn.predict("wild.xlsx", NEW, model="linear")
    assert np.isfinite(sn.predict("wild.xlsx", NEW, model="linear", epoch=0)["prediction"]).all()


def test_a_cell_that_holds_no_number_is_named(book: Callable[[str], Path]) -> None:
    at = cell(book("kind"), sn.read_params(book("kind")).place().blocks["W_2"], 1, 2)
    mine = edit(book("kind"), Path("mine.xlsx"), {at: "heavy"})
    with pytest.raises(SheetnetError, match=r"'MLP 3-2-3'!\w+ \(.*\) holds 'heavy'"):
        sn.predict(mine, NEW)


def test_what_live_cannot_do_is_said(book: Callable[[str], Path], opened: Callable[[str], LiveSession]) -> None:
    live = opened("cost")
    with pytest.raises(LiveError, match="there is no model 'mmult'; there are linear and mlp"):
        live.loss("mmult")
    with pytest.raises(SheetnetError, match="the parameters W_1"):
        live.push({"mlp": np.zeros((3, 2))})
    text_file("W.csv", "feature,unit_1\ndose,1\n")(sn.read_params(book("cost")))
    result = run("live", "mine.xlsx", "--engine", "ironcalc", "--weights", "W.csv")
    assert (result.exit_code, "line 1: found the header" in result.output) == (2, True)


def test_the_passengers_workbook_takes_no_frame(small: Any) -> None:
    with pytest.raises(SheetnetError, match=r"takes the path of a CSV .*, found DataFrame"):
        sn.predict(small.path, FRAME)
