"""The words of lesson 13: what stands on top of each sheet, and its notes."""

from __future__ import annotations

TWO = ("h", "h with tanh")
ABOUT_MEMORY = "A series comes step by step, and one number h is the memory. Change w: how long is a pulse at the first step remembered?"
MEMORY_RULE = (
    "h = w × h before + u × x. At each step the memory keeps a part w of itself, and adds the input x times u.\n"
    "With tanh: h = tanh(w × h before + u × x). tanh bends every number to between -1 and 1."
)
MEMORY = (
    "A series is a row of numbers whose order matters: the hours of a day, the notes of a song, the letters of a word. A net reads one after the other. What it has seen before must be in its memory.\n\n"
    "Ten steps after the pulse w^10 of it is left: 0.9^10 is 0.349. A w of 1 forgets nothing. A w of 1.1 makes the pulse larger at each step.\n\n"
    "Try this: w of 0.5, 0.9, 1 and 1.1. For how many steps is more than 0.1 left? With tanh, can the memory explode? Then type a 1 as input x at step 15, below."
)
ABOUT_UNROLLED = "Six steps, written out one below the other. Each line has its own input, but the weights are the same in all lines."
UNROLLED = (
    "A net is called recurrent if its memory goes on from step to step. To unroll it is to give each step a line of its own. Read the formulas in grey: each takes the memory of the line above, its own input, and the same two cells for w and u.\n"
    "Here only the last memory is used: it is the prediction, and the loss looks at it alone.\n"
    "Try this: change x 1, then x 6. Which of them moves the prediction more?"
)
LAYERS = "Six steps are like six layers, each upon the one before. But all of them share their weights: two numbers, whether the series has 6 steps or 600. So one net can read series of any length."
ABOUT_BACKWARDS = "From the loss back to step 1: how much does each memory move the loss, and what does each step add to the gradient of w and u?"
BACKWARDS = "A name with d_ says how much the loss rises for each unit that this number rises; a is the sum inside tanh. We begin at the last step: d_h = 2 × (h after - y). tanh has the slope 1 - h^2, so d_a = d_h × (1 - h^2). On the way from step to step the memory was multiplied by w, so the slope is, too: d_h = w × d_a of the next step. By hand, for step 5: {0:g} × ({1:.3f}) = {2:.3f}."
SHARES = (
    "The same w is used six times. Each use has a share in the gradient: d_a × h before for w, d_a × x for u. The sum of the shares is the gradient.\n"
    "Further back, d_h is nearer to 0: each step back multiplies it by w × (1 - h^2), which is below 0.8 here.\n"
    "Try this: on Unrolled, set w to 0.3. Which steps still have a share in w?"
)
ABOUT_VANISH = "Each step back multiplies a slope by w. Change the three weights: what is left after 10, 20, 30 steps?"
VANISH = (
    "k steps back, w^k of the slope is left. Below 1 it vanishes: what came long ago has hardly a share in the gradient, so it cannot be learnt. Above 1 it explodes. (Equal factors make a straight line where the axis goes in powers of ten.)\n"
    "tanh makes the slope smaller at each step, by 1 - h^2. With tanh even 1.1 vanishes. But near a memory of 0 tanh is straight: set the memory before to 0.01.\n"
    "Try this: a third w of 1, then of 1.5."
)
ABOUT_CLIP = "A pulse of 1 at step 1 has become u × w^9 at step 10, and it should be y. Three descents from the same start: look at w."
CLIP_RULE = (
    "Loss: (u × w^9 - y)^2. The norm is the length of the gradient: the square root of the sum of its squares.\n"
    "Clipping: a gradient whose norm is too large is multiplied by clip / (norm + 0.000001). Only its length changes, not its direction. (torch adds the millionth, too.)"
)
CLIP = (
    "At the start, w = 1.25, we stand on a cliff: the gradient has the norm {0:.0f}. Not clipped, one step at the rate 0.01 leaps to w = {1:.2f}, and the next one far away. (A run that is beyond 100 stands still here, before its numbers outgrow the sheet.)\n"
    "Clipped at 1, no step is longer than 0.01. So w walks down the cliff and is at its goal after about 25 steps. A rate 50 times smaller tames the cliff as well. But then w creeps where it is flat.\n"
    "Try this: clip at 5. Then clip at 100: w leaps over its goal onto the flat part, where nothing pulls."
)
ABOUT_GATE = "Twenty signs come in. Only the first, which has a mark, shall be remembered. Change b of the gated unit: -6, -3, -1, 0."
GATE_RULE = (
    "Plain: h = tanh(w × h before + u × x).\n"
    "Gated: z = sigmoid(a × mark + b) says how far the gate is open, from 0 to 1. The candidate c = tanh(u × x) is what could be written. h = (1 - z) × h before + z × c: a mixture of old and new."
)
GATE = (
    "The plain unit adds every sign to its memory, so the first is soon lost among the others. The gated unit opens its gate at the mark, z = {0:.3f}, and all but shuts it after that, z = {1:.3f}. Where it is shut the memory stays, and so does the slope: 1 - z of it goes on at each step. Of the gated unit's slope {2:.3f} is left at the end, of the plain unit's {3:.3f}.\n"
    "Try this: b of -3, -1 and 0. Then w of 3 for the plain unit: now it keeps the first sign, too. But its slope is all but 0, so descent would hardly find that.\n"
    "For the curious: a GRU has two gates, an LSTM three and a second memory."
)
ABOUT_REMEMBER = "Both units learn by descent, all steps by formulas. Eight rows of 20 signs: what was the first sign? Look at epochs 0, 10, 20, 30 and 40."
REMEMBER = (
    "The other signs are chance, and say nothing of the first. The prediction is the last memory. Who always says 0 has the loss 1.\n\n"
    "The plain unit learns to write next to nothing: its loss stays at {0:.3f}. What it could keep is mostly of the last signs.\n\n"
    "The gated unit hardly moves at first, since its slopes are small. Then it learns to open at the mark, z = {2:.3f}, and to shut after it, z = {3:.3f}. Its loss: {1:.3f}.\n\n"
    "Each unit has a rate that suits it. Signs and all epochs stand on the right.\n\n"
    "Try this: rates of 1, 2 and 8 for the gated unit."
)
ABOUT_SERIES = "A tank fills for hours, then it is emptied, every six hours. (The numbers are made.) A net of three recurrent units learns from 30 hours. What comes next?"
SERIES_RULE = (
    "Learnt: one step ahead, hours 4 to 30. New: one step ahead, hours 31 to 40, which nobody learnt from. Alone: hours 31 to 40, each model on its own predictions.\n"
    "The net: h = tanh(y × U + h before × W + b), prediction = h × V."
)
SERIES = (
    "Same as last says: nothing changes. The linear model adds up the last three values, each times a weight. After {0} epochs the net is ahead of both on what it learnt from, in the end by far: the tank is emptied all at once, and a straight line cannot bend. Alone, each model must believe itself: its mistakes go in again.\n"
    "Honest words: on a smooth wave (a sine) the linear model would be all but exact, and the net would not. Then take the simple one.\n"
    "Try this: epochs 0, 5, 10 and 50. Then change the level of hour 30 to 0. Which forecasts change?"
)
