"""How large a workbook of one's own table would be, told before anything is laid out."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.errors import SheetnetError
from sheetnet.models.convolution import Conv
from sheetnet.models.net import Net
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.page.area import MAX_COLS, MAX_ROWS

MAX_CELLS = 2_000_000  # beyond, programs take minutes to open it


def check_size(n_raw: int, n_rows: int, columns: int, nets: Sequence[Net], epochs: int, optimiser: str) -> None:
    """None where a workbook of these sizes can be opened and worked with.

    Raises: SheetnetError saying how large it would be and what would fit.
    """
    kept = 1 + len(OPTIMISERS[optimiser].state)  # matrices of an epoch for each parameter
    fixed, an_epoch = n_raw * (columns + 4) + n_rows * (nets[0].n_features + columns + 4), 0
    for net in nets:
        numbers = sum(p.shape[0] * p.shape[1] for p in net.parameters)
        wide = sum(net.widths[1:])
        matrices = sum(
            net.widths[step.sources[0]] * width
            for step, width in zip(net.steps, net.widths[1:], strict=True)
            if isinstance(step.layer, Conv)
        )
        fixed += n_rows * (3 * wide + 6) + 8 * numbers * kept
        an_epoch += numbers * kept + 4 + 2 * matrices  # of a convolution the matrix and its gradient
        across = max(kept * sum(p.shape[1] + 1 for p in net.parameters) + 20, 3 * wide + 20)
        if across > MAX_COLS:
            raise SheetnetError(
                f"{net.title}: it would be {across:,} columns wide, a sheet has {MAX_COLS:,}; take fewer units"
            )
        tall = (epochs + 1) * (max(p.shape[0] for p in net.parameters) + 1)
        if tall > MAX_ROWS - 100:
            fit = (MAX_ROWS - 100) // (max(p.shape[0] for p in net.parameters) + 1) - 1
            raise SheetnetError(f"{net.title}: {epochs} epochs would be {tall:,} rows; at most {fit:,} epochs fit")
    if fixed + (epochs + 1) * an_epoch > MAX_CELLS:
        fit = (MAX_CELLS - fixed) // an_epoch - 1
        what = f"at most {fit:,} epochs fit" if fit > 0 else "take fewer rows, columns or units"
        cells = fixed + (epochs + 1) * an_epoch
        raise SheetnetError(f"the workbook would have {cells:,} cells, programs work with {MAX_CELLS:,} or so: {what}")
