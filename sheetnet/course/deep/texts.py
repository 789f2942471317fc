"""The words of lesson 10: what stands on top of each sheet, its notes, and the lesson's terms."""

from __future__ import annotations

TITLE = "Deep: hidden layers, and what makes them learn"
PURPOSE = "A deep net is a chain of layers. You follow a gradient back through all of them, see what more units and more layers can do, and find the starts with which a net never learns. At the end you choose among all models of the course."
TRIES = (
    "On Chain, change one number of W_1. Which blocks move, and which do not?",
    "On Descent, look at epochs 0, 5, 20 and 60. Where are the corners of the line?",
    "On Units, look at nets 1 to 7. From which one on do you see no difference?",
    "On Dead, set the bias to -1, then to 0, then to 2. How many units are dead at the start, and how many at the end?",
    "On Spread, type 0.3, 0.5 and 0.8. Then look at Vanishing: who learns in the first layer?",
    "On Starts, look at the best start and at the worst one. Then change the strength of the noise.",
    "On Models, decide which model you would take. Can you say why?",
)
ABOUT_CHAIN = "Green: forward, from X to the loss. Violet: back. Under each number stands how much the loss rises if that number rises, per unit. Change a yellow one."
CHAIN = (
    "Forward: lin = X W + b, then ReLU, then the next layer. The loss is the mean of error^2.\n"
    "Backward: a name with d_ is a slope of the loss. It has the shape of its block.\n"
    "Turned: rows become columns.\n\n"
    "d_pred = 2 × error / 4 rows\n"
    "d_relu_2 = d_pred × turned W_3\n"
    "d_lin_2 = d_relu_2 where lin_2 is above 0, else 0\n"
    "And so on, back to d_lin_1.\n"
    "Gradient of each W: what came into its layer, turned, × the d_lin that came back. d_b: its column sums."
)
WIGGLED = "Is the chain right? Each number of W_1, wiggled"
ABOUT_DESCENT = "A net with two hidden layers of four units learns 17 points. Each epoch goes forward and back once. Choose an epoch: below stands its step."
DESCENT = (
    "The net says a line with corners. Each step moves the corners and turns the pieces between them. From epoch 0 to {epochs} the loss falls from {first:.3f} to {last:.3f}. The optimiser is momentum (lesson 7), which keeps 0.9 of its speed.\n"
    "Try this: look at epochs 0, 5, 20 and 60. Then set the learning rate to 0.02. Then to 0.3: is the net still learning?"
)
ABOUT_UNITS = "One hidden layer with more and more units, and one net with two layers of eight. Choose a net: how closely does it follow the points?"
TRAINED = "The weights were trained by torch and put in: {epochs:,} epochs of Adam, the best of {starts} starts for each net. The losses are calculated here, from the weights."
UNITS = (
    "Each unit goes on or off at one place: there the line has a corner. So k units in one hidden layer give at most k corners. One unit leaves a loss of {one:.3f}, eight leave {eight:.4f}. The universal approximation theorem says: with enough units a net comes as close to any unbroken curve as you ask.\n"
    "It does not say that descent finds the weights: from 16 to 32 units the loss hardly falls. The net 8-8 has as many parameters as the net of 32 units, {count}. For this smooth curve it is no better. What can depth do? See Fold."
)
ABOUT_FOLD = "Every layer of this net has the same two units, and folds the line in the middle. After each layer there are twice as many straight pieces."
FOLD = (
    "A layer says 2 × max(0, x) - 4 × max(0, x - 0.5): up to the middle and down again. The next layer does that to what it gets. So whatever the layers before drew, it draws twice.\n"
    "Four layers have 8 units and 16 pieces. In one hidden layer each unit adds one corner: 16 pieces need 15 units. With 10 layers it is 20 units against 1,023. Depth uses its pieces again and again.\n"
    "But descent hardly ever finds such weights. Try this: set the height to 0.9, then 0.5. How easily is the fold lost?"
)
ABOUT_DEAD = "Two nets with 12 units and the same weights at the start. Only the biases differ: 0 for one, the yellow number for the other. Change it."
DEAD = (
    "A ReLU is on in a row where w × x + b is above 0. A unit that is on in no row says 0 everywhere, and its slope is 0. So its gradient is 0, and no step moves it: it is dead for ever. With a bias of -3, {dead:.0f} of 12 units are dead at the start and {end:.0f} after {epochs} epochs. The loss ends at {bad:.3f}, with a bias of 0 at {good:.3f}.\n"
    "Try this: a bias of -1, then 2. With 2 all units are alive at the start. But the first steps are so large that many die on the way. Who dies with a rate of 0.01?\n"
    "What helps: biases near 0, a smaller rate, or a ReLU with a small slope below 0 (leaky ReLU)."
)
ABOUT_SPREAD = "Six ReLU layers with 8 units each, at the start. All weights are the same numbers of chance × a spread. How large are the numbers after each layer?"
SPREAD = (
    "Each number of a layer is a sum of 8 products. If the weights are small, every layer makes the numbers smaller. If they are large, every layer makes them larger.\n\n"
    "In between is a spread that keeps their size. A sum of n numbers of chance is about sqrt(n) as large as one of them, and a ReLU lets half of it through. So the spread is sqrt(2 / n), here sqrt(2 / 8) = 0.5. It is called He's start.\n\n"
    "With half of it, each layer halves: after six layers the numbers are 64 times smaller than with 0.5. That spread, 0.25, is 2 / n: the square root was forgotten.\n\n"
    "Try this: find a spread with which layer 6 is just as large as layer 0."
)
ABOUT_VANISHING = "The same six layers, and the way back: the mean size of the gradient of each layer's weights. One net has ReLUs, one has sigmoids. Change a spread."
VANISHING = (
    "On the way back each layer multiplies by its slope and by its weights. The slope of a ReLU is 1 or 0. That of a sigmoid is at most 0.25.\n\n"
    "So with sigmoids the gradient shrinks from layer to layer: in layer 6 it is {sigmoid:.0f} times as large as in layer 1. The first layers hardly learn. With ReLUs it is {relu:.1f} times as large.\n\n"
    "Try this: set the spread of the sigmoids to 1, 2, 4. Large weights bring the gradient back. But then the sigmoids stand near 0 or 1, and a small change of an input turns them over.\n\n"
    "Then set the spread of the ReLUs to 1: now the gradient explodes."
)
ABOUT_STARTS = "Twenty nets of four units, the same points, the same steps. Only the start differs. Each bar counts the starts that end with such a loss."
STARTS = (
    "Some starts end near 0. Most stop higher up: units are dead, or several do the same work, and no small step helps. Such a place is called a local minimum. Without noise {quiet} of 20 end below {near:g}, with noise {shaken}.\n"
    "The noise is a number of chance that is added to each gradient, and fades away. It shook {helped} starts to a clearly lower loss, and {harmed} to a higher one. So it gives no promise, only another chance. Small batches (lesson 7) do the same.\n"
    "Try this: look at the best start and at the worst. Then set the strength to 0, 1 and 2. What does one do? Try many starts, and keep the best."
)
ABOUT_MODELS = "The passengers of lesson 4. One part of five was set aside. Every model learnt from the others, {epochs:,} epochs of Adam by torch. Losses: calculated here."
MODELS = "One × for each row and weight forward, two on the way back: weights × {rows:.0f} rows × 3 × {epochs:,} epochs. MLP 8 has a hidden layer of 8 units, MLP 8-4 two hidden layers. Features that are only 0 or 1 are counted, too."
WHICH = (
    "Everybody died costs nothing, and knows nothing. The line is cheap. MLP 8-4 costs {times:.0f} times as much, and its mean loss is {better:.3f} lower. Which part is set aside matters more: the loss of the line goes from {low:.3f} to {high:.3f}.\n"
    "Which would you take? There is no one answer. It depends on what a wrong prediction costs, what time costs, and whether somebody must understand the model. A model that is hardly better on a few rows may be worse on the next."
)

WORDS = (  # each with its meaning and where it is seen
    ("hidden layer", "A layer between the inputs and the output: a matrix product, biases, then ReLU.", "chain.relu_1"),
    ("MLP", "A net of such layers, one after the other: multilayer perceptron. MLP 8-4 has 8 units, then 4.", "models.losses"),
    ("unit", "One column of a layer: its own weights, its own bias, one number for each row.", "chain.lin_1"),
    ("deep", "With several hidden layers. Wide: with many units in one.", "units.units"),
    ("backpropagation", "The way back: from the slope of the loss in each block to that in the block before it.", "chain.d_pred"),
    ("d_lin, d_relu", "How much the loss rises for each unit that a number of lin, or relu, rises. Also called cotangent.", "chain.d_lin_1"),
    ("turned (transpose)", "A matrix whose rows became columns.", "chain.W_2"),
    ("gradient", "All slopes of the loss in the numbers of a parameter, in its shape.", "chain.grad_W_1"),
    ("momentum", "A step keeps a part of the step before it.", "descent.losses"),
    ("corner", "A place where a unit goes on or off, and the line changes its slope.", "units.corners"),
    ("universal approximation", "With enough units a net comes as close to any unbroken curve as you ask.", "units.errors"),
    ("dead unit", "A ReLU that is on in no row. Its gradient is 0, so it never moves again.", "dead.state"),
    ("leaky ReLU", "A ReLU with a small slope below 0, so that it cannot die.", "dead.rows"),
    ("spread", "How large numbers of chance are: their standard deviation. At the start, that of the weights.", "spread.spread"),
    ("He's start", "Weights at the start of spread sqrt(2 / n), where n inputs come in: ReLU layers keep the size.", "spread.he"),
    ("vanishing gradient", "From layer to layer backwards it gets smaller, until the first layers hardly learn.", "vanishing.sizes"),
    ("exploding gradient", "From layer to layer backwards it gets larger, until the steps are far too large.", "vanishing.ratio"),
    ("local minimum", "A place from which no small step lowers the loss, though there are lower ones elsewhere.", "starts.max"),
    ("noise", "Numbers of chance, here added to the gradient.", "starts.strength"),
)  # fmt: skip
