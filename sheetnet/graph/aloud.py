"""How each op is read aloud: one phrase for each, in English; who asks brings another language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from math import pi

from numpy import format_float_positional

from sheetnet.graph.node import Node
from sheetnet.graph.ops import SHAPES
from sheetnet.graph.phrases import ANY, PASSED, Called, Phrase, Phrases, Special, Write

CHOICE, COMPARE, SUM, PRODUCT, OF, ATOM = 0.5, 1.0, 2.0, 3.0, 4.0, 6.0
Say = Callable[..., str]  # an English text with {places}, and what stands in them

ALOUD: dict[str, Phrase] = {
    "add": ("{a} plus {b}", SUM, (SUM, PRODUCT)),
    "sub": ("{a} minus {b}", SUM, (SUM, PRODUCT)),
    "mul": ("{a} times {b}", PRODUCT, (PRODUCT, OF)),
    "div": ("{a} divided by {b}", PRODUCT, (PRODUCT, OF)),
    "neg": ("minus {a}", OF, (OF,)),
    "square": ("the square of {a}", OF, (OF,)),
    "power": ("{a} to the power of {b}", OF, (ATOM, ATOM)),
    "abs": ("{a} without its sign", OF, (ATOM,)),
    "sign": ("the sign of {a}: 1, 0 or -1", CHOICE, (OF,)),
    "sqrt": ("the square root of {a}", OF, (OF,)),
    "floor": ("{a} rounded down", OF, (ATOM,)),
    "sin": ("the sine of {a}", OF, (OF,)),
    "cos": ("the cosine of {a}", OF, (OF,)),
    "relu": ("{a}, or 0 where that is below 0", CHOICE, (SUM,)),
    "step": ("1 where {a} is above 0, else 0", CHOICE, (SUM,)),
    "log10": ("the logarithm to base 10 of {a}", OF, (OF,)),
    "ln": ("the natural logarithm of {a}", OF, (OF,)),
    "exp": ("e to the power of {a}", OF, (ATOM,)),
    "tanh": ("tanh of {a}", OF, (OF,)),
    "sigmoid": ("the sigmoid of {a}, from 0 to 1", CHOICE, (OF,)),
    "softplus": ("the softplus of {a}, a smooth ReLU", CHOICE, (OF,)),
    "normal": ("the share of a normal distribution below {a}", OF, (OF,)),
    "greater": ("1 where {a} is above {b}, else 0", CHOICE, (SUM, SUM)),
    "equal": ("1 where {a} is {b}, else 0", CHOICE, (SUM, SUM)),
    "reads": ("1 where {a} is the word {b}, else 0", CHOICE, (ATOM, ATOM)),
    "where": ("{b} where {a} is not 0, else {c}", CHOICE, (SUM, SUM, SUM)),
    "letter": ("letter {b} of {a}", OF, (ATOM, ATOM)),
    "joined": ("the words of each row of {a}, one after the other", OF, (OF,)),
    "filled": ("1 where {a} is not blank, else 0", CHOICE, (SUM,)),
    "if_error": ("{a}, or {b} where that cannot be calculated", CHOICE, (SUM, SUM)),
    "transpose": ("{a} with rows and columns exchanged", OF, (ATOM,)),
    "inverse": ("the inverse of {a}", OF, (OF,)),
    "determinant": ("the determinant of {a}", OF, (OF,)),
    "expand": ("{a}, repeated", CHOICE, (SUM, ANY)),
    "hstack": ("", ATOM, ()),
    "vstack": ("", ATOM, ()),
    "softmax": ("the softmax of each row of {a}: shares that add up to 1", CHOICE, (OF,)),
    "logsumexp": ("the logarithm of the sum of e to the power of each entry, for each row of {a}", OF, (OF,)),
    "row": ("row {b} of {a}", OF, (ATOM, ATOM)),
    "lookup": ("what stands in {c} beside {a} in {b}", OF, (ATOM, ATOM, ATOM)),
    "match": ("the place of {a} in {b}, counted from 1", CHOICE, (ATOM, ATOM)),
    "cumsum": ("the sum of {a} from the first row to this one", OF, (OF,)),
    "count_same": ("how often this entry of {a} occurs", OF, (OF,)),
    "hit": ("1 where {a} is the answer, else 0", CHOICE, (SUM, ANY, ANY, ANY)),
    "gather": ("numbers of {a}, in another order", CHOICE, (OF, ANY)),
    "scatter": ("{a}, each added up where it was taken from", CHOICE, (SUM, ANY, ANY)),
    "correlate": ("each window of {a} times {b}, number by number, then added up", CHOICE, (OF, OF, ANY)),
    "largest": ("the largest number of each window of {a}", OF, (OF, ANY, ANY)),
    "sum": ("the sum of {a}", OF, (OF,)),
    "mean": ("the mean of {a}", OF, (OF,)),
    "max": ("the largest number of {a}", OF, (OF,)),
    "min": ("the smallest number of {a}", OF, (OF,)),
    "median": ("the median of {a}", OF, (OF,)),
    "sum_rows": ("the sum of each column of {a}", OF, (OF,)),
}
# a matrix product, by what of the two is multiplied number by number, then added up
PRODUCTS = "the sum of the products of {a} with {b}"
EACH_ROW, EACH_COLUMN = "each row of {a}", "each column of {a}"
ROW_SUMS, REPEATED, COLUMNS = "the sum of each row of {a}", "{a}, repeated", "some columns of {a}"
IF = {  # of a choice by a comparison
    "greater": "{c} where {a} is above {b}, else {d}",
    "equal": "{c} where {a} is {b}, else {d}",
    "step": "{c} where {a} is above 0, else {d}",
}
SHARES = "the softmax of each row of {a}: shares that add up to 1", "the softmax of each row of {a}, where {b} is 1"
WORDS, POWER = "a table of {a} × {b} words", "{a} × 10 to the power of {b}"
CHOSEN, OF_THESE = "number {a} of {b}, counted from 0", "{a} tables"
TOGETHER, TABLE = "{a} together", "a table of {a} × {b} numbers"
LINE, LAST = "{name} is {words}.", "This is {words}."
NUMBERS = "{a} everywhere"
LARGE = 9  # digits that a number has at most, before or after the point


def texts() -> Iterator[str]:
    """All English texts, for translators."""
    yield from (text for text, *_ in ALOUD.values() if text)
    yield from (
        PRODUCTS,
        EACH_ROW,
        EACH_COLUMN,
        ROW_SUMS,
        REPEATED,
        COLUMNS,
        *IF.values(),
        *SHARES,
        CHOSEN,
        OF_THESE,
        TOGETHER,
    )
    yield from (TABLE, WORDS, POWER, LINE, LAST, NUMBERS)


def aloud(
    root: Node, called: Called, say: Say, number: Callable[[str], str] = str, taken: Collection[str] = ()
) -> list[str]:
    """The sentences that say how a node is calculated; the last one is about the node itself.

    called: what stands somewhere, in words. number: how a number is written. taken: names that no part may have.
    """
    lines = _phrases(say, number).lines(root, called, taken)
    return [say(LINE, name=name, words=words) if name else say(LAST, words=words) for name, words in lines]


def _phrases(say: Say, number: Callable[[str], str]) -> Phrases:
    def fill(template: str, texts: tuple[str, ...]) -> str:
        return say(template, **dict(zip("abcd", texts, strict=False)))

    def written(value: float) -> str:
        mantissa, _, power = f"{value:.11e}".partition("e")
        if value and abs(int(power)) > LARGE:
            return say(POWER, a=number(f"{float(mantissa):g}"), b=int(power))
        return number(format_float_positional(float(f"{value:.12g}"), trim="-"))

    def constant(node: Node) -> tuple[str, float]:
        value = node.value
        if isinstance(value, float):
            return "π" if value == pi else written(value), ATOM
        if isinstance(value, str):
            return f'"{value}"', ATOM
        found = [entry for line in value or () for entry in line]
        one = found[0]
        if len({*found}) == 1 and isinstance(one, float):
            return fill(NUMBERS, (written(one),)), OF
        return say(TABLE if all(isinstance(x, float) for x in found) else WORDS, a=node.shape[0], b=node.shape[1]), ATOM

    def matmul(node: Node, write: Write) -> tuple[str, float]:
        a, b = node.sources
        if isinstance(b.value, tuple) and {x for line in b.value for x in line} == {1.0}:
            return fill(ROW_SUMS if b.shape[1] == 1 else REPEATED, (write(a, OF),)), OF
        if isinstance(b.value, tuple) and all(
            sorted(column)[-2:] == [0.0, 1.0] for column in zip(*b.value, strict=True)
        ):
            return fill(COLUMNS, (write(a, OF),)), OF
        left = part(a, node.shape[0], EACH_COLUMN if turned(a) else EACH_ROW, write)
        return fill(PRODUCTS, (left, part(b, node.shape[1], EACH_ROW if turned(b) else EACH_COLUMN, write))), OF

    def part(a: Node, n: int, each: str, write: Write) -> str:
        """What of a matrix is multiplied, where n of its rows or columns are."""
        text = write(a.sources[0] if turned(a) else a, OF)
        return fill(each, (text,)) if n > 1 else text

    def turned(a: Node) -> bool:
        return a.op == "transpose"

    def where(node: Node, write: Write) -> tuple[str, float]:
        condition, yes, no = node.sources
        if condition.op in IF and write(condition, ANY).startswith("1 "):
            texts = [write(one, SUM) for one in condition.sources]
            rest = {"c": write(yes, SUM), "d": write(no, SUM)}
            return say(IF[condition.op], **dict(zip("ab", texts, strict=False)), **rest), CHOICE
        template, binds, needs = ALOUD["where"]
        return fill(template, tuple(map(write, node.sources, needs))), binds

    def shares(node: Node, write: Write) -> tuple[str, float]:
        return fill(SHARES[len(node.sources) - 1], tuple(write(one, OF) for one in node.sources)), CHOICE

    def pick(node: Node, write: Write) -> tuple[str, float]:
        index, *parts = node.sources
        return fill(CHOSEN, (write(index, ATOM), say(OF_THESE, a=len(parts)))), OF

    def stack(node: Node, write: Write) -> tuple[str, float]:
        return fill(TOGETHER, (", ".join(write(one, SUM) for one in node.sources),)), CHOICE

    special: dict[str, Special] = {"matmul": matmul, "where": where, "shares": shares, "pick": pick}
    special |= {"hstack": stack, "vstack": stack}
    return Phrases(ALOUD, special, constant, ATOM, fill)


assert set(SHAPES) == set(ALOUD) | {"matmul", "shares", "pick"} | PASSED, "an op that nobody can read aloud"
