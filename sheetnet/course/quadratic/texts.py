"""The words of lesson 1: what stands under the titles of its sheets, and its notes."""

from __future__ import annotations

ABOUT_FIT = "Change the yellow a, b and c until the curve runs among the points. The loss says how far off it is: make it small."
ABOUT_SLOPES = "A slope says how fast the loss changes with a parameter: by how much per unit, for a tiny step. Found twice: by wiggling and by a formula."
ABOUT_DESCENT = "Epoch 0 is the start: the numbers on Fit. Each next epoch is one step from the row above: new = old - rate × slope, for a, b and c at once. It takes {} steps."
MODEL = "Prediction = a x^2 + b x + c, where x^2 is x × x. Error = prediction - y. You may type over a y, too."
CANCEL = "Errors above and below would cancel. So the loss is the mean of their sizes, or of their squares."
AGAINST = "A step goes against the slope: below 0, the number grows; above 0, it shrinks."
OUTSIDE = "Too large for the pictures: look at the numbers. Is the rate too large?"
LAST = "Epoch {} is the last: the step to {} is not taken."
IMPOSSIBLE = "no: loss below 0"
FIT = (
    "Prediction = a x^2 + b x + c is not one curve: it is every parabola. Its parameters a, b and c say which one. Finding them is learning.\n\n"
    "The points are random data. We took a parabola and moved each point up or down by chance: that is noise. The chance was drawn once and kept, so the points stay. Because of the noise no parabola reaches a loss of 0.\n\n"
    "Why not a parabola for everything? It has one bend. Lesson 2 builds curves of any shape.\n\n"
    "Try this: change a until the loss no longer falls. Then b, then c, then a again. It takes many rounds: the best a is another one as soon as b or c has moved."
)
SLOPES = (
    "Slope, wiggled: (loss with the wiggle added - loss with it taken off) / (2 × wiggle).\n\n"
    "Slope, exact: the same by algebra, without a wiggle. The loss is a mean of squared errors. When c rises, each error rises with it, and its square by 2 × error. So the slope in c is the mean of 2 × error. In b it is the mean of 2 × error × x. In a it is the mean of 2 × error × x^2. Click on the cells and look for it.\n\n"
    "A loss is never below 0. Where a slope promises more than the loss has, its promise cannot come true.\n\n"
    "A slope above 0: the loss rises with the parameter, so make it smaller. Below 0: make it larger. The slopes of all parameters together are called the gradient.\n\n"
    "Try this: a wiggle of 1. The slopes of the mean squared error stay equal, for in each parameter this loss is a parabola. Those of the mean absolute error, to the left, do not: that loss is no parabola."
)
DESCENT = (
    "One step of a as the workbook came: {START} - {LR} × ({slope:.2f}) = {after:.2f}. All three parameters step at once, each by its own slope. Then the slopes are found anew, at the new place.\n\n"
    "Task 5: at 0.005 each step is short, so the descent is slow. At 0.2 each step of a jumps past its best value: a is too large, then too small, but each time by less, and it settles. At 0.25 each jump lands where the loss is larger than before, and so it grows without end."
)
WORDS = (  # each with its meaning and where it is seen
    ("parameter", "A number that is not given but found, such as a, b and c. Later it is called a weight.", "fit.a"),
    ("model", "A formula with parameters: all parabolas at once, until a, b and c say which.", "fit.pred"),
    ("parabola", "The curve a x^2 + b x + c, with one bend. The model is called quadratic, for its x^2.", "fit.pred"),
    ("noise", "What chance adds to the points, so that no parabola goes through all of them.", "fit.y"),
    ("prediction", "What the model says y should be at an x.", "fit.pred"),
    ("error", "Prediction minus y: positive where the curve is too high.", "fit.error"),
    ("mean absolute error", "The mean size of the errors.", "fit.mae"),
    ("mean squared error", "The mean of the squared errors: large errors count more.", "fit.mse"),
    ("loss", "One number that says how bad the fit is; what learning makes small.", "fit.mse"),
    ("wiggle", "A tiny change of one parameter, up and down, to see what the loss does.", "slopes.wiggle"),
    ("slope", "How fast the loss changes with a parameter: its change per unit, for a tiny step.", "slopes.mse.exact"),
    ("gradient", "The slopes of all parameters together.", "slopes.mse.exact"),
    ("learning rate", "How far a step goes: new number = old number - rate × slope. Rate for short.", "descent.lr"),
    ("epoch", "One step that has seen all points. Epoch 0 is the start, before any step.", "descent.epochs"),
    ("descent", "Steps against the slope, again and again, so that the loss falls.", "descent.loss"),
)
