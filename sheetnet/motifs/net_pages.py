"""A net on sheets: its parameters and forward pass, and one epoch in slow motion. Its descent: net_descent.py."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.graph.node import apply
from sheetnet.models.labels import rows_of
from sheetnet.motifs.learning import Learning
from sheetnet.motifs.net_parts import (
    FORMATS,
    TITLES,
    columns_of,
    describe,
    matrices,
    passed,
    sheet_name,
)
from sheetnet.page.book import Book, Solver
from sheetnet.page.flow import Aside, across, down, lay
from sheetnet.page.grid import facts
from sheetnet.page.language import said, whole
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.shown import Group, Shown, agreement, backward, forward, result, shown, update

EVERY = "(W: every number)"
EXPLAINED = (
    "Wiggled: all numbers at once a little way along the gradient, and back. The loss must change by the gradient's"
    " squares, added up; it may differ where a ReLU has its corner nearby."
)
BACKWARD = (
    "d_ of a step: how much the loss rises for each unit that this number rises; each follows from the one after it."
)


def net_page(
    book: Book, one: Learning, features: Sequence[str], classes: Sequence[str], origin: str, typed: Group
) -> None:
    """Parameters (yellow), their loss on top, every step for every row below. origin: of the yellow ones, in words."""
    net, now, prefix = one.net, one.now, one.net.name
    page = book.page(
        sheet_name(net.title),
        whole(f"{net.title}: {describe(net)}"),
        said("Each step is one formula for all rows. Change a yellow number and watch the loss; {came}.", came=origin),
    )
    judged = one.judged_by(now, now) | one.worth()
    found = {f"{prefix}.now.{key}": (node, TITLES[key], FORMATS.get(key, "weight")) for key, node in judged.items()}
    inputs = [
        table({id: one}, names=rows_of(net, one.title, features), named="word") for id, one in typed.items()
    ]  # fmt: skip
    steps = table(
        _answers(one, passed(f"{prefix}.now", now, one.setting.stand, classes, list(judged.values())), classes),
        names=one.setting.X.shape[0],
        corner="No",
        frozen=True,
    )
    masks = {
        f"{prefix}.{key}": (node, said("{name}, in training", name=key), "plain") for key, node in one.masks.items()
    }
    beside = [Aside(table(shown("fixed", masks)))] if masks else []
    lay(page, prefix, down(
        across(facts("As when predicting", forward(found), span=2), *inputs), across(steps, *beside)
    ))  # fmt: skip
    if len(typed) == 1 and not masks:
        [weights] = typed.values()
        page.solver = Solver(book.block_of(now.loss).area, book.block_of(weights.node).area)


def _answers(one: Learning, steps: Group, classes: Sequence[str]) -> Group:
    """The steps, and after the last what it says: a number in the target's own units, or how likely classes are."""
    units, node, likely, id = one.setting.units, one.now_in_units, one.probability, f"{one.net.name}.now"
    says: Group = {}
    if units is not None and node is not None and units.scaled:
        says = forward({f"{id}.in_units": (node, said("predicted {target}", target=units.name), "units")})
    elif likely is not None:
        labels = tuple(classes) if likely.shape[1] > 1 else ()
        of = "probability" if labels else said("probability of {name}", name=classes[1])
        says = forward({f"{id}.probability": (likely, of, "share")}, style="cells", labels=labels)
    out: Group = {}
    for key, step in steps.items():
        out |= {key: step} | (says if step.node is one.now.out else {})
    return out


def gradient_page(book: Book, one: Learning, features: Sequence[str], classes: Sequence[str]) -> None:
    """Parameters then, their gradients, the update; below, forward and backward pass for all rows."""
    net, seen, id = one.net, one.seen, f"{one.net.name}.then"
    page = book.page(
        sheet_name(net.title, "Gradient"),
        said("Gradient {net}: one epoch in slow motion", net=net.title),
        "Which way, and how far, does each number move? Choose another epoch on Start and this page moves to it.",
    )
    head = [
        facts("", result({f"{id}.epoch": (apply("same", one.setting.epoch), "epoch", "plain")}, style="cells")),
        facts("", forward({f"{id}.loss": (seen.loss, "Loss", "loss")})),
        facts("", result({f"{id}.lr": (apply("same", one.lr), "Rate", "rate")}, style="cells")),
    ]
    after = {name: step.W_next for name, step in one.steps.items()} | one.buffers_next
    numbers = [
        matrices(one, one.then, features, f"{id}.{{}}", "{name} then", role="update", style="cells"),
        matrices(one, one.grads, features, f"{id}.grad_{{}}", "gradient of {name}", format="gradient", role="backward"),
        *_remembered(one, id),
        matrices(one, after, features, f"{id}.{{}}_next", "{name} after", role="update"),
    ]
    others = [seen.loss, *one.cotangents.values(), *one.grads.values(), *after.values(), one.up, one.down, one.slope]
    others += [node for step in one.steps.values() for node in (*step.state.values(), *step.shown.values())]
    stand = [*one.setting.stand, *one.then.values(), *one.masks.values(), one.lr]
    stand += [node for kinds in one.state_then.values() for node in kinds.values()]
    steps = passed(id, seen, stand, classes, others)
    for name, node in one.cotangents.items():
        steps[f"{id}.d_{name}"] = Shown(node, whole(f"d_{name}"), "small", "backward", labels=columns_of(node))
    step = said(one.optimiser.in_words())
    lay(page, id, down(
        across(*head),
        across(_wiggled(one, id), Note(whole(f"{step}\n{said(EVERY)}\n\n{said(EXPLAINED)}"), 7)),
        *numbers,
        down(Words("Row by row: forward (green), then backward (violet)"), Words(BACKWARD, "plain"), gap=0),
        table(steps, names=one.setting.X.shape[0], corner="No"),
    ))  # fmt: skip


def _wiggled(one: Learning, id: str) -> Part:
    """The gradient's squares beside what a wiggle along the gradient finds."""
    losses = {"up": (one.up, "Loss, + wiggle × gradient"), "down": (one.down, "Loss, - wiggle × gradient")}
    slopes = {"slope": (one.slope, "Gradient squared, added up"), "wiggled": (one.wiggled, "(up - down) / (2 wiggle)")}
    return facts(
        "Wiggled along the gradient",
        forward({f"{id}.{key}": said for key, said in losses.items()}, format="fine"),
        backward({f"{id}.{key}": said for key, said in slopes.items()}, format="small"),
        agreement({f"{id}.wiggle_verdict": (one.wiggle_verdict, "Do the two agree?")}),
        span=3,
    )


def _remembered(one: Learning, id: str) -> list[Part]:
    """What the optimiser remembers of each parameter, before and after the step, and shows on the way; [] for sgd."""
    group: Group = {}
    for name, step in one.steps.items():
        for kind, node in one.state_then.get(name, {}).items():
            of = {"kind": kind, "name": name}
            group[f"{id}.{kind}_then_{name}"] = Shown(node, said("{kind} then, {name}", **of), style="cells")
        for kind, node in step.state.items():
            group[f"{id}.{kind}_next_{name}"] = Shown(node, said("{kind} after, {name}", kind=kind, name=name))
        group |= {f"{id}.{kind}_{name}": Shown(node, whole(f"{kind}, {name}")) for kind, node in step.shown.items()}
    return [across(*(table({key: said}) for key, said in update(group, format="small").items()))] if group else []
