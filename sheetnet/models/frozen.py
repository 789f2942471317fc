"""Frozen parameters: they work in every prediction, and stay as they are while the others learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sheetnet.errors import SheetnetError
from sheetnet.models.net import Net


def froze(net: Net, names: Iterable[str]) -> Net:
    """The net with these parameters frozen, besides those that are: by our names, by torch's keys, or whole layers.

    names: such as "W_1", "0.weight", or "0" for all of that layer.
    Raises: SheetnetError for a name that the net does not have, and where nothing would be left to learn.
    """
    if isinstance(names, str):
        names = (names,)
    found = set(net.frozen)
    for name in names:
        keys = {p.key for p in net.parameters if p.held.trained and name in (p.name, p.key, p.key.rpartition(".")[0])}
        if not keys:
            known = ", ".join(f"{p.name} ({p.key})" for p in net.parameters if p.held.trained)
            raise SheetnetError(f"{net.title} has no parameter {name!r} to freeze; it has {known}")
        found |= keys
    out = replace(net, frozen=tuple(p.key for p in net.parameters if p.key in found))
    if not out.trained:
        raise SheetnetError(f"{net.title}: all of its parameters would be frozen; leave one that learns")
    return out
