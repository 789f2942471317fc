"""The words of lesson 1: what stands under the titles of its sheets, and its notes."""

from __future__ import annotations

ABOUT_FIT = "Change the yellow a, b and c until the curve runs among the points. The loss says how far off it is: make it small."
ABOUT_SLOPES = "A slope says how fast the loss changes with a parameter: by how much per unit, for a tiny step. Found twice: by wiggling and by a formula."
ABOUT_DESCENT = "Each row is one step from the row above: new = old - rate × slope, for a, b and c at once. It begins with the numbers on Fit and takes {} steps."
FIT = (
    "Prediction = a x^2 + b x + c is not one curve: it is every parabola. Its parameters a, b and c say which one. Finding them is learning.\n\n"
    "Error = prediction - y. Errors above and below would cancel. So we take their size, or their square, before the mean: that is the loss.\n\n"
    "The points are random data. We took a parabola and moved each point up or down by chance: that is noise. The chance was drawn once and kept, so the points stay. Because of the noise no parabola reaches a loss of 0.\n\n"
    "Why not a parabola for everything? It has one bend. Lesson 2 builds curves of any shape.\n\n"
    "Try this: change a until the loss no longer falls. Then b, then c, then a again. It takes many rounds: the best a is another one as soon as b or c has moved."
)
SLOPES = (
    "Slope, wiggled: (loss with the wiggle added - loss with it taken off) / (2 × wiggle).\n\n"
    "Slope, exact: the same by algebra, without a wiggle. The loss is a mean of squared errors. When c rises, each error rises with it, and its square by 2 × error. So the slope in c is the mean of 2 × error. In b it is the mean of 2 × error × x, in a the mean of 2 × error × x^2. Click on the cells and look for it.\n\n"
    "A slope above 0: the loss rises with the parameter, so make it smaller. Below 0: make it larger. That is why a step goes against the slope. The slopes of all parameters together are called the gradient.\n\n"
    "Try this: a wiggle of 1. The squared error does not mind, for it is a parabola in each parameter. The absolute error does."
)
DESCENT = "One step of a as the workbook came: {START} - {LR} × ({slope:.2f}) = {after:.2f}. All three parameters step at once, each by its own slope. Then the slopes are found anew, at the new place. Epoch 0 is the start, before any step."
