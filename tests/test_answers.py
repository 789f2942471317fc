"""Metrics against scikit-learn's, and what a net says of rows against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics as learn

from sheetnet.errors import SheetnetError
from sheetnet.models import answers, metrics
from sheetnet.models import layers as L
from sheetnet.models.net import Net, sequence
from sheetnet.models.norms import BatchNorm

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("seed", range(5))
def test_metrics_of_numbers_are_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(40, 1)) * 100
    said = y + rng.normal(size=(40, 1)) * 30
    found = metrics.metrics("number", said, y)
    assert found["r2"] == pytest.approx(learn.r2_score(y, said), rel=1e-12)
    assert found["rmse"] == pytest.approx(learn.root_mean_squared_error(y, said), rel=1e-12)
    assert found["mae"] == pytest.approx(learn.mean_absolute_error(y, said), rel=1e-12)
    assert metrics.metrics("number", said * 1.001, y)["r2"] != pytest.approx(found["r2"], rel=1e-12)


@pytest.mark.parametrize(("kind", "k"), [("two", 2), ("many", 4)])
def test_metrics_of_classes_are_scikit_learns(kind: str, k: int) -> None:
    y, said = RNG.integers(0, k, 50) * 1.0, RNG.integers(0, k, 50) * 1.0
    y[:5] = 1.0
    found = metrics.metrics(kind, said, y)
    assert found["accuracy"] == pytest.approx(learn.accuracy_score(y, said), rel=1e-14)
    most = np.bincount(y.astype(int)).argmax()
    assert found["majority"] == pytest.approx(learn.accuracy_score(y, np.full(50, most)), rel=1e-14)
    names = [f"class {i}" for i in range(k)]
    frame = metrics.confusion(said, y, names)
    np.testing.assert_array_equal(frame.to_numpy(), learn.confusion_matrix(y, said, labels=range(k)))
    assert list(frame.index) == list(frame.columns) == names
    said[y == 0] = 1.0
    assert metrics.confusion(said, y, names).loc["class 0", "class 0"] == 0


def test_there_is_no_metric_of_what_is_no_number_nor_of_no_rows() -> None:
    y = np.array([0.0, 1.0, 1.0])
    said = np.array([0.0, np.nan, 1.0])
    for kind in ("number", "two"):
        found = metrics.metrics(kind, said, y)
        assert all(np.isnan(value) for name, value in found.items() if name != "majority")
        assert all(np.isnan(value) for value in metrics.metrics(kind, said[:0], y[:0]).values())
    assert np.isnan(metrics.r2(y, np.ones(3)))
    assert metrics.confusion(said, y, ["no", "yes"]).to_numpy().tolist() == [[1, 0], [0, 1]]


def net_of(loss: str, outputs: int) -> tuple[Net, dict[str, np.ndarray], torch.nn.Module]:
    net = Net("n", "N", 3, sequence([L.Dense(3, 5), BatchNorm(5), L.Activation("tanh"), L.Dense(5, outputs)]), loss)
    params = net.init(1)
    params["mean"] = RNG.normal(size=(1, 5))
    params["var"] = RNG.uniform(0.5, 2, size=(1, 5))
    layers = torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5), torch.nn.Tanh(), torch.nn.Linear(5, outputs)
    module = torch.nn.Sequential(*layers).double().eval()
    module.load_state_dict({p.key: torch.tensor(p.to_torch(params[p.name])) for p in net.parameters}, strict=False)
    return net, params, module


@pytest.mark.parametrize(("loss", "k"), [("mse", 1), ("mae", 1), ("bce_with_logits", 1), ("cross_entropy", 3)])
def test_what_a_net_says_is_what_torch_says(loss: str, k: int) -> None:
    net, params, module = net_of(loss, k)
    X = RNG.normal(size=(30, 3)) * 3
    with torch.no_grad():
        said = module(torch.tensor(X))
    out = answers.outputs(net, params, X)
    np.testing.assert_allclose(out, said.numpy(), rtol=1e-12, atol=1e-14)
    found = answers.classes(net, out)
    if loss == "cross_entropy":
        np.testing.assert_allclose(answers.probabilities(net, out), said.softmax(1).numpy(), rtol=1e-12)
        np.testing.assert_array_equal(found, said.argmax(1).numpy())
    elif loss == "bce_with_logits":
        np.testing.assert_allclose(answers.probabilities(net, out)[:, 1], said.sigmoid()[:, 0].numpy(), rtol=1e-12)
        np.testing.assert_allclose(answers.probabilities(net, out).sum(1), 1)
        np.testing.assert_array_equal(found, (said.sigmoid()[:, 0] > 0.5).numpy())
        assert 0 < found.mean() < 1
    else:
        np.testing.assert_array_equal(found, (said[:, 0] > 0.5).numpy())
        with pytest.raises(SheetnetError, match=f"learns by {loss} and gives no probabilities"):
            answers.probabilities(net, out)
    np.testing.assert_array_equal(answers.answers(net, params, X, "number"), out[:, 0])
    np.testing.assert_array_equal(answers.answers(net, params, X, "two"), found)
    names = ["ham", "spam", "eggs"]
    np.testing.assert_array_equal(answers.answers(net, params, X, "two", names), [names[int(at)] for at in found])


def test_probabilities_of_large_scores_do_not_overflow() -> None:
    for loss, k in (("bce_with_logits", 1), ("cross_entropy", 3)):
        net, *_ = net_of(loss, k)
        found = answers.probabilities(net, np.array([[800.0, -800, 0][:k], [-800.0, 800, 0][:k]]))
        np.testing.assert_allclose(found.sum(1), 1)
        assert np.isfinite(found).all()


def test_of_equal_scores_the_first_and_on_the_border_no() -> None:
    scores, _, _ = net_of("cross_entropy", 3)
    assert answers.classes(scores, np.array([[1.0, 2, 2], [3, 3, 3]])).tolist() == [1, 0]
    for loss, border in (("bce_with_logits", 0.0), ("mse", 0.5)):
        net, *_ = net_of(loss, 1)
        assert answers.classes(net, np.array([[border], [border + 1e-9], [np.inf]]))[:2].tolist() == [0, 1]


def test_what_is_no_number_is_no_class() -> None:
    net, params, _ = net_of("bce_with_logits", 1)
    X = np.full((2, 3), 1e300)
    out = np.array([[np.nan], [1.0]])
    assert np.isnan(answers.classes(net, out)[0])
    np.testing.assert_array_equal(np.isnan(answers.probabilities(net, out)), [[True, True], [False, False]])
    bad = {**params, "gamma": np.full((1, 5), 1e308), "W_2": np.full((5, 1), 1e308)}
    with pytest.raises(SheetnetError, match="gives no finite number for row 1, so no class"):
        answers.answers(net, bad, X, "two", ["no", "yes"])


def test_rows_and_parameters_of_another_shape_are_refused_and_no_rows_are_none() -> None:
    net, params, _ = net_of("mse", 1)
    with pytest.raises(SheetnetError, match=r"N is for rows of 3 features, found X of shape \(4, 2\)"):
        answers.outputs(net, params, np.zeros((4, 2)))
    with pytest.raises(SheetnetError, match="W_1 is missing"):
        answers.outputs(net, {}, np.zeros((4, 3)))
    assert answers.outputs(net, params, np.zeros((0, 3))).shape == (0, 1)
