"""Torch: what torch said when the workbook was made, beside what the sheet says now."""

from __future__ import annotations

from sheetnet.graph.node import Node, apply, constant, lift, variable, where
from sheetnet.motifs.net import CHANGED, Common, Net
from sheetnet.motifs.steps import number_rows
from sheetnet.page.book import Book, Page, Role


class Comparison:
    """The verdict over all models, and whether the data, a rate or a weight was changed since."""

    def __init__(self, nets: list[Net], common: Common) -> None:
        self.nets = nets
        columns = constant((tuple(float(j + 1) for j in range(common.X.shape[1])),))
        self.print_X = apply("sum", common.X * common.no * columns)  # by row and column: a changed class changes it
        self.print_y = apply("sum", common.y * common.no)
        self.built_X, self.built_y = variable("built_X", (1, 1)), variable("built_y", (1, 1))
        moved = apply("abs", self.print_X - self.built_X) + apply("abs", self.print_y - self.built_y)
        self.data_moved = moved / (1.0 + self.built_y)
        for net in nets:
            touched = where(apply("greater", net.lr_moved + net.weight_moved, lift(0.0)), 1.0, 0.0)
            net.judged(where(apply("greater", self.data_moved, lift(1e-12)), 1.0, touched).named("changed"))
        bad = [where(apply("equal", net.verdict, lift("equal")), 0.0, 1.0) for net in nets]
        changed, differs = nets[0].changed, bad[0]
        for net, one in zip(nets[1:], bad[1:], strict=True):
            changed, differs = changed + net.changed, differs + one
        wrong = where(apply("greater", differs, lift(0.0)), "differs", "equal")
        self.changed = where(apply("greater", changed, lift(0.0)), 1.0, 0.0)
        self.verdict: Node = where(self.changed, CHANGED, wrong)


def torch_page(book: Book, comparison: Comparison, names: tuple[str, ...], torch_version: str) -> Page:
    """Verdicts on top; below, for each model: losses, final weights, and every epoch's gradient."""
    optimiser = comparison.nets[0].optimiser
    by = f", {optimiser.title}" if optimiser.state else ""
    page = book.page(
        "Torch",
        "Torch: does PyTorch say the same?",
        f"Grey numbers are values that torch {torch_version} gave (float64, autograd{by}) when this workbook was made;"
        " beside them what the formulas of this workbook say now.",
    )
    page.place(
        "torch.verdict",
        comparison.verdict,
        3,
        1,
        "agreement",
        title="Verdict",
        side=True,
        format="text",
        name="verdict",
    )
    rows = 17
    heads = ("changed (1: yes)", "rate moved by", "weights moved by", "loss differs by", "weights differ by", "verdict")
    page.widths |= {0: 18.0, **dict.fromkeys(range(1, 4 * len(comparison.nets)), 19.0)}
    for j, head in enumerate(("", *heads)):
        page.text(5, j, head, "head" if j < len(heads) else "head_left")
    for i, net in enumerate(comparison.nets):
        prefix = net.model.name
        page.text(6 + i, 0, net.model.title, "label_left")
        parts: list[tuple[str, Node, str, Node | None]] = [
            ("changed", net.changed, "plain", None),
            ("lr_moved", net.lr_moved, "diff", None),
            ("weight_moved", net.weight_moved, "diff", None),
            ("loss_difference", net.largest_loss_difference, "diff", lift(1.0)),
            ("weight_difference", net.largest_weight_difference, "diff", net.W_final),
            ("verdict", net.verdict, "text", None),
        ]
        for j, (key, node, format, scale) in enumerate(parts):
            role: Role = "agreement" if key == "verdict" else "result"
            page.place(f"torch.{prefix}.{key}", node, 6 + i, 1 + j, role, format=format, scale=scale)
    at = 6 + len(comparison.nets) + 1
    for j, head in enumerate(("", "now", "when made")):
        page.text(at, j, head, "head")
    page.text(at + 1, 0, "sum(X * row * col)", "label_left")
    page.place("torch.print.X", comparison.print_X, at + 1, 1, "result", format="plain")
    page.place("torch.built.X", comparison.built_X, at + 1, 2, "torch", format="plain")
    page.text(at + 2, 0, "sum(y * row)", "label_left")
    page.place("torch.print.y", comparison.print_y, at + 2, 1, "result", format="plain")
    page.place("torch.built.y", comparison.built_y, at + 2, 2, "torch", format="plain")
    for i, net in enumerate(comparison.nets):
        page.text(at + 3 + i, 0, f"rate, {net.model.title}", "label_left")
        page.place(f"torch.{net.model.name}.lr", net.lr_built, at + 3 + i, 2, "torch", format="rate")
    rows = max(rows, at + 3 + len(comparison.nets) + 5)
    _model_tables(page, comparison.nets, names, rows)
    page.active = (3, 1)
    return page


def _model_tables(page: Page, nets: list[Net], names: tuple[str, ...], top: int) -> None:
    last, col = nets[0].common.epochs, 1
    number_rows(page, last + 1, top, title="Epoch", first=0)
    for net in nets:
        prefix, title, k = net.model.name, net.model.title, len(net.units)
        page.place(
            f"torch.{prefix}.descent.loss", net.t_loss, top, col, "torch", title=f"{title}: torch's loss", format="loss"
        )
        page.place(
            f"torch.{prefix}.loss_now",
            net.losses_here,
            top,
            col + 1,
            "result",
            title="this sheet's loss",
            format="loss",
        )
        page.place(
            f"torch.{prefix}.loss_differences",
            net.loss_difference,
            top,
            col + 2,
            "result",
            title="relative difference",
            format="diff",
            scale=lift(1.0),
        )
        col += 4
    for net in nets:
        prefix, title, k = net.model.name, net.model.title, len(net.units)
        units = tuple(f"w {j + 1}" for j in range(k)) if k > 1 else ()
        page.text(top - 1, col, "Weight", "head")
        for i, name in enumerate(names):
            page.text(top + i, col, name, "label_left")
        page.place(
            f"torch.{prefix}.final.W",
            net.t_final,
            top,
            col + 1,
            "torch",
            title=f"{title}: torch's last W",
            labels=units,
        )
        page.place(
            f"torch.{prefix}.W_now", net.W_final, top, col + 1 + k, "result", title="this sheet's last W", labels=units
        )
        page.place(
            f"torch.{prefix}.W_differences",
            net.weight_difference,
            top,
            col + 1 + 2 * k,
            "result",
            title="difference",
            labels=units,
            format="diff",
            scale=net.W_final,
        )
        page.widths |= dict.fromkeys(range(col + 1, col + 1 + 3 * k), 13.0 if k > 1 else 22.0) | {
            col: 12.0,
            col + 1 + 3 * k: 3.0,
        }
        col += 2 + 3 * k
    page.print_cols = col
    for net in nets:
        for unit, grads in enumerate(net.t_grads):
            mark = f" {unit + 1}" if len(net.t_grads) > 1 else ""
            title = f"{net.model.title}: torch's gradient{mark}"
            page.place(
                f"torch.{net.model.name}.descent.grad_{unit + 1}",
                grads,
                top,
                col,
                "torch",
                title=title,
                labels=names,
                format="gradient",
                name=f"{net.model.name}_torch_gradients{mark.replace(' ', '_')}",
            )
            page.widths |= {col + i: max(11.0, len(name) + 2) for i, name in enumerate(names)} | {col + len(names): 3.0}
            col += len(names) + 1
