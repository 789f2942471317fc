"""How each op is written in torch: one line for each. What torch has no words for says so.

Lines take float64 tensors of rank 2, as the graph does, by the names of their blocks; F is torch.nn.functional.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from functools import partial
from math import pi

import numpy as np

from sheetnet.graph.node import Node
from sheetnet.graph.ops import SHAPES
from sheetnet.graph.phrases import ANY, PASSED, Called, Phrase, Phrases, Special, Write
from sheetnet.graph.windows import corners, framed

COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = 1.0, 2.0, 3.0, 4.0, 5.0, 6.0
FEW = 12  # numbers of a constant that a line shows
TORCH: dict[str, Phrase] = {
    "add": ("{0} + {1}", SUM, (SUM, PRODUCT)),
    "sub": ("{0} - {1}", SUM, (SUM, PRODUCT)),
    "mul": ("{0} * {1}", PRODUCT, (PRODUCT, SIGN)),
    "div": ("{0} / {1}", PRODUCT, (PRODUCT, SIGN)),
    "neg": ("-{0}", SIGN, (SIGN,)),
    "square": ("{0} ** 2", POWER, (ATOM,)),
    "power": ("{0} ** {1}", POWER, (ATOM, ATOM)),
    "abs": ("torch.abs({0})", ATOM, (ANY,)),
    "sign": ("torch.sign({0})", ATOM, (ANY,)),
    "sqrt": ("{0} ** 0.5", POWER, (ATOM,)),
    "floor": ("torch.floor({0})", ATOM, (ANY,)),
    "sin": ("torch.sin({0})", ATOM, (ANY,)),
    "cos": ("torch.cos({0})", ATOM, (ANY,)),
    "relu": ("torch.relu({0})", ATOM, (ANY,)),
    "step": ("({0} > 0).double()", ATOM, (SUM,)),
    "log10": ("torch.log10({0})", ATOM, (ANY,)),
    "ln": ("torch.log({0})", ATOM, (ANY,)),
    "exp": ("torch.exp({0})", ATOM, (ANY,)),
    "tanh": ("torch.tanh({0})", ATOM, (ANY,)),
    "sigmoid": ("torch.sigmoid({0})", ATOM, (ANY,)),
    "softplus": ("F.softplus({0})", ATOM, (ANY,)),
    "normal": ("torch.special.ndtr({0})", ATOM, (ANY,)),
    "greater": ("({0} > {1}).double()", ATOM, (SUM, SUM)),
    "equal": ("({0} == {1}).double()", ATOM, (SUM, SUM)),
    "filled": ("(~torch.isnan({0})).double()", ATOM, (ANY,)),
    "if_error": ("torch.where(torch.isfinite({0}), {0}, {1})", ATOM, (ANY, ANY)),
    "transpose": ("{0}.T", ATOM, (ATOM,)),
    "inverse": ("torch.linalg.inv({0})", ATOM, (ANY,)),
    "determinant": ("torch.linalg.det({0})", ATOM, (ANY,)),
    "softmax": ("torch.softmax({0}, 1)", ATOM, (ANY,)),
    "logsumexp": ("torch.logsumexp({0}, 1, keepdim=True)", ATOM, (ANY,)),
    "lookup": ("{2}[torch.searchsorted({1}.flatten(), {0}.flatten(), right=True) - 1]", ATOM, (ATOM, ATOM, ATOM)),
    "match": ("({0} == {1}.T).double().argmax(1, keepdim=True) + 1.0", SUM, (SUM, ATOM)),
    "cumsum": ("{0}.cumsum(0)", ATOM, (ATOM,)),
    "count_same": ("({0} == {0}.T).double().sum(1, keepdim=True)", ATOM, (ATOM,)),
    "sum": ("{0}.sum()", ATOM, (ATOM,)),
    "mean": ("{0}.mean()", ATOM, (ATOM,)),
    "max": ("{0}.max()", ATOM, (ATOM,)),
    "min": ("{0}.min()", ATOM, (ATOM,)),
    "median": ("torch.nanquantile({0}, 0.5)", ATOM, (ANY,)),
    "sum_rows": ("{0}.sum(0, keepdim=True)", ATOM, (ATOM,)),
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")
UNTOLD = {"reads", "letter", "joined", "hit"}  # torch has no words


class Untold(Exception):
    """What torch cannot say."""


def torch_lines(
    root: Node, called: Called, numbers: dict[object, str], taken: Collection[str] = ()
) -> list[str] | None:
    """The lines of torch that give a node, the last one without a name; None for what torch cannot say: words.

    called: the names of what stands somewhere. numbers: the names of constants of many numbers; new ones get one.
    taken: names, in small letters, that no part may have.
    """
    try:
        lines = Phrases(TORCH, SPECIAL, partial(_constant, numbers), ATOM, _fill).lines(root, called, taken)
    except Untold:
        return None
    return [f"{name} = {text}" if name else text for name, text in lines]


def fits(name: str) -> bool:
    """Whether torch's lines can call something so."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        and name not in ("torch", "F", "i")
        and not name.startswith("numbers")
    )


# ---- constants


def _constant(numbers: dict[object, str], node: Node) -> tuple[str, float]:
    value = node.value
    if isinstance(value, float):
        text = (
            "torch.pi" if value == pi else f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else repr(value)
        )
        return text, ATOM if value >= 0 else SIGN
    if not isinstance(value, tuple) or isinstance(value[0][0], str):
        raise Untold
    array = np.array(value)
    if len(set(array.ravel())) == 1 and array.size > 1:
        return f"torch.full({node.shape}, {float(array.flat[0])!r})", ATOM
    if array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
        return f"torch.eye({len(array)})", ATOM
    if array.size <= FEW:
        return f"torch.tensor({[list(line) for line in value]})", ATOM
    if np.array_equal(array, np.tril(np.ones(array.shape))):
        return f"torch.ones{node.shape}.tril()", ATOM
    return numbers.setdefault(value, f"numbers_{len(numbers) + 1}"), ATOM


def _fill(template: str, texts: tuple[str, ...]) -> str:
    """The template with its texts; a function of torch takes no plain number."""
    if template.startswith(("torch.", "F.")):
        texts = tuple(f"torch.tensor({float(text)})" if _NUMBER.fullmatch(text) else text for text in texts)
    return template.format(*texts)


# ---- what depends on more than the op


def _matmul(node: Node, write: Write) -> tuple[str, float]:
    a, b = node.sources
    if isinstance(b.value, tuple) and (found := _of_columns(a, np.array(b.value), node, write)):
        return found, ATOM
    if isinstance(a.value, tuple) and set(a.value) == {(1.0,) * a.shape[1]} and a.shape[0] == 1:
        return f"{write(b, ATOM)}.sum(0, keepdim=True)", ATOM
    return f"{write(a, PRODUCT)} @ {write(b, SIGN)}", PRODUCT


def _of_columns(a: Node, b: np.ndarray, node: Node, write: Write) -> str:
    """a @ b where b only adds up, repeats or picks columns; else ""."""
    if (b == 1.0).all() and b.shape[1] == 1:
        return f"{write(a, ATOM)}.sum(1, keepdim=True)"
    if (b == 1.0).all() and b.shape[0] == 1:
        return f"{write(a, ATOM)}.expand{node.shape}"
    first = int(b[:, 0].argmax())
    if np.array_equal(b, np.eye(len(b))[:, first : first + b.shape[1]]) and b.shape[0] > b.shape[1]:
        return f"{write(a, ATOM)}[:, {first}:{first + b.shape[1]}]"
    return ""


def _where(node: Node, write: Write) -> tuple[str, float]:
    condition, *rest = node.sources
    test = _compared(condition, write) or f"{write(condition, SUM)} != 0"
    return f"torch.where({test}, {', '.join(write(one, ANY) for one in rest)})", ATOM


def _compared(node: Node, write: Write) -> str:
    """A comparison that is no number yet, or ""."""
    text = write(node, ANY)
    return (
        text[1 : -len(").double()")] if node.op in ("greater", "equal", "step") and text.endswith(").double()") else ""
    )


def _shares(node: Node, write: Write) -> tuple[str, float]:
    a, *seen = node.sources
    hidden = f".masked_fill({write(seen[0], SUM)} == 0, -torch.inf)" if seen else ""
    return f"torch.softmax({write(a, ATOM if seen else ANY)}{hidden}, 1)", ATOM


def _row(node: Node, write: Write) -> tuple[str, float]:
    a, index = node.sources
    if isinstance(index.value, float):
        return f"{write(a, ATOM)}[[{int(index.value) - 1}]]", ATOM
    if index.op == "add" and index.sources[1].value == 1.0:
        return f"{write(a, ATOM)}[[int({write(index.sources[0], ANY)})]]", ATOM
    return f"{write(a, ATOM)}[[int({write(index, SUM)}) - 1]]", ATOM


def _pick(node: Node, write: Write) -> tuple[str, float]:
    index, *parts = node.sources
    return f"[{', '.join(write(part, ANY) for part in parts)}][int({write(index, ANY)})]", ATOM


def _stack(name: str) -> Special:
    return lambda node, write: (f"torch.{name}([{', '.join(write(one, ANY) for one in node.sources)}])", ATOM)


def _expand(node: Node, write: Write) -> tuple[str, float]:
    if isinstance(node.sources[0].value, float):
        return f"torch.full({node.shape}, {node.sources[0].value!r})", ATOM
    return f"{write(node.sources[0], ATOM)}.expand{node.shape}", ATOM


def _gather(node: Node, write: Write) -> tuple[str, float]:
    a, places = node.sources[0], _places(node, 1)
    pad = (places.shape[0] - a.shape[0]) // 2
    if pad > 0 and np.array_equal(places, framed(a.shape, pad)):
        return f"F.pad({write(a, ANY)}, {(pad,) * 4})", ATOM
    if np.array_equal(places.ravel(), np.arange(a.shape[0] * a.shape[1])):
        return f"{write(a, ATOM)}.reshape{node.shape}", ATOM
    row, rest = divmod(int(places[0, 0]), a.shape[1])
    if rest == 0 and np.array_equal(places.ravel(), places[0, 0] + np.arange(a.shape[1])):  # a picture in one row
        return f"{write(a, ATOM)}[{row}].reshape{node.shape}", ATOM
    if (places < 0).any():
        return f"torch.cat([{write(a, ATOM)}.flatten(), torch.zeros(1)])[{_at(node.sources[1], write)}]", ATOM
    return f"{write(a, ATOM)}.flatten()[{_at(node.sources[1], write)}]", ATOM


def _scatter(node: Node, write: Write) -> tuple[str, float]:
    size = node.shape[0] * node.shape[1]
    places = f"({_at(node.sources[1], write)},)"
    added = f"index_put({places}, {write(node.sources[0], ANY)}, accumulate=True)"
    return f"torch.zeros({size + 1}).{added}[:{size}].reshape{node.shape}", ATOM


def _at(places: Node, write: Write) -> str:
    return f"{write(places, ATOM)}.long()"


def _correlate(node: Node, write: Write) -> tuple[str, float]:
    a, taps = (write(one, ATOM) for one in node.sources[:2])
    return f"F.conv2d({a}[None, None], {taps}[None, None]{_step(node, ', stride=')})[0, 0]", ATOM


def _largest(node: Node, write: Write) -> tuple[str, float]:
    size = node.sources[1].shape[0]
    return f"F.max_pool2d({write(node.sources[0], ATOM)}[None], {size}{_step(node, ', ', 0)})[0]", ATOM


def _step(node: Node, before: str, usual: int = 1) -> str:
    """How far windows are apart, or "" for the usual way. Raises: Untold where they stand in no grid."""
    a, size = node.sources[:2]
    for step in range(1, max(a.shape) + 1):
        if np.array_equal(corners(a.shape, size.shape, step), _places(node, 2)):
            return "" if step == usual else f"{before}{step}"
    raise Untold


def _places(node: Node, k: int) -> np.ndarray:
    return np.atleast_2d(np.array(node.sources[k].value)).astype(int)


def _untold(node: Node, write: Write) -> tuple[str, float]:
    raise Untold


SPECIAL: dict[str, Special] = {
    "matmul": _matmul,
    "where": _where,
    "shares": _shares,
    "row": _row,
    "pick": _pick,
    "hstack": _stack("hstack"),
    "vstack": _stack("vstack"),
    "expand": _expand,
    "gather": _gather,
    "scatter": _scatter,
    "correlate": _correlate,
    "largest": _largest,
    **dict.fromkeys(UNTOLD, _untold),
}

assert set(SHAPES) == set(TORCH) | set(SPECIAL) | PASSED, "an op without a line of torch"
