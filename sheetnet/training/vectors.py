"""Loops written as LLVM's instructions, for the vectors of this processor, and compiled in some tenths of a second.

A compiler that is handed plain loops keeps its own counsel about what stands in registers; here that is written down.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

Value = Any  # one of LLVM's
Values = Sequence[Value]
INDEX, DOUBLE = ir.IntType(64), ir.DoubleType()


@dataclass(frozen=True)
class Registers:
    """How large a vector is, and how much stands in registers beside each other."""

    bytes: int  # of a vector
    units: int  # forward: units, each with a sum for each of so many vectors of rows
    rows: int
    back: tuple[int, int]  # backward: units and features, each pair with its sum over rows


@lru_cache(maxsize=1)
def registers() -> Registers:
    """What suits this processor: with AVX-512 it has 32 vectors of 64 bytes, with AVX2 16 of 32."""
    there = llvm.get_host_cpu_features()
    if there.get("avx512f"):
        return Registers(64, 8, 3, (4, 5))
    return Registers(32 if there.get("avx2") else 16, 4, 2, (2, 5))


class Writer:
    """Writes functions of arrays in a dtype; a vector is as many of its numbers as a register holds."""

    def __init__(self, dtype: str, by: Registers) -> None:
        self.by = by
        self.real = DOUBLE if dtype == "float64" else ir.FloatType()
        self.lanes = by.bytes // np.dtype(dtype).itemsize
        self.vector = ir.VectorType(self.real, self.lanes)
        self.doubles = ir.VectorType(DOUBLE, self.lanes)
        self.zero, self.one, self.half = (self._constant(value) for value in (0.0, 1.0, 0.5))
        self.module, self.b = ir.Module(), ir.IRBuilder()
        self.functions: dict[str, int] = {}  # and how many arguments each has

    def function(self, name: str, reals: int, doubles: int, numbers: int) -> list[Value]:
        """The arguments of a new function, which is written next: arrays in the dtype, of doubles, whole numbers."""
        kinds = [self.real.as_pointer()] * reals + [DOUBLE.as_pointer()] * doubles + [INDEX] * numbers
        made = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), name)
        self.functions[name] = len(kinds)
        self.b = ir.IRBuilder(made.append_basic_block())
        return list(made.args)

    def loop(self, stop: Value | int, body: Callable[..., Values | None], *carried: Value, step: int = 1) -> Values:
        """What body(i, *carried) -> carried came to, for i = 0, step, ... below stop, which is above 0."""
        b = self.b
        before, head, after = b.block, b.append_basic_block(), b.append_basic_block()
        b.branch(head)
        b.position_at_end(head)
        first = self.number(0), *carried
        phis = [b.phi(value.type) for value in first]
        made = body(*phis) or []
        again = b.add(phis[0], self.number(step))
        for phi, value, then in zip(phis, first, (again, *made), strict=True):
            phi.add_incoming(value, before)
            phi.add_incoming(then, b.block)
        b.cbranch(b.icmp_signed("<", again, self.number(stop)), head, after)
        b.position_at_end(after)
        return made

    def cut(self, n: int, size: int, body: Callable[..., Values | None], *carried: Value) -> Values:
        """As loop, over n things in blocks of a size, and what is left: body(first, how many, *carried) -> carried."""
        whole, rest = divmod(n, size)
        made: Values = carried
        if whole == 1:
            made = body(self.number(0), size, *made) or []
        elif whole:
            made = self.loop(whole * size, lambda i, *inside: body(i, size, *inside), *made, step=size)
        return (body(self.number(whole * size), rest, *made) or []) if rest else made

    def number(self, value: Value | int) -> Value:
        """A whole number."""
        return ir.Constant(INDEX, value) if isinstance(value, int) else value

    def at(self, array: Value, *terms: tuple[Value | int, int]) -> Value:
        """Where the entry lies whose place is the sum of index x stride."""
        place = self.number(0)
        for index, stride in terms:
            place = self.b.add(place, self.b.mul(self.number(index), self.number(stride)))
        return self.b.gep(array, [place])

    def get(self, place: Value, kind: Any = None) -> Value:
        """The vector that lies there."""
        return self.b.load(self.b.bitcast(place, (kind or self.vector).as_pointer()), align=8)

    def put(self, value: Value, place: Value) -> None:
        """None; the vector lies there."""
        self.b.store(value, self.b.bitcast(place, value.type.as_pointer()), align=8)

    def spread(self, place: Value) -> Value:
        """A vector of the one number that lies there."""
        nothing, first = ir.Constant(self.vector, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        one = self.b.insert_element(nothing, self.b.load(place), first)
        return self.b.shuffle_vector(one, nothing, self._lanes([0] * self.lanes))

    def times_plus(self, a: Value, x: Value, to: Value) -> Value:
        """a * x + to, rounded once where the processor can."""
        name = f"llvm.fmuladd.v{self.lanes}f{64 if self.real is DOUBLE else 32}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return self.b.call(self.module.globals.get(name) or ir.Function(self.module, kind, name), [a, x, to])

    def totals(self, vectors: Values) -> Value:
        """The sums of as many vectors as one has lanes, in a vector: neighbours are added until each is one number."""
        even, odd = (self._lanes(range(first, 2 * self.lanes, 2)) for first in (0, 1))
        while len(vectors) > 1:
            pairs = list(zip(vectors[::2], vectors[1::2], strict=True))
            shuffle = self.b.shuffle_vector
            vectors = [self.b.fadd(shuffle(u, v, even), shuffle(u, v, odd)) for u, v in pairs]
        return vectors[0]

    def wide(self, vector: Value) -> Value:
        """The vector in doubles."""
        return vector if self.real is DOUBLE else self.b.fpext(vector, self.doubles)

    def narrow(self, doubles: Value) -> Value:
        """Doubles as a vector."""
        return doubles if self.real is DOUBLE else self.b.fptrunc(doubles, self.vector)

    def compiled(self) -> Compiled:
        """The functions, as this processor runs them."""
        return Compiled(str(self.module))

    def _constant(self, value: float) -> Value:
        return ir.Constant(self.vector, [value] * self.lanes)

    def _lanes(self, which: Sequence[int]) -> Value:
        return ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), list(which))


class Compiled:
    """Functions in memory, for as long as this lives."""

    def __init__(self, text: str) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
        )
        module = llvm.parse_assembly(text)
        module.verify()
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()

    def function(self, name: str, count: int) -> Callable[..., None]:
        """A function of so many addresses and whole numbers; while it runs, other threads do too."""
        return ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * count)(self._engine.get_function_address(name))
