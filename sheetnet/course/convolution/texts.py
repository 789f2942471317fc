"""The words of lesson 12: what stands on top of each sheet, and its notes."""

from __future__ import annotations

ABOUT_SLIDE = "A picture is a matrix: 0 is white, 1 is ink. A filter of 3 x 3 numbers moves over it. Point at an output pixel and see how it is made."
PICTURE = (
    "The window is the part of the picture that lies under the filter: the bold numbers. Each of them is multiplied by the number of the filter on top of it. The sum of the nine products is one output pixel.\n"
    "Try this: point at row 1, column 1, then go to the right. The picture has 8 columns, the output has 6. Why?\n"
    "Then paint: type numbers from 0 to 1 into the picture, or other numbers into the filter."
)
SLIDE = (
    "All 36 output pixels are made like this one: each has a window of its own, and all have the same filter. Look at their formulas: SUMPRODUCT of a window and the filter.\n\n"
    "As it came, the filter takes the left column of the window off the right column. So it answers where ink begins or ends from left to right: at a vertical edge. Where left and right are alike, the answer is 0."
)
SIGNS = "Blue is above 0, orange below 0, white is 0.\n\nAs it came, blue says: more ink on the right. Orange says: more ink on the left."
ABOUT_FILTERS = "Each filter asks the picture another question. Three of them look at the picture of Slide. Which one answers where?"
FILTERS = (
    "Vertical edges: the right column of the window less the left one. It answers where ink begins or ends from left to right.\n\n"
    "Horizontal edges: the bottom row less the top one. It answers where ink begins or ends from top to bottom.\n\n"
    "Blur: nine times 1/9, the mean of the window. It makes the picture soft.\n\n"
    "Somebody thought of these filters. On Learn, a net finds one by itself.\n\n"
    "Try this: put 1 into the middle of Blur, and 0 everywhere else. What comes out?"
)
ABOUT_PRODUCT = "Write each window as a row: its three lines, one after the other. Then one matrix product gives all output pixels at once."
PRODUCT = (
    "A patch is a window, written as a row of nine numbers. The filter is written as a column in the same way. Row times column is a dot product, as in lesson 3: one output pixel.\n\n"
    "So a convolution is a matrix product after all. Its matrix repeats pixels: one in the middle of the picture stands in nine rows.\n\n"
    "The bold row is the window that you point at on Slide.\n\n"
    "GPUs are good at matrix products, so they are good at this. For the curious: programs call it im2col."
)
ABOUT_SIZES = (
    "How large is the output? Four numbers say it. On the right: padding, pooling and stride on the picture of Slide."
)
SIZES = (
    "Side of the output: (n + 2p - k) / s + 1, rounded down. Padding p puts p rows and columns of 0 around the picture. With padding 1, a 3 x 3 filter gives an output as large as the picture.\n"
    "Stride s is how far the filter moves from place to place: stride 2 keeps every second row and column of the output.\n"
    "Max pooling keeps the largest number of each 2 x 2 window. The small picture still says what was found, but less exactly where.\n"
    "Try this: n 8, k 3, p 0, s 2. The formula says 3.5. How often does the filter fit?"
)
ABOUT_SHARING = "A convolution is a dense layer in which nearly all weights are 0, and the others are the same nine numbers in every row."
SHARING = (
    "A dense layer has a weight of its own for each pixel and each output. Here each row holds the nine numbers of the filter, where its window lies, and 0 elsewhere. That is called parameter sharing: what is learnt at one place is known at all.\n"
    "An 8 x 8 picture has 64 pixels and 36 output pixels. A dense layer learns 64 × 36 weights and 36 biases, 2,340 numbers. The convolution learns 10: nine, and a bias.\n"
    "Try this: 28, as for handwritten digits. Then 224, as for photos."
)
ABOUT_SHIFT = "Move the picture of Slide by whole pixels. Is its output the old output, moved in the same way?"
SHIFT = (
    "The filter is the same everywhere. So a shape gives the same answer wherever it stands: the output moves with the picture. They differ at the edge alone, where the old output has nothing to bring in.\n"
    "A dense layer would have to learn the shape anew at each place. And who asks only for the largest output, or for the mean, hardly notices that something moved.\n"
    "Try this: 1 up and 1 to the left. Then 3 to the right: what is lost?"
)
ABOUT_FIND = "Somebody slid a hidden filter over a picture and shows the output. Descent starts from nine zeros and looks for the filter."
FIND = (
    "The output is patches × filter. To find the filter is a regression, as in lesson 4: the loss is the mean squared error.\n"
    "Look at epochs 0, 3, 10 and 40.\n"
    "Try this: change the hidden filter. It is found again.\n"
    "For the curious: the column By formula, on the right, has it in one step."
)
ABOUT_BARS = "24 made pictures with noise. In each a bar lies or stands upright. The net learns from twelve; the other twelve are kept back."
BARS = (
    "Far to the right each picture is a row of 36 numbers: its lines, one after the other. The pictures here are drawn from those rows. Change a number there and look.\n"
    "Which filter would tell the two kinds apart? Think of one before you go on to Learn."
)
ABOUT_LEARN = "One filter with a bias, ReLU, the mean of the 16 answers, a sigmoid. Nobody says what the filter should be. Look at epochs 0, 10, 20 and 60."
LEARN = (
    "At the start the net calls every bar upright, so half are right. Descent moves 12 numbers: nine of the filter, its bias, a weight and a last bias.\n"
    "At the end the filter has an upright stripe: above 0 in the middle, below 0 on both sides."
)
NET = (
    "The stripe answers where there is ink in the middle and none beside it. A bar that lies has ink beside it, too. Nobody told the net: such a filter lowers the loss.\n"
    "Try this: paint a bar that lies, then a cross. Then make all nine numbers at the start 0: no ReLU answers, and nothing is learnt."
)
