"""Models: all models of the course on the same passengers, what they cost and what they are worth."""

from __future__ import annotations

import numpy as np

from sheetnet.course.deep import texts
from sheetnet.course.deep.chain import SLIM, halves, mlp
from sheetnet.course.deep.own import CHECKED, FOLDS, MODELS, PEOPLE, folds, passengers, trained
from sheetnet.course.deep.starts import Starts
from sheetnet.graph.node import Node, apply, hstack, lift, mean, ones, relu, selector, square, sum_columns, vstack
from sheetnet.page.flow import Aside, across, down
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, Some, plot
from sheetnet.page.shown import Shown, forward, result

TALL = {**SLIM, "height": 260}
CALLED = {"line": "line", "two_relu": "two ReLUs", "8": "MLP 8", "8-4": "MLP 8-4"}
ALL = ("everybody died", *CALLED.values())


class Compared(Starts):
    """Which would you take?"""

    def models_page(self) -> None:
        features, X_all, y_all = passengers()
        inside, kept = folds() == 0, trained()
        X = self.typed("models.X", X_all[inside], "X", "fixed", labels=features, format="feature")
        y = self.typed("models.y", y_all[inside], "Survived", "fixed")
        P: dict[str, dict[str, Node]] = {}
        preds, weights = [0.0 * y], [0.0]
        for model, hidden in MODELS.items():
            net = mlp("models", len(features), hidden) if hidden else None
            names = [p.name for p in net.parameters] if net else ["W"]
            P[model] = {
                name: self.typed(f"models.{model}.{name}", value, f"{name}, {CALLED[model]}", "fixed", format="weight")
                for name, value in zip(names, kept["passengers"][model], strict=True)
            }
            weights.append(
                float(
                    sum(
                        np.size(value)
                        for name, value in zip(names, kept["passengers"][model], strict=True)
                        if name[0] == "W"
                    )
                )
            )
            scores = X @ P[model]["W"] if net is None else net.forward(X, P[model])[-1]
            preds.append(sum_columns(relu(scores)) if model == "two_relu" else scores)
        self.model_losses = vstack([mean(square(pred - y)) for pred in preds])
        right = vstack([mean(apply("equal", apply("greater", pred, lift(0.5)), y)) for pred in preds])
        checks = self.typed("models.checks", [[k] for k in CHECKED], "Epoch", "fixed")
        n_weights = self.typed("models.weights", [[n] for n in weights], "Weights", "fixed")
        curves = self.typed(
            "models.curves",
            np.transpose([kept["losses"][model] for model in MODELS]),
            "Loss on part 1, by torch",
            "fixed",
            labels=ALL[1:],
            format="short",
        )
        died = [y_all[folds() == k].mean().round(4) for k in range(FOLDS)]
        parts = self.typed(
            "models.parts",
            [died, *(kept["folds"][model] for model in MODELS)],
            "Loss on each part, by torch",
            "fixed",
            labels=tuple(f"part {k + 1}" for k in range(FOLDS)),
            format="short",
        )
        numbers = self.typed("models.numbers", [[k + 1.0] for k in range(FOLDS)], "Part", "fixed")
        rows = float(PEOPLE - inside.sum())
        each = 3.0 * rows * n_weights
        learnt = selector(len(ALL), 1, len(MODELS))
        cost, spent = each * float(CHECKED[-1]), checks @ ((each / 1e6).T @ learnt)
        self.mean_of_parts = (parts @ ones(FOLDS, 1)) / float(FOLDS)
        level = 0.0 * checks + apply("row", self.model_losses, lift(1))
        lines: list[Line] = [
            (name, Some("spent", cols=(j, j)), Some("curves", cols=(j, j)), f"line {j + 1}")
            for j, name in enumerate(CALLED.values())
        ]
        lines.append((ALL[0], Some("spent", cols=(3, 3)), "level", "torch"))
        turned = [
            (name, numbers, Some("turned", cols=(j, j)), f"line {j + 1}") for j, name in enumerate(CALLED.values())
        ]
        told = result({"right": (right, "Right", "share"), "cost": (cost / 1e6, "Million ×", "short")})
        about, model = (text.format(epochs=CHECKED[-1], rows=rows) for text in (texts.ABOUT_MODELS, texts.MODELS))
        loss, times, each_part = self.as_it_came(self.mean_of_parts, n_weights, parts)
        words = texts.WHICH.format(
            times=times[4, 0] / times[1, 0],
            better=loss[1, 0] - loss[4, 0],
            low=each_part[1].min(),
            high=each_part[1].max(),
        )
        self.page("Models: which would you take?", about, down(
            across(
                down(
                    table(self.cells(n_weights), told, forward({"losses": Shown(self.model_losses, "Part 1", "short"), "mean": Shown(self.mean_of_parts, "All parts", "short")}), names=ALL, tight=True, lead={"losses": "Mean squared error"}),
                    Note(model, 6),
                ),
                down(
                    halves(
                        plot("Loss on rows that no model has seen", "million multiplications (each grid line: ten times)", "mean squared error", lines, "Four falling curves that come close to each other, and a level line far above.", log_x=True, x_min=None, x_format="General", y_min=0.1, y_max=0.5, y_format="0.0", **TALL),
                        plot("The same models, other rows set aside", "part that was set aside", "mean squared error", turned, "Four lines close together that rise and fall together.", x_min=1, x_max=FOLDS, x_format="0", y_min=0, y_max=0.25, y_format="0.00", **TALL),
                        n=4,
                    ),
                    Note(words, 8),
                ),
            ),
            table(self.cells(parts), names=ALL, tight=True),
            across(
                table(self.cells(checks), forward({"spent": Shown(spent, "Million ×", "short", labels=ALL[1:]), "level": Shown(level, "died", "short")}), self.cells(curves), tight=True),
                table(self.cells(numbers), forward({"turned": Shown(parts.T @ learnt, "Loss on each part", "short", labels=ALL[1:])})),
                Aside(across(
                    table(self.cells(y), forward({"preds": Shown(hstack(preds), "Prediction", "short", labels=ALL)}), self.cells(X), names=int(inside.sum()), corner="No"),
                    *(down(*(table(self.cells(node)) for node in some.values())) for some in P.values()),
                )),
            ),
        ))  # fmt: skip
