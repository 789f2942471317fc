"""A torch module followed through its forward by torch.fx: run node by node, each node said as steps of a net."""

from __future__ import annotations

import copy
import inspect
import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, fx, nn

from sheetnet.errors import SheetnetError
from sheetnet.models.torch_calls import (
    ALIASES,
    HARMLESS,
    LAYERS,
    REARRANGING,
    TURNING,
    WITH_PARAMETERS,
    call_of,
    instead_of,
)
from sheetnet.models.torch_proof import Plain
from sheetnet.models.torch_steps import Own, Steps, Value

N = 257  # rows on which a module is followed: more than any width, so that no width is taken for it
WHOLE = "whole"


class _Whole(nn.Module):
    """A module within another, so that one which is a single layer can be followed too."""

    def __init__(self, whole: nn.Module) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, x: Any) -> Any:
        """What it gives."""
        return self.whole(x)


def followed(base: nn.Module, n_features: int, title: str) -> tuple[Steps, int]:
    """The steps of a module, and which of them is what comes out."""
    whole = _Whole(copy.deepcopy(base)).train()
    tracer = fx.Tracer()
    try:
        graph = tracer.trace(whole)
    except Exception as reason:  # whatever a forward may do
        words = f"its forward cannot be followed ({first(reason)})"
        remedy = "take no if, for or number of Python that depends on the values in x"
        raise SheetnetError(f"{title}: {words}; {remedy}") from None
    steps = Steps(n_features, whole.whole)
    reader = _Reader(fx.GraphModule(whole, graph).eval(), steps, title)
    with torch.no_grad(), Plain():
        reader.run(torch.zeros(N, n_features, dtype=torch.float64))
    return steps, reader.out


class _Reader(fx.Interpreter):
    """Runs what was traced node by node, on zeros, and says of each what it is as steps."""

    def __init__(self, graph: fx.GraphModule, steps: Steps, title: str) -> None:
        super().__init__(graph, garbage_collect_values=False)
        self.extra_traceback = False
        self.steps, self.title, self.out = steps, title, 0
        self.said: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        """The node's value; what it is as steps stands in `said`."""
        try:
            self.said[n], result = self._say(n)
        except SheetnetError as reason:
            raise SheetnetError(f"{self._where(n)}: {reason}") from None
        except Exception as reason:  # what torch says of shapes that do not fit
            raise SheetnetError(f"{self._where(n)}: {first(reason).replace(str(N), 'n')}") from None
        return result

    def _where(self, n: fx.Node) -> str:
        if n.op == "call_module":
            return place(_bare(n.target), self.module.get_submodule(str(n.target)))
        stack = list(n.meta.get("nn_module_stack", {}).values())
        path = _bare(str(stack[-1][0])) if stack else ""
        owner = f'layer "{path}"' if path else self.title
        if n.op == "output":
            return f"{self.title}, what comes out"
        called = n.target if isinstance(n.target, str) else getattr(n.target, "__name__", n.target)
        return f"{called} in the forward of {owner}"

    def _say(self, n: fx.Node) -> tuple[Any, Any]:
        args, kwargs = fx.node.map_arg((n.args, n.kwargs), lambda node: self.said[node])
        if n.op == "output":
            self.out = self._output(args[0])
            return None, None
        if n.op == "placeholder":
            return Value(0, (self.steps.widths[0],)), super().run_node(n)
        if n.op == "get_attr":
            found = super().run_node(n)
            return self.steps.own(found, _bare(n.target)) if isinstance(found, Tensor) else found, found
        layer = self.module.get_submodule(str(n.target)) if n.op == "call_module" else None
        values = [a for a in _flat((args, kwargs)) if isinstance(a, Value | Own)]
        if not values:
            result = super().run_node(n)
            return result, result
        if n.target is operator.getitem and isinstance(args[0], tuple):  # of chunks
            result = super().run_node(n)
            return args[0][n.args[1]], result  # type: ignore[index]
        if (type(layer) if layer is not None else n.target) in REARRANGING:
            return self._rearranged(n, values)
        if isinstance(values[0], Own) and (n.args[1] if n.target is getattr else n.target) in TURNING:
            return replace(values[0], turned=not values[0].turned), super().run_node(n)
        step = self._step(n, layer, args, kwargs)
        result = super().run_node(n)
        if step is None:
            if any(isinstance(one, Tensor) for one in _flat(result)):
                raise SheetnetError("sheetnet does not know it; take torch.relu, tanh, exp, sqrt, +, -, *, /, cat, sum")
            return result, result
        if isinstance(step, Value):
            return step, result
        rows = any(isinstance(a, Value) and a.rows for a in values)
        return Value(step, _shape(result, rows), rows), result

    def _step(self, n: fx.Node, layer: nn.Module | None, args: Any, kwargs: Any) -> int | Value | None:
        """The step that a call is; None for an unknown one."""
        if layer is not None:
            if type(layer) not in LAYERS:
                raise SheetnetError(f"sheetnet does not know it; {instead_of(layer)}")
            if len(args) != 1 or kwargs:
                raise SheetnetError("it is called with more than one value")
            return LAYERS[type(layer)](self.steps, layer, _bare(n.target), self.steps.value(args[0]))
        call = call_of(n.target)
        if call is None:
            return None
        if call not in WITH_PARAMETERS:
            args = tuple(self.steps.value(a) if isinstance(a, Own) else a for a in args)
        kwargs = {key: value for key, value in kwargs.items() if value is not None and key not in HARMLESS}
        known = inspect.signature(call).parameters
        kwargs = {ALIASES.get(key, key) if key not in known else key: value for key, value in kwargs.items()}
        try:
            inspect.signature(call).bind(self.steps, *args, **kwargs)
        except TypeError:
            words = ", ".join(f"{key}={value!r}" for key, value in kwargs.items()) or f"{len(args)} arguments"
            raise SheetnetError(f"it is called with {words}, which is not known; leave it out") from None
        return call(self.steps, *args, **kwargs)

    def _rearranged(self, n: fx.Node, values: list[Any]) -> tuple[Any, Any]:
        """What only picks and reshapes: what it does to numbered entries says which columns it takes."""
        a, given = self.steps.value(values[0]), self.env
        if not a.rows or len(values) > 1:
            raise SheetnetError("of a parameter this is not known; give the parameter its shape")
        width = self.steps.widths[a.step]
        numbered = torch.arange(N * width).reshape(N, *a.shape)
        source = next(node for node in n.all_input_nodes if self.said[node] is values[0])
        result = super().run_node(n)
        kept, given[source] = given[source], numbered
        found = super().run_node(n)
        given[source] = kept

        def said(one: Tensor) -> Value:
            if one.dim() < 1 or len(one) != N:
                raise SheetnetError(
                    f"rows of X would mix: {N} rows become the shape {tuple(one.shape)}".replace("257", "n")
                )
            columns = one.reshape(N, -1)
            if not torch.equal(columns, torch.arange(N)[:, None] * width + columns[0]):
                raise SheetnetError("rows of X would mix; take columns, as in x[:, 1:3]")
            return Value(self.steps.pick(a.step, columns[0].tolist()), tuple(one.shape[1:]), codes=a.codes)

        return (said(found) if isinstance(found, Tensor) else tuple(map(said, found))), result

    def _output(self, out: Any) -> int:
        if not isinstance(out, Value) or out.codes or not out.rows:
            kind = type(out).__name__ if not isinstance(out, Value | Own) else "what does not depend on x"
            raise SheetnetError(f"found {kind}, expected one tensor (n, columns) made of x; return that alone")
        if len(out.shape) > 1:
            self.steps.flat(out)
        return out.step


def _shape(result: Tensor, rows: bool) -> tuple[int, ...]:
    """The shape of a row.

    Raises: SheetnetError where rows were mixed.
    """
    if not rows:
        return tuple(size for size in result.shape if size != 1)
    if result.dim() < 1 or len(result) != N:
        raise SheetnetError("rows of X would mix; take dim=1")
    return tuple(result.shape[1:])


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return _flat(list(value.values()))
    return [one for part in value for one in _flat(part)] if isinstance(value, list | tuple) else [value]


def _bare(target: Any) -> str:
    return str(target).removeprefix(WHOLE).removeprefix(".")


def place(path: str, layer: nn.Module) -> str:
    """Where a layer stands and what it is: layer "encoder.2" is nn.Conv2d(...)."""
    home = "nn." if type(layer).__module__.startswith("torch.nn") else ""
    words = " ".join(repr(layer).split()) if not list(layer.children()) else f"{type(layer).__name__}(...)"
    named = f'layer "{path}"' if path else "the module"
    return f"{named} is {home}{words if len(words) <= 80 else words[:76] + '...)'}"


def first(reason: Exception) -> str:
    """The first line of what went wrong."""
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0][:200]
