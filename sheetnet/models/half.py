"""Numbers of few bits, as graph: what float16, bfloat16 and float32 keep of a number.

Such a number is a whole number of places, and a place is a power of 2: of float16 there are 1024 to 2047 places, in 11
bits. What lies between two places goes to the nearer one, from the middle to the even one, as IEEE 754 and torch round.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.graph.node import Node, apply, lift, where

LN2 = 0.693147180559945  # with the digits that a formula has
NUDGE = 1e-9  # so that the exponent of a power of 2 is not one too small; what is so near below one is rounded to it
NONE = -10_000.0  # the exponent of 0, below all that there are


@dataclass(frozen=True)
class Kind:
    """One kind of number: how many bits it keeps, its smallest exponent, and the largest number that there is."""

    name: str
    bits: int
    lowest: int
    largest: float


KINDS = {
    kind.name: kind
    for kind in (
        Kind("float16", 11, -14, 65504.0),
        Kind("bfloat16", 8, -126, (2.0 - 2.0**-7) * 2.0**127),
        Kind("float32", 24, -126, (2.0 - 2.0**-23) * 2.0**127),
    )
}


def exponent(a: Node, lowest: Node | float) -> Node:
    """The power of 2 that is next below |a|, but not below the lowest: floor(log2 |a|), entry by entry."""
    found = apply("floor", apply("ln", apply("abs", a)) / LN2 + NUDGE)
    known = apply("if_error", found, lift(NONE))
    return where(apply("greater", lift(lowest), known), lowest, known)


def place(power: Node, bits: Node | float) -> Node:
    """What the last of so many bits is worth: 2^(exponent - bits + 1)."""
    return apply("power", lift(2.0), power - (bits - 1.0))


def to_even(a: Node) -> Node:
    """The nearest whole number; from the middle between two the even one."""
    up = apply("floor", a + 0.5)
    odd = up - 2.0 * apply("floor", up / 2.0)
    return up - where(apply("equal", up - a, lift(0.5)), odd, 0.0)


def rounded(a: Node, step: Node) -> Node:
    """The nearest whole number of places: to_even(a / place) * place."""
    return to_even(a / step) * step
