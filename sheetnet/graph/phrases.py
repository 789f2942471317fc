"""Node -> lines of text, by a table of phrases: one for each op, with how tightly it binds.

What has a name of its own, or is needed more than once, gets a line to itself, so that lines stay short; what stands
somewhere is called by what it is called there. Two tables are written so: torch_text.py and aloud.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from sheetnet.graph.node import Node, order, variable
from sheetnet.graph.sharing import named

ANY = 0.0  # what any text binds as tightly as
PASSED = {"same", "outcome", "estimate"}  # ops that change no number
THROUGH = {*PASSED, "transpose"}  # ops that are no step of their own

Phrase = tuple[str, float, tuple[float, ...]]  # template, how tightly it binds, how tightly each source must
Called = Callable[[Node], "str | None"]  # what a node is called that stands somewhere
Write = Callable[[Node, float], str]  # a source's text, in parentheses where it binds looser than that
Special = Callable[[Node, Write], "tuple[str, float]"]


@dataclass(frozen=True)
class Phrases:
    """A way to write nodes: phrases of ops, those that depend on more than the op, and leaves."""

    phrases: Mapping[str, Phrase]
    special: Mapping[str, Special]
    constant: Callable[[Node], tuple[str, float]]
    atom: float  # how tightly a name binds
    fill: Callable[[str, tuple[str, ...]], str]  # a template with the texts of its sources

    def lines(self, root: Node, called: Called, taken: Collection[str]) -> list[tuple[str, str]]:
        """(name, text) of each part that has a line to itself, and at the end ("", the text of the root).

        taken: names, in small letters, that no such part may have.
        """
        root = _once(root, called)
        inner = [node for node in order([root]) if node.op not in ("input", "constant")]
        uses = Counter[Node]()
        for node in reversed(inner):  # what is only turned is written where it is read
            uses.update(dict.fromkeys(node.sources, max(1, uses[node])) if node.op in THROUGH else node.sources)
        apart = [node for node in inner[:-1] if (uses[node] > 1 or node.name) and node.op not in THROUGH]
        names = named(apart, taken)
        known: dict[Node, str] = {}
        out = []
        for node in apart:
            out.append((names[node], self._text(node, known)[0]))
            known[node] = names[node]
        return [*out, ("", self._text(root, known)[0])]

    def _text(self, node: Node, known: Mapping[Node, str]) -> tuple[str, float]:
        if node.op == "constant":
            return self.constant(node)
        if node.op in PASSED:
            return self._source(node.sources[0], known)

        def write(source: Node, need: float) -> str:
            text, binds = self._source(source, known)
            return text if binds >= need else f"({text})"

        if node.op in self.special:
            return self.special[node.op](node, write)
        template, binds, needs = self.phrases[node.op]
        return self.fill(template, tuple(map(write, node.sources, needs))), binds

    def _source(self, node: Node, known: Mapping[Node, str]) -> tuple[str, float]:
        if node in known:
            return known[node], self.atom
        return (node.name, self.atom) if node.op == "input" else self._text(node, known)


def _once(root: Node, called: Called) -> Node:
    """The root with each thing that stands nowhere as one node, and inputs, by what they are called, for all others."""
    new: dict[Node, Node] = {}
    known: dict[object, Node] = {}
    below = _Below(root, called)
    for node in order([root], below):
        if (name := below.name(node)) is not None:
            new[node] = variable(name, node.shape)
        elif node.op == "input":
            new[node] = node
        else:
            sources = tuple(new[source] for source in node.sources)
            new[node] = known.setdefault((node.op, node.value, *map(id, sources)), replace(node, sources=sources))
    return new[root]


@dataclass(frozen=True)
class _Below:
    """Whether a node stands somewhere below a root, and what it is called there."""

    root: Node
    called: Called

    def name(self, node: Node) -> str | None:
        return None if node is self.root else self.called(node)

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Node) and self.name(node) is not None
