"""A fitted scikit-learn model becomes a net that predicts what it predicts, or is refused with words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler
from torch import nn

from sheetnet.errors import SheetnetError
from sheetnet.models import sklearn_in, sklearn_steps
from sheetnet.models.as_net import as_net
from sheetnet.models.layer_twins import NetTwin
from sheetnet.models.layers import Dense
from sheetnet.models.net import Net, sequence
from sheetnet.models.sklearn_in import outputs


@dataclass(frozen=True)
class Plain:
    """What a net needs to know of a table; the raw columns and how they are taken, where they are told."""

    X: np.ndarray
    y: np.ndarray
    features: tuple[str, ...]
    target: Any
    raw: Any = field(default_factory=lambda: SimpleNamespace(columns={}, frame=None))
    plan: Any = None

    @property
    def n_features(self) -> int:
        return len(self.features)


def plain(X: Any, y: Any, kind: str, classes: tuple[str, ...] = ()) -> Plain:
    X = np.asarray(X, dtype=float)
    target = SimpleNamespace(name="goal", kind=kind, classes=classes)
    return Plain(
        X, np.reshape(np.asarray(y, dtype=float), (-1, 1)), tuple(f"f{at}" for at in range(X.shape[1])), target
    )


NUMBER = plain(*load_diabetes(return_X_y=True), "number")
NUMBER = replace(NUMBER, X=NUMBER.X * 50 + np.arange(10))  # neither centred nor of one spread
TWO = plain(*load_breast_cancer(return_X_y=True), "two", ("malignant", "benign"))
MANY = plain(*load_iris(return_X_y=True), "many", ("setosa", "versicolor", "virginica"))
SETTINGS = {"max_iter": 8, "random_state": 0, "hidden_layer_sizes": (5, 3)}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "line": LinearRegression,
    "line without intercept": lambda: LinearRegression(fit_intercept=False),
    "ridge": lambda: Ridge(2.0),
    **{f"mlp {act}": lambda act=act: MLPRegressor(activation=act, **SETTINGS) for act in sklearn_in.ACTIVATIONS},
}
CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "logistic": lambda: LogisticRegression(max_iter=50),
    "logistic without intercept": lambda: LogisticRegression(fit_intercept=False, max_iter=50),
    **{f"mlp {act}": lambda act=act: MLPClassifier(activation=act, **SETTINGS) for act in sklearn_in.ACTIVATIONS},
}
BEFORE: dict[str, Callable[[], list[Any]]] = {
    "alone": list,
    "standard": lambda: [StandardScaler()],
    "standard, mean only": lambda: [StandardScaler(with_std=False)],
    "standard, spread only": lambda: [StandardScaler(with_mean=False)],
    "min max": lambda: [MinMaxScaler((-1, 2))],
    "largest": lambda: [MaxAbsScaler()],
    "robust": lambda: [RobustScaler()],
    "two": lambda: [MinMaxScaler(), SimpleImputer(), StandardScaler()],
    "passed": lambda: ["passthrough", StandardScaler()],
    "some columns": lambda: [
        ColumnTransformer(
            [("a", StandardScaler(), [2, 0]), ("b", MinMaxScaler(), slice(1, 2))], remainder="passthrough"
        )
    ],
}
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")


def near(found: np.ndarray, said: np.ndarray) -> None:
    """Within 1e-12 of the largest."""
    assert found.shape == said.shape
    np.testing.assert_allclose(found, said, rtol=0, atol=1e-12 * np.abs(said).max())


def by_torch(net: Net, X: np.ndarray) -> torch.Tensor:
    """What the layers of torch make of X."""
    twin = NetTwin(net)
    twin.put(net.init())
    return twin.eval()(torch.from_numpy(X)).detach()


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_regressor_predicts_the_same(kind: str, before: str) -> None:
    model = make_pipeline(*BEFORE[before](), REGRESSORS[kind]()).fit(NUMBER.X, NUMBER.y[:, 0])
    net = as_net(model if before != "alone" else model[-1], NUMBER)
    assert net.loss == "mse"
    said = model.predict(NUMBER.X)[:, None]
    near(outputs(net, NUMBER.X), said)
    near(by_torch(net, NUMBER.X).numpy(), said)


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("table", [TWO, MANY], ids=["two", "many"])
def test_a_classifier_says_the_same_classes_and_shares(table: Plain, kind: str, before: str) -> None:
    model = make_pipeline(*BEFORE[before](), CLASSIFIERS[kind]()).fit(table.X, table.y[:, 0])
    net = as_net(model, table)
    assert net.loss == ("bce_with_logits" if table is TWO else "cross_entropy")
    found, said = outputs(net, table.X), model.predict_proba(table.X)
    near(found, said)
    np.testing.assert_array_equal(found.argmax(1), model.predict(table.X))
    out = by_torch(net, table.X)
    shares = torch.softmax(out, 1) if table is MANY else torch.hstack([torch.sigmoid(-out), torch.sigmoid(out)])
    near(shares.numpy(), said)


@pytest.mark.parametrize("table", [TWO, MANY], ids=["two", "many"])
def test_classes_come_in_the_tables_order(table: Plain) -> None:
    names = np.array(table.target.classes)[table.y[:, 0].astype(int)]
    turned = replace(table, target=SimpleNamespace(**vars(table.target) | {"classes": table.target.classes[::-1]}))
    for model in (LogisticRegression(max_iter=50), MLPClassifier(**SETTINGS), LogisticRegression(fit_intercept=False)):
        model.fit(table.X, names)
        for one in (table, turned):
            order = [list(model.classes_).index(name) for name in one.target.classes]
            near(outputs(as_net(model, one), one.X), model.predict_proba(one.X)[:, order])


def test_it_comes_with_what_it_has_learnt_and_scalers_stay() -> None:
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(NUMBER.X, NUMBER.y[:, 0])
    net = as_net(model, NUMBER)
    assert {p.key: p.trained for p in net.parameters} == {
        "scaling.shift": False, "scaling.scale": False, "0.weight": True, "0.bias": True,
    }  # fmt: skip
    np.testing.assert_array_equal(net.init()["W"][:, 0], model[-1].coef_)


# ---- columns of a DataFrame


def penguins() -> tuple[pd.DataFrame, np.ndarray]:
    """Raw columns with blanks, and which species."""
    rng, n = np.random.default_rng(0), 60
    frame = pd.DataFrame({
        "island": rng.choice(["Biscoe", "Dream", "Torgersen"], n), "sex": rng.choice(["f", "m"], n),
        "bill": rng.normal(44, 5, n), "year": rng.choice([2007.0, 2008.0, 2009.0], n),
    })  # fmt: skip
    species = np.where(frame.bill > 46, 2, np.where(frame.island == "Dream", 1, 0))
    frame.loc[[3, 9], "bill"] = np.nan
    return frame, species


def prepared(frame: pd.DataFrame, species: np.ndarray, drop: bool = True, fill: str = "median") -> Plain:
    """The table as sn.table(frame, columns=...) would have it: dummies of the island, all but the first if drop."""
    bill = frame.bill.fillna(frame.bill.median() if fill == "median" else 0.0)
    columns = {f"island = {name}": (frame.island == name) * 1.0 for name in ("Biscoe", "Dream", "Torgersen")[drop:]}
    columns |= {"sex": (frame.sex == "m") * 1.0, "bill": bill, "year": frame.year}
    made = plain(np.column_stack(list(columns.values())), species, "many", ("a", "b", "c"))

    def used(name: str, how: str, *levels: str) -> SimpleNamespace:
        return SimpleNamespace(name=name, how=how, levels=levels, blank=name == "bill", missing="median")

    plan = [used("island", "dummies", "Biscoe", "Dream", "Torgersen"), used("sex", "yes_no", "f", "m")]
    plan += [used("bill", "number"), used("year", "number")]
    raw = SimpleNamespace(columns=dict(frame), frame=frame.assign(goal=species))
    return replace(made, features=tuple(columns), raw=raw, plan=SimpleNamespace(columns=plan))


def mixed(strategy: str = "median", drop: str | None = None) -> ColumnTransformer:
    number = make_pipeline(SimpleImputer(strategy=strategy), StandardScaler())
    word = Pipeline([("fill", SimpleImputer(strategy="most_frequent")), ("encode", OneHotEncoder(drop=drop))])
    return ColumnTransformer(
        [("words", word, ["sex", "island"]), ("numbers", number, ["bill"]), ("m", MinMaxScaler(), ["year"])]
    )


@pytest.mark.parametrize("dropped", [True, False], ids=["a dummy less", "all dummies"])
@pytest.mark.parametrize("drop", [None, "first"])
def test_a_pipeline_of_words_and_numbers_predicts_the_same(drop: str | None, dropped: bool) -> None:
    frame, species = penguins()
    table = prepared(frame, species, dropped)
    model = make_pipeline(mixed(drop=drop), MLPClassifier(**SETTINGS)).fit(frame, species)
    net = as_net(model, table)
    near(outputs(net, table.X), model.predict_proba(frame))
    assert all(p.trained is p.key[0].isdigit() for p in net.parameters)


def test_a_table_that_fills_otherwise_is_noticed() -> None:
    frame, species = penguins()
    model = make_pipeline(mixed("mean"), LogisticRegression()).fit(frame, species)
    words = r"predictions and those of its translation differ; .*\"bill\": sn.number\(missing=\"median\"\)"
    with pytest.raises(SheetnetError, match=words):
        as_net(model, prepared(frame, species))


def test_a_column_that_the_table_has_not_is_named() -> None:
    frame, species = penguins()
    table = prepared(frame, species)
    less = replace(table, X=table.X[:, :-1], features=table.features[:-1])
    model = make_pipeline(mixed(), LogisticRegression()).fit(frame, species)
    with pytest.raises(SheetnetError, match=r"takes year, which the table's X has not; say columns="):
        as_net(model, less)


def test_a_model_of_raw_numbers_is_no_model_of_scaled_ones() -> None:
    frame = pd.DataFrame(NUMBER.X, columns=NUMBER.features)
    model = Ridge().fit(frame, NUMBER.y[:, 0])
    raw = SimpleNamespace(columns=dict(frame), frame=frame)
    near(outputs(as_net(model, replace(NUMBER, raw=raw)), NUMBER.X), model.predict(frame)[:, None])
    scaled = replace(NUMBER, raw=raw, X=(NUMBER.X - NUMBER.X.mean(0)) / NUMBER.X.std(0))
    with pytest.raises(SheetnetError, match=r'differ; .*scale="none"\), or fit it on table.X'):
        as_net(model, scaled)


# ---- refusals


def fit(model: Any, table: Plain = NUMBER) -> Any:
    return model.fit(table.X, table.y[:, 0])


REFUSED: dict[str, tuple[Callable[[], Any], Plain, str]] = {
    "not fitted": (LinearRegression, NUMBER, r"LinearRegression is not fitted \(it has no coef_\); call fit"),
    "scaler not fitted": (
        lambda: Pipeline([("a", StandardScaler()), ("b", fit(Ridge()))]), NUMBER, "it has no n_features_in_.*call fit",
    ),
    "forest": (lambda: fit(RandomForestClassifier(3), TWO), TWO, "does not know RandomForestClassifier; known are Lin"),
    "lasso": (lambda: fit(Lasso()), NUMBER, "does not know Lasso"),
    "search": (lambda: fit(GridSearchCV(Ridge(), {"alpha": [1.0]})), NUMBER, "give its best_estimator_"),
    "pca": (lambda: fit(make_pipeline(PCA(2), Ridge())), NUMBER, 'step "pca" is PCA, which sheetnet does not know'),
    "no estimator": (lambda: fit(Pipeline([("a", StandardScaler()), ("b", "passthrough")])), NUMBER, "in no estimator"),
    "clip": (lambda: fit(make_pipeline(MinMaxScaler(clip=True), Ridge())), NUMBER, "clip=True is not known"),
    "indicator": (lambda: fit(make_pipeline(SimpleImputer(add_indicator=True), Ridge())), NUMBER, "add_indicator=True"),
    "two targets": (lambda: Ridge().fit(NUMBER.X, np.hstack([NUMBER.y] * 2)), NUMBER, "predicts 2 targets"),
    "poisson": (
        lambda: fit(MLPRegressor(loss="poisson", **SETTINGS)), NUMBER, "1 outputs and exp; .*squared_error",
    ),
    "many labels": (
        lambda: MLPClassifier(**SETTINGS).fit(TWO.X, np.hstack([TWO.y, 1 - TWO.y])), TWO, "2 outputs and logistic",
    ),
    "other columns": (lambda: fit(Ridge()), TWO, "was fitted on 10 columns without names, the table has 30 features"),
    "other classes": (
        lambda: LogisticRegression(max_iter=9).fit(TWO.X, np.where(TWO.y[:, 0] > 0, "good", "bad")), TWO,
        "was fitted on the classes bad, good; of goal, its classes are malignant, benign",
    ),
    "classes of a number": (
        lambda: LogisticRegression(max_iter=9).fit(NUMBER.X, NUMBER.y[:, 0] > 140), NUMBER, "of goal, it is a number",
    ),
    "number of classes": (lambda: fit(Ridge(), MANY), MANY, "the loss mse does not suit; goal has 3 classes"),
    "class": (lambda: Ridge, NUMBER, r"Ridge is a class; make one of it: Ridge\(...\)"),
    "name": (lambda: "linear", NUMBER, "a model can be sn.linear.*found str"),
    "none": (lambda: None, NUMBER, "found NoneType"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused(name: str) -> None:
    make, table, words = REFUSED[name]
    with pytest.raises(SheetnetError, match=words):
        as_net(make(), table)


# ---- planted


@pytest.mark.parametrize("what", ["scaler", "weights", "activation"])
def test_a_wrong_translation_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = fit(make_pipeline(StandardScaler(), MLPRegressor(**SETTINGS)))
    if what == "scaler":
        monkeypatch.setitem(sklearn_steps.KINDS, "StandardScaler", sklearn_steps._scaler("mean_", "var_"))
    elif what == "weights":
        honest = sklearn_in._mlp

        def wrong(estimator: Any, title: str) -> Any:
            learnt = honest(estimator, title)
            return replace(learnt, weights=[learnt.weights[0] * (1 + 1e-8), *learnt.weights[1:]])

        monkeypatch.setitem(sklearn_in.ESTIMATORS, "MLPRegressor", wrong)
    else:
        monkeypatch.setitem(sklearn_in.ACTIVATIONS, "relu", "tanh")
    with pytest.raises(SheetnetError, match="its predictions and those of its translation differ"):
        as_net(model, NUMBER)


# ---- nets and modules for a table


def test_a_net_is_taken_as_it_is_if_it_suits() -> None:
    net = Net("n", "N", 10, sequence([Dense(10, 1)]), "mae")
    assert as_net(net, NUMBER) is net
    assert as_net(net, NUMBER, loss="huber").loss == "huber"
    with pytest.raises(SheetnetError, match=r"N takes 10 columns, the table has 30 \(f0, .*make it for 30"):
        as_net(net, TWO)


@pytest.mark.parametrize(
    ("table", "outputs", "loss", "expected"),
    [
        (NUMBER, 1, None, "mse"), (TWO, 1, None, "bce_with_logits"), (TWO, 2, None, "cross_entropy"),
        (MANY, 3, None, "cross_entropy"), (TWO, 1, "mae", "mae"),
    ],
)  # fmt: skip
def test_a_module_gets_the_loss_of_its_target(table: Plain, outputs: int, loss: str | None, expected: str) -> None:
    torch.manual_seed(0)
    net = as_net(nn.Linear(table.n_features, outputs), table, loss)
    assert (net.loss, net.n_outputs) == (expected, outputs)


@pytest.mark.parametrize(
    ("table", "module", "loss", "words"),
    [
        (MANY, nn.Linear(4, 2), None, "for the loss cross_entropy and the 3 classes of goal it must be 3"),
        (NUMBER, nn.Linear(10, 2), None, "gives 2 columns, for the loss mse it must be 1; make the last layer 1 wide"),
        (NUMBER, nn.Linear(10, 1), "cross_entropy", "the loss cross_entropy does not suit; goal is a number"),
        (TWO, nn.Sequential(nn.Linear(30, 1), nn.Sigmoid()), None, "nn.Sigmoid out, or take the loss mse"),
        (MANY, nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)), None, "leave the last nn.Softmax out"),
        (NUMBER, nn.Linear(4, 1), None, "it is for 4 columns, 10 come in"),
    ],
)  # fmt: skip
def test_a_module_that_does_not_suit_is_refused(table: Plain, module: nn.Module, loss: str | None, words: str) -> None:
    with pytest.raises(SheetnetError, match=words):
        as_net(module, table, loss)


class Coded(nn.Module):
    """An embedding of the first column."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(3, 1)

    def forward(self, x: Any) -> Any:
        return self.emb(x[:, 0].long()) + x[:, 1:].sum(1, keepdim=True)


def test_codes_that_the_table_has_not_are_refused() -> None:
    codes = replace(NUMBER, X=np.hstack([np.arange(442)[:, None] % 3, NUMBER.X[:, 1:]]))
    assert as_net(Coded(), codes).n_outputs == 1
    for column in (np.arange(442) % 4, NUMBER.X[:, 0]):
        with pytest.raises(SheetnetError, match=r"'emb' takes codes from 0 to 2, f0 has .*sn.codes\(\)"):
            as_net(Coded(), replace(NUMBER, X=np.hstack([column[:, None], NUMBER.X[:, 1:]])))
