"""The loops of many nets of one shape on a CPU: a few nets at once, many epochs in a call.

A tile of the table is loaded once for these nets: forward some units stand in registers, each with its sums over the
features, and backward some weights, each with its sum over the rows. A vector is so many rows, one in each lane.

Sums over at most 1,024 rows are in the dtype of the table, over more, and in the update, in float64. What comes of a
net does not hang on the nets beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from sheetnet.training.shapes import Room, Shape
from sheetnet.training.vectors import Registers, Value, Values, Writer, registers

CHUNK = 1024  # rows that are summed in the dtype of the table
UNROLLED = 16  # features up to which there is no loop over them


@lru_cache(maxsize=8)
def loops_of(shape: Shape) -> Loops:
    """The loops for a shape, which are compiled once in a process."""
    return Loops(shape)


class Loops:
    """The loops for a shape: descend and measure, compiled."""

    def __init__(self, shape: Shape, by: Registers | None = None) -> None:
        self.shape, self.by = shape, by or registers()
        self.w = Writer(shape.dtype, self.by)
        self.lanes = self.w.lanes
        self.rows = next(rows for rows in range(self.by.rows, 0, -1) if shape.tile // self.lanes % rows == 0)
        self.weights, self.nets = (
            -(-n // self.lanes) * self.lanes for n in (shape.nets * shape.k * shape.p, shape.nets)
        )
        self._descend()
        self._measure()
        self._compiled = self.w.compiled()
        self._runs = {name: self._compiled.function(name, count) for name, count in self.w.functions.items()}

    def room(self, X: np.ndarray, y: np.ndarray) -> Room:
        """What one thread needs for a table in tiles."""
        return Room(self.shape, self.lanes, X, y)

    def descend(self, room: Room, epochs: int) -> Iterator[tuple[int, np.ndarray]]:
        """The squared errors before each step, (some epochs, nets), and how many epochs came before; W in place.

        W -= rates * G + decays * W, of which each has an entry for each weight.
        """
        for done in range(0, epochs, len(room.losses)):
            count = min(len(room.losses), epochs - done)
            self._runs["descend"](*room.to_descend, room.tiles, count)
            yield done, room.losses[:count]

    def measure(self, room: Room) -> None:
        """None; room's squared and right (nets,) and tops (nets, k, lanes) are those of W."""
        room.squared[:], room.right[:], room.tops[:] = 0, 0, 0
        self._runs["measure"](*room.to_measure, room.tiles)

    def _descend(self) -> None:
        w, s, L = self.w, self.shape, self.lanes
        X, y, W, d, G, squares, total, squared, rates, decays, losses, tiles, epochs = w.function("descend", 6, 5, 2)

        def tile(t: Value) -> None:
            x = w.at(X, (t, s.p * s.tile))
            self._forward(x, w.at(y, (t, s.tile)), W, d, lambda net, error, *_: self._square(squares, net, error))
            self._backward(x, d, G)
            self._after(t, tiles, [(G, total, self.weights), (squares, squared, self.nets)])

        def update(i: Value) -> None:
            g, rate, decay = (w.get(w.at(array, (i, 1)), w.doubles) for array in (total, rates, decays))
            place = w.at(W, (i, 1))
            old = w.wide(w.get(place))
            step = w.b.fadd(w.b.fmul(rate, g), w.b.fmul(decay, old))
            w.put(w.narrow(w.b.fsub(old, step)), place)

        def tell(net: Value, losses: Value) -> None:
            w.b.store(w.b.load(w.at(squared, (net, 1))), w.at(losses, (net, 1)))

        def epoch(e: Value) -> None:
            for sums, size in ((total, self.weights), (squared, self.nets)):
                w.loop(size, lambda i, sums=sums: w.put(w.wide(w.zero), w.at(sums, (i, 1))), step=L)
            w.loop(tiles, tile)
            w.loop(self.weights, update, step=L)
            row = w.at(losses, (e, s.nets))
            w.loop(s.nets, lambda net: tell(net, row))

        w.loop(epochs, epoch)
        w.b.ret_void()

    def _measure(self) -> None:
        w, s, L = self.w, self.shape, self.lanes
        X, y, W, d, squares, hits, tops, squared, right, tiles = w.function("measure", 7, 2, 1)

        def seen(unit: Value, lin: Value) -> None:
            place = w.at(tops, (unit, L))
            top = w.get(place)
            w.put(w.b.select(w.b.fcmp_ordered(">", lin, top), lin, top), place)

        def told(net: Value, errors: Values, preds: Values, ys: Values) -> None:
            self._square(squares, net, errors)
            place = w.at(hits, (net, L))
            count = w.get(place)
            for pred, y in zip(preds, ys, strict=True):
                said = w.b.select(w.b.fcmp_ordered(">", pred, w.half), w.one, w.zero)
                count = w.b.fadd(count, w.b.select(w.b.fcmp_ordered("==", said, y), w.one, w.zero))
            w.put(count, place)

        def tile(t: Value) -> None:
            self._forward(w.at(X, (t, s.p * s.tile)), w.at(y, (t, s.tile)), W, d, told, seen)
            self._after(t, tiles, [(squares, squared, self.nets), (hits, right, self.nets)])

        w.loop(tiles, tile)
        w.b.ret_void()

    def _forward(
        self, X: Value, y: Value, W: Value, d: Value, told: Callable[..., None], seen: Callable[..., None] | None = None
    ) -> None:
        """Of the rows of a tile, net by net: lin = X W, pred = sum of relu(lin) or lin, error = pred - y.

        Writes d = error * (lin > 0); told(net, errors, preds, ys) and seen(unit, lin) hear of each vector of rows.
        """
        w, s, L = self.w, self.shape, self.lanes
        span = range(self.rows)

        def some_rows(row: Value) -> None:
            ys = [w.get(w.at(y, (row, 1), (v, L))) for v in span]

            def some_units(unit: Value, count: int) -> list[list[Value]]:
                """lin of each, vector by vector."""

                def features(first: Value, width: int, *sums: Value) -> Values:
                    made = list(sums)
                    for f in range(width):
                        xs = [w.get(w.at(X, (first, s.tile), (f, s.tile), (row, 1), (v, L))) for v in span]
                        for u in range(count):
                            weight = w.spread(w.at(W, (unit, s.p), (u, s.p), (first, 1), (f, 1)))
                            for v in span:
                                made[u * self.rows + v] = w.times_plus(weight, xs[v], made[u * self.rows + v])
                    return made

                made = w.cut(s.p, s.p if s.p <= UNROLLED else 4, features, *[w.zero] * (count * self.rows))
                lins = [list(made[u * self.rows : (u + 1) * self.rows]) for u in range(count)]
                if seen:
                    for u, lin in enumerate(lins):
                        for one in lin:
                            seen(w.b.add(unit, w.number(u)), one)
                return lins

            def kept(unit: Value, vectors: Values) -> None:
                for v in span:
                    w.put(vectors[v], w.at(d, (unit, s.tile), (row, 1), (v, L)))

            def errors(net: Value, preds: Values) -> list[Value]:
                made = [w.b.fsub(preds[v], ys[v]) for v in span]
                told(net, made, preds, ys)
                return made

            def nets(first: Value, count: int) -> None:
                """Nets whose units stand in registers all at once."""
                unit = w.b.mul(first, w.number(s.k))
                lins = some_units(unit, count * s.k)
                for i in range(count):
                    mine = lins[i * s.k : (i + 1) * s.k]
                    preds = [w.zero] * self.rows
                    for lin in mine:
                        preds = self._raised(preds, lin)
                    error = errors(w.b.add(first, w.number(i)), preds)
                    for u, lin in enumerate(mine):
                        kept(w.b.add(unit, w.number(i * s.k + u)), self._masked(lin, error))

            def net(at: Value) -> None:
                """A net whose units come after each other: d holds lin until the error is known."""
                unit = w.b.mul(at, w.number(s.k))

                def units(first: Value, count: int, *preds: Value) -> Values:
                    place, sums = w.b.add(unit, first), list(preds)
                    for u, lin in enumerate(some_units(place, count)):
                        kept(w.b.add(place, w.number(u)), lin)
                        sums = self._raised(sums, lin)
                    return sums

                error = errors(at, w.cut(s.k, self.by.units, units, *[w.zero] * self.rows))

                def mask(u: Value) -> None:
                    place = w.b.add(unit, u)
                    lin = [w.get(w.at(d, (place, s.tile), (row, 1), (v, L))) for v in span]
                    kept(place, self._masked(lin, error))

                w.loop(s.k, mask)

            if s.k <= self.by.units:
                w.cut(s.nets, self.by.units // s.k, nets)
            else:
                w.loop(s.nets, net)

        w.loop(s.tile, some_rows, step=L * self.rows)

    def _raised(self, preds: Values, lin: Values) -> list[Value]:
        """preds + relu(lin) or lin; a nan stays one."""
        b, zero = self.w.b, self.w.zero
        if self.shape.relu:
            lin = [b.select(b.fcmp_ordered(">", zero, one), zero, one) for one in lin]
        return [b.fadd(pred, one) for pred, one in zip(preds, lin, strict=True)]

    def _masked(self, lin: Values, error: Values) -> Values:
        """error * (lin > 0), or error."""
        b, zero = self.w.b, self.w.zero
        if not self.shape.relu:
            return error
        return [b.select(b.fcmp_ordered("<=", at, zero), zero, one) for at, one in zip(lin, error, strict=True)]

    def _backward(self, X: Value, d: Value, G: Value) -> None:
        """Adds X' d over the rows of a tile to G, a vector for each weight."""
        w, s, L = self.w, self.shape, self.lanes
        units, features = self.by.back

        def some_units(unit: Value, count: int) -> None:
            def some_features(first: Value, width: int) -> None:
                pairs = [(u, f) for u in range(count) for f in range(width)]
                places = [w.at(G, (unit, s.p * L), (u, s.p * L), (first, L), (f, L)) for u, f in pairs]

                def rows(row: Value, *sums: Value) -> Values:
                    ds = [w.get(w.at(d, (unit, s.tile), (u, s.tile), (row, 1))) for u in range(count)]
                    xs = [w.get(w.at(X, (first, s.tile), (f, s.tile), (row, 1))) for f in range(width)]
                    return [w.times_plus(ds[u], xs[f], old) for (u, f), old in zip(pairs, sums, strict=True)]

                made = w.loop(s.tile, rows, *map(w.get, places), step=L)
                for place, total in zip(places, made, strict=True):
                    w.put(total, place)

            w.cut(s.p, features, some_features)

        w.cut(s.nets * s.k, units, some_units)

    def _square(self, squares: Value, net: Value, errors: Values) -> None:
        place = self.w.at(squares, (net, self.lanes))
        total = self.w.get(place)
        for error in errors:
            total = self.w.times_plus(error, error, total)
        self.w.put(total, place)

    def _after(self, t: Value, tiles: Value, sums: list[tuple[Value, Value, int]]) -> None:
        """After the last tile, and each time a chunk is full: vectors are added to float64, and cleared."""
        w, b, L = self.w, self.w.b, self.lanes
        after = b.add(t, w.number(1))
        full = b.icmp_unsigned("==", b.urem(after, w.number(max(1, CHUNK // self.shape.tile))), w.number(0))
        with b.if_then(b.or_(full, b.icmp_unsigned("==", after, tiles))):
            for vectors, totals, size in sums:

                def some(first: Value, vectors: Value = vectors, totals: Value = totals) -> None:
                    places = [w.at(vectors, (first, L), (i, L)) for i in range(L)]
                    found = w.wide(w.totals([w.get(place) for place in places]))
                    for place in places:
                        w.put(w.zero, place)
                    place = w.at(totals, (first, 1))
                    w.put(b.fadd(w.get(place, w.doubles), found), place)

                w.loop(size, some, step=L)
