"""What is said of a node: each op's line of torch gives what numpy gives, and each op can be read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from sheetnet.graph import torch_text
from sheetnet.graph.aloud import aloud
from sheetnet.graph.node import Node, apply, lift, mean, relu, square, sum_columns, variable, where
from sheetnet.graph.torch_text import UNTOLD, Untold, torch_lines
from sheetnet.graph.windows import correlate, largest
from sheetnet.page.language import said
from tests.test_ops import ALL, EXAMPLES, assert_close, has_text, op_of

IN_NO_GRID = "correlate", "largest"  # of windows, in these examples
NUMBERS_ONLY = [case for case in EXAMPLES if not has_text(case) and op_of(case) not in (*UNTOLD, *IN_NO_GRID)]
X, W, b, y = (variable(name, shape) for name, shape in (("X", (5, 3)), ("W", (3, 2)), ("b", (1, 2)), ("y", (5, 1))))
CALLED = "one", "two", "three", "four", "five"


@pytest.fixture(autouse=True)
def doubles() -> Iterator[None]:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


def by_torch(case: str) -> np.ndarray:
    """The value of an op's example by the lines of torch."""
    example, numbers = ALL[case], dict[object, str]()
    node, sources = example.nodes(op_of(case))
    lines = torch_lines(node, dict(zip(sources, CALLED, strict=False)).get, numbers)
    assert lines is not None
    names: dict[str, Any] = {name: torch.tensor(value) for value, name in numbers.items()}
    names |= {name: torch.tensor(a) for name, a in zip(CALLED, example.sources, strict=False)}
    names |= {"torch": torch, "F": functional}
    for line in lines[:-1]:
        name, _, text = line.partition(" = ")
        names[name] = eval(text, names)
    got = np.asarray(eval(lines[-1], names), float)
    return np.where(np.isfinite(got), got, np.nan).reshape(node.shape)


@pytest.mark.parametrize("case", NUMBERS_ONLY)
def test_an_op_written_in_torch_gives_the_value_of_plain_numpy(case: str) -> None:
    example = ALL[case]
    assert_close(by_torch(case), example.expected(*example.sources), 1e-8)


def test_an_op_that_is_written_wrongly_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(torch_text.TORCH, "mul", ("{0} + {1}", torch_text.SUM, (torch_text.SUM, torch_text.SUM)))
    case = next(case for case in NUMBERS_ONLY if op_of(case) == "mul")
    with pytest.raises(AssertionError):
        assert_close(by_torch(case), ALL[case].expected(*ALL[case].sources), 1e-8)


def by_name(node: Node) -> str | None:
    return node.name if node.op == "input" else None


def lines(node: Node) -> list[str]:
    return torch_lines(node, by_name, {}) or []


def test_what_binds_loosely_is_in_parentheses_and_what_is_needed_twice_has_a_line() -> None:
    assert lines((X @ W + b) * 2.0) == ["(X @ W + b) * 2"]
    assert lines(-square(X @ W)) == ["-(X @ W) ** 2"]
    assert lines(y - (y - mean(y))) == ["y - (y - y.mean())"]
    lin = (X @ W + b).named("lin")
    assert lines(relu(lin).T @ y + mean(lin)) == ["lin = X @ W + b", "torch.relu(lin).T @ y + lin.mean()"]
    assert lines(square(X @ W) + square(X @ W)) == ["squared = (X @ W) ** 2", "squared + squared"]
    assert lines(sum_columns(X)) == ["X.sum(1, keepdim=True)"]


def test_of_words_and_of_windows_in_no_grid_torch_has_no_line() -> None:
    assert not lines(where(apply("equal", y, lift(1.0)), "yes", "no"))

    def untold(node: Node) -> str:
        raise Untold

    assert torch_lines(relu(y), untold, {}) is None
    for op in IN_NO_GRID:
        assert not lines(EXAMPLES[op].nodes(op)[0])
    assert lines(largest(X @ X.T, 2, 1)) == ["F.max_pool2d((X @ X.T)[None], 2, 1)[0]"]
    assert lines(correlate(X, b)) == ["F.conv2d(X[None, None], b[None, None])[0, 0]"]


def sentences(node: Node) -> list[str]:
    return aloud(node, by_name, said)


def test_a_formula_is_read_aloud_in_sentences() -> None:
    lin = (X @ W + b).named("lin")
    assert sentences(relu(lin) + lin) == [
        "lin is (the sum of the products of each row of X with each column of W) plus b.",
        "This is (lin, or 0 where that is below 0) plus lin.",
    ]
    assert sentences(X.T @ y) == ["This is the sum of the products of each column of X with y."]
    assert sentences(mean(square(y - 0.000001))) == ["This is the mean of the square of (y minus 0.000001)."]
    assert sentences(y * 1e30) == ["This is y times 1 × 10 to the power of 30."]
    assert sentences(where(apply("greater", y, lift(0.5)), 1.0, y)) == ["This is 1 where y is above 0.5, else y."]


@pytest.mark.parametrize("case", ALL)
def test_every_op_can_be_read_aloud(case: str) -> None:
    node, _ = ALL[case].nodes(op_of(case))
    text = sentences(node)[-1]
    assert text.endswith(".")
    assert "{" not in text
    assert "None" not in text
