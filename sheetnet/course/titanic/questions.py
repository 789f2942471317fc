"""Lesson 4's exercises, with what is said of each likely mistake, and its predictions, whatever its models and rows."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.course.asked import loss_rises, one_step
from sheetnet.graph.node import Node, apply, lift, mean, row, selector, square, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import PER_CENT, Exercise, Slip, choice
from sheetnet.motifs.panel import women_survived
from sheetnet.motifs.predictions import Prediction, is_above, larger
from sheetnet.motifs.telling import telling
from sheetnet.motifs.trained import Trained
from sheetnet.tables.recipe import Recipe

NOT_DIVIDED = "You added, and did not divide by how many there are."
LOST = 1e300
LARGE = 50.0  # a rate with which no model gets anywhere


def questions(nets: Sequence[Trained], recipe: Recipe) -> list[Exercise]:
    """The exercises for models, whatever they are: what is read off, then what is worked out, then the choices."""
    rectified = all(telling(net.model).units or net.model.name == "linear" for net in nets)
    # of ReLUs: also where the line stands alone, for they come next; not where other units stand
    units = _of_units() if rectified else []
    return [
        *_of_data(nets, recipe),
        *_of_loss(nets),
        *_by_hand(nets),
        *units,
        *_of_steps(nets, next(iter(recipe.features))),
        *_choices(nets),
    ]


def _of_data(nets: Sequence[Trained], recipe: Recipe) -> list[Exercise]:
    common = nets[0].common
    share = mean(common.y)
    everybody = [Slip(mean(recipe.raw["Survived"]), "That is of all in Data. Some of them are not in use.")]
    out = [
        Exercise(
            "Write a formula for the share of passengers in use who survived: the mean of the column y.", share,
            slips=(*everybody * (recipe.picked is not None), Slip(1.0 - share, "That is the share of those who died."), Slip(apply("sum", common.y), NOT_DIVIDED)),
            hint="y is a name in this workbook: a formula can use it like a range.", why="y is 1 or 0, so its mean is a share.",
        ),
        Exercise(
            "The oldest passenger is 80 years old, another one 20. Each age is divided by the largest. What stands in X for the other one?", 0.25,
            slips=(Slip(4.0, "You turned it round: the largest belongs below."), Slip(60.0, "Divide by the largest, do not take it off."), Slip(20.0, "That is the age as it was.")),
            hint="age / largest age.", why="No column is then much larger than another, and one learning rate suits all weights.",
        ),
    ]  # fmt: skip
    if recipe.name != "sheet":
        return out
    fare = Exercise(
        "A fare is 99 pounds. Write a formula for log_Fare: log10 of fare + 1.", 2.0,
        slips=(Slip(4.60517018598809, "That is the natural logarithm. LOG10 is meant."), Slip(1.99563519459755, "You forgot + 1."), Slip(2.99563519459755, "Add 1 to the fare, before the logarithm."), Slip(100.0, "That is fare + 1. Now its logarithm."), Slip(99.0, "That is the fare itself.")),
        hint="LOG10 says how many tens must be multiplied to give the number.", why="A few fares are very large. The logarithm brings them near the others.",
    )  # fmt: skip
    columns = Exercise(
        "Worked: Sex has 2 values, and X has 1 column for it (Male): who is not 1 there is a woman. A ticket has a class of 1, 2 or 3. How many columns does it need, when there is a column of ones as well?", 2.0, 0.25,
        slips=(Slip(3.0, "One of the three can be told from the others and the ones."), Slip(1.0, "One column of 1, 2, 3 would say that third is three times first.")),
        hint="On Features, count the columns of X whose names begin with Pclass.", why="Who is in neither of these two travels third class: 0 and 0 say it.",
    )  # fmt: skip
    return [*out, fare, columns]


def _of_loss(nets: Sequence[Trained]) -> list[Exercise]:
    first, last, y = nets[0], nets[-1], nets[0].common.y
    one, other, epochs, share = first.model.title, last.model.title, nets[0].common.epochs, mean(nets[0].common.y)
    accuracy = last.now.accuracy
    return [
        Exercise(
            f"On {one}, what is the loss as the workbook came?", first.now.loss,
            slips=(*(Slip(net.best_loss, "That is the loss of least squares, below it.") for net in nets[:1] if net.model.name == "linear"), Slip(first.now.accuracy, "That is the accuracy, below it."), Slip(first.at(first.losses, epochs), "That is after descent. Read it beside the yellow weights."), Slip(apply("sqrt", first.now.loss), "That is its root.")),
            hint="It stands on that sheet to the right of the weights.", why="The mean of all squared errors, at the weights in the yellow cells.",
        ),
        Exercise(
            f"On {other}, what is the accuracy as the workbook came? (62.5 % is 0.625)", accuracy,
            slips=(Slip(1.0 - accuracy, "That is the share that it gets wrong."), Slip(last.now.loss, "That is the loss, above it."), Slip(last.at(last.accuracies, epochs), "That is after descent. Read it beside the yellow weights."), Slip(100.0 * accuracy, PER_CENT)),
            hint="It stands on that sheet below the loss.", why="How many predictions fall on the right side of one half.",
        ),
        Exercise(
            "Worked: if 0.5 is predicted for everybody, each error is 0.5 or -0.5, each square 0.25, and so the loss is 0.25. What is the loss if the share who survived is predicted for everybody?", mean(square(share - y)),
            slips=(Slip(0.25, "That is the worked one, of 0.5 for everybody."), Slip(share, "That is the loss if everybody is predicted to die."), Slip(mean(apply("abs", share - y)), "Square the errors, do not take their sizes."), Slip(apply("sqrt", mean(square(share - y))), "That is its root.")),
            hint="Who survived is off by 1 - share, who died by share. Square both, and weigh them: share of one, 1 - share of the other.", why="No single number for everybody has a smaller loss. A model must beat this.",
        ),
    ]  # fmt: skip


def _by_hand(nets: Sequence[Trained]) -> list[Exercise]:
    n = nets[0].common.no.shape[0]
    return [
        Exercise(
            "A model predicts 0.7 for a passenger who died. What is the squared error?", 0.49,
            slips=(Slip(0.7, "That is the error. Now square it."), Slip(0.3, "That is how far it is from 1. Who died has y = 0."), Slip(0.09, "That is for one who survived. Who died has y = 0."), Slip(1.4, "You doubled it: a square is the number times itself.")),
            hint="error = prediction - y, and y is 0 for who died.", why="The farther off, the more it counts.",
        ),
        Exercise(
            "Features are 1, 0.5 and 0.25, weights 0.4, -0.3 and 0.8. Write the prediction as a formula with SUMPRODUCT.", 0.45,
            slips=(Slip(0.75, "You lost the minus of the second weight."), Slip(0.9, "You added the weights. Multiply each by its feature first."), Slip(1.575, "Multiply each pair, then add: not the two sums.")),
            hint="Type the features into three free cells, the weights into three others, and let SUMPRODUCT read them.", why="Each feature votes, as loudly as its weight is large.",
        ),
        Exercise(
            f"The error of one passenger is 0.8, and {n} are in use. By how much does the loss rise per unit of that prediction? (d_pred, on Gradient {nets[0].model.title})", 2 * 0.8 / n, float(f"{0.016 / n:.0e}"),
            slips=(Slip(0.8, "That is the error itself."), Slip(0.8 / n, "You forgot the 2: the slope of a square is twice."), Slip(1.6, "The loss is a mean: divide by the number of passengers."), Slip(0.64 / n, "That is its part of the loss, not the slope.")),
            hint="2 × error / rows.", why="One of many: each passenger pulls only a little.",
        ),
        one_step(),
        Exercise(
            "A competition such as Kaggle's wants 0 (died) or 1 (survived). The predictions of three passengers are 0.83, 0.47 and -0.1. How many ones do you hand in?", 1.0, 0.25,
            slips=(Slip(2.0, "Which of them are above one half?"), Slip(3.0, "Low predictions mean died."), Slip(0.0, "One of them is clearly above one half.")),
            hint="Above one half the model says survived.", why="A row for each passenger, its number and this answer: sheetnet predict writes such a file.",
        ),
    ]  # fmt: skip


def _of_units() -> list[Exercise]:
    return [
        Exercise(
            "Worked: the two Lin of a passenger are 0.6 and -0.5. ReLU makes 0.6 and 0 of them, so a net of two ReLUs predicts 0.6 + 0 = 0.6. Write a formula for one whose Lin are -0.3 and 0.8.", 0.8,
            slips=(Slip(0.5, "You added Lin itself. First cut what is negative."), Slip(1.1, "ReLU does not take the minus away: it makes 0 of it."), Slip(0.3, "That is the other Lin, without its minus.")),
            hint="MAX(0, Lin) of each, added up.", why="What is negative has no say in the prediction.",
        ),
    ]  # fmt: skip


def _of_steps(nets: Sequence[Trained], name: str) -> list[Exercise]:
    """name: of the first feature."""
    first, last, common = nets[0], nets[-1], nets[0].common
    one, other, epochs = first.model.title, last.model.title, common.epochs
    blame, late = telling(first.model).blame, min(20, epochs)
    called = f"{first.model.name}_{blame.rpartition(' ')[2]}"
    called = called if blame == "d_pred" else f"INDEX({called},0,1)"
    rate = 0.05 if common.optimiser == "sgd" else 0.005
    back = first.cotangents[-1]
    weighed = apply("sum", back @ selector(back.shape[1], 0, 1))
    slope, raised = row(first.grad_W, 1) @ selector(first.grad_W.shape[1], 0, 1), {last.lr: rate}
    return [
        Exercise(
            f"On Start, set the epoch to look at to {late}. What is the loss of {other} at that epoch? (Type the old number back afterwards.)", last.at(last.losses, late),
            slips=(Slip(last.chosen["loss"], "That is the epoch as it came: type the new one first."), Slip(last.at(last.losses, epochs), "That is the last epoch."), Slip(first.at(first.losses, late), f"That is {one}."), Slip(last.at(last.losses, 0), "That is the first epoch.")),
            hint="It stands on Start, too: the chosen loss, in the line of this model.", why="All of Gradient has moved to that epoch as well.",
        ),
        Exercise(
            f"On Gradient {one}, at the epoch as it came: write a formula for the gradient of the weight of {name}, from the column {name} of X on Features and {blame}.", slope, 0.0005,
            slips=(Slip(weighed, "Multiply by the feature before you add."), Slip(slope / 2.0, "You forgot the 2: take d_pred, not error / rows."), Slip(slope / float(common.no.shape[0]), "Add, do not take the mean: d_pred is divided already.")),
            hint=f"SUMPRODUCT of the two columns: their cells, or their names, INDEX(X,0,1) and {called}.", why="Each passenger's blame counts as much as its feature is large.",
        ),
        Exercise(
            f"On Start, set the learning rate of {other} to {rate}. What is its loss at epoch {epochs}? (Type the old rate back afterwards.)", last.at(last.losses, epochs), 0.0005, raised,
            slips=(Slip(last.at(last.losses, epochs), "That is with the rate as it came.", {}), Slip(last.at(last.losses, epochs), f"That is with a rate of {4 * rate:g}.", {last.lr: 4 * rate}), Slip(last.chosen["loss"], "That is the epoch to look at, not the last one."), Slip(last.at(last.accuracies, epochs), "That is the accuracy."), Slip(last.at(last.losses, 0), "That is before any step.")),
            hint="The line of this model on Start, the last loss.", why="Another rate leads elsewhere in the same number of steps.",
        ),
    ]  # fmt: skip


def _choices(nets: Sequence[Trained]) -> list[Exercise]:
    back = choice(
        "A passenger's Lin is negative. What does the ReLU pass back to its weights? 1: the error. 2: nothing. 3: the loss.", 2,
        {1: "Had it a say in the prediction? Only then is it to blame.", 3: "The loss is one number for all."},
        hint="If this Lin rises a little and stays negative, does the prediction change?", why="Its slope is 0 there. A ReLU that is 0 for everybody learns no more: it is dead.",
    )  # fmt: skip
    becomes = choice(
        "One weight for each feature, multiplied and added, is called linear regression. What makes a neural net of it? 1: more passengers. 2: several such sums, each cut by a ReLU, then added. 3: several such sums, added.", 2,
        {1: "It stays one sum: the weights only become more exact.", 3: "Sums of sums are one sum again, with other weights."},
        hint="Lesson 2: what do two lines give, added, and what do two ReLUs?", why="The cut gives it a bend. Many bends can follow any shape.",
    )  # fmt: skip
    random = choice(
        "Why must two units of a net not begin with the same weights? 1: the sheet gets slow. 2: the loss would be 0. 3: they would take the same steps and stay alike.", 3,
        {1: "It calculates as much as before.", 2: "Then nothing would be left to learn."},
        hint="Same weights, same Lin, same blame: what about the gradients?", why="So they begin with numbers drawn by chance. The seed makes the same chance again.",
    )  # fmt: skip
    rectified = all(telling(net.model).units or net.model.name == "linear" for net in nets)
    return [*[back, becomes, random] * rectified, loss_rises()]


def predictions(nets: Sequence[Trained], recipe: Recipe) -> list[Prediction]:
    """What a learner guesses before looking; two of them only where there is a line, or more than one model."""
    first, last, common = nets[0], nets[-1], nets[0].common
    one, other, epochs = first.model.title, last.model.title, common.epochs
    y, died = common.y, 1.0 - mean(common.y)
    women = women_survived(recipe.columns["Sex"], y)
    fare = recipe.columns["Fare"]
    log = apply("log10", fare + 1.0)
    raw, logged = (apply("max", column) / mean(column) for column in (fare, log))
    fewer = where(is_above(raw / 2.0, logged), 2.0, where(is_above(logged, raw), 3.0, 1.0))
    begun, usual = first.at(first.accuracies, 0), last.at(last.losses, epochs)
    twice = substitute([usual], {last.lr: 2.0 * last.lr})[0]
    out = [
        Prediction(
            "Two rules without any learning: 'everybody died', and 'the women survived, the men died'. Which is right more often?",
            ("everybody died", "the women survived", "both as often"), larger(died, women, 1e-12), died, women,
            "The share of right answers: everybody died, then the women survived", "A share of right answers says little alone. A model has to beat the simple rules.", "features.Sex",
        ),
        Prediction(
            "The largest fare is many times the mean fare. How is it once each fare is replaced by log10(fare + 1)?",
            ("as many times the mean", "far fewer times", "even more times"), fewer, raw, logged,
            "Largest / mean: of the fares, then of their logarithms", "A logarithm brings large numbers near the others. One dear ticket then no longer outweighs a hundred cheap ones.", "features.Fare",
        ),
        Prediction(
            f"{one} has its start weights and has not taken a step. Is it right more often than 'everybody died'?",
            ("less often", "more often", "just as often"), larger(died, begun, 1e-12), died, begun,
            "The share of right answers: everybody died, then at the start", "Weights say nothing of the data until descent has moved them. At the start, being right is luck.", f"{first.model.name}.now.accuracy",
        ),
    ]  # fmt: skip
    line = next((net for net in nets if net.model.name == "linear"), None)
    men = [i for i, name in enumerate(recipe.features) if name.lower() in ("male", "sex_male")]
    if line and men:
        before, after = (row(W, men[0] + 1) for W in (line.weight.T, line.W_final))
        sign = where(is_above(_found(after), lift(0.0)), 2.0, 1.0)
        out.append(Prediction(
            f"{line.model.title} learns a weight for each feature. What does the weight of {list(recipe.features)[men[0]]} become?",
            ("below 0", "above 0"), sign, before, after,
            "This weight at the start and after the last epoch", "A weight below 0 makes the prediction smaller for all who have a 1 in this column.", f"{line.model.name}.descent.loss",
        ))  # fmt: skip
    if len(nets) > 1:
        ends = [net.at(net.losses, epochs) for net in (first, last)]
        out.append(Prediction(
            f"Both take {epochs} steps at their rates. Whose loss is smaller in the end?",
            (one, other, "both the same"), larger(_found(ends[1]), _found(ends[0]), 1e-12), ends[0], ends[1],
            f"The last loss of {one}, then of {other}", "A line gives each feature one weight, for everybody. A ReLU that is 0 is silent: its weights count only where it is on. So a class can count more for women than for men. Start and rate decide how far a net comes.", f"{last.model.name}.descent.loss",
        ))  # fmt: skip
    out.append(Prediction(
        f"The learning rate of {other} is doubled. What is its loss after {epochs} epochs?",
        ("smaller than before", "larger than before", "the same"), larger(_found(usual), _found(twice), 1e-12), usual, twice,
        "The last loss, at the rate as it came and at twice the rate", "Other steps lead along another way, and to another place. Which rate is best nobody knows before: one has to try.", f"{last.model.name}.descent.loss",
    ))  # fmt: skip
    return [*out, _too_large(first)]


def _too_large(net: Trained) -> Prediction:
    epochs = net.common.epochs
    changes = {net.lr: LARGE}
    stepped, end = net.at(net.losses, 1), _found(net.at(net.losses, epochs))
    still = is_above(lift(1e-9), apply("abs", end - _found(stepped)))
    fate = where(is_above(end, 10.0 * net.at(net.losses, 0)), 1.0, where(still, 2.0, 3.0))
    why = "A slope is true only nearby. A step that leaps lands anywhere: high up, or where every ReLU is 0 and no slope is left."
    if not telling(net.model).units:
        why = "A slope is true only nearby. Each step leaps over the valley, and lands higher on the other side than the one before."
    return Prediction(
        f"The learning rate of {net.model.title} is set to {LARGE:g}. What does its loss do, after the first step?",
        ("it is soon far larger than at the start", "it stays where it is", "it goes on falling or leaping"), fate, net.at(net.losses, 0), stepped,
        "The loss at the start, and after the first step at this rate", why, f"{net.model.name}.descent.loss", changes,
    )  # fmt: skip


def _found(loss: Node) -> Node:
    """The loss, and a very large number where it has outgrown the sheet."""
    return apply("if_error", loss, lift(LOST))
