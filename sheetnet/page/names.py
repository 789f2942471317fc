"""The one place where names of cells and of Tables are registered."""

from __future__ import annotations

from collections.abc import Collection

from sheetnet.errors import GraphError
from sheetnet.graph.names import unfit
from sheetnet.page.area import Area


class Names(dict[str, Area]):
    """What formulas call some areas: {name: area}."""

    def __init__(self) -> None:
        super().__init__()
        self._claimed: dict[str, tuple[str, Area]] = {}

    @property
    def taken(self) -> Collection[str]:
        """All names of cells and Tables, in small letters."""
        return self._claimed

    def give(self, name: str, area: Area) -> None:
        """An area gets a name.

        Raises: GraphError as claim.
        """
        self.claim(name, area)
        self[name] = area

    def claim(self, name: str, area: Area) -> None:
        """A name of cells, or of a Table, is an area's: programs tell neither these nor upper and lower case apart.

        Raises: GraphError for a name used twice, and one that some program takes for something else.
        """
        if why := unfit(name):
            raise GraphError(f"{name!r} for {area.full()} {why}: it cannot be a name; take another")
        if name.lower() in self._claimed:
            first, there = self._claimed[name.lower()]
            raise GraphError(f"two areas are named {name!r}: {there.full()} ({first!r}) and {area.full()}")
        self._claimed[name.lower()] = name, area
