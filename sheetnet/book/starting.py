"""The parameters with which the workbook of a table begins, from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sheetnet.book.forms import Named, judged
from sheetnet.book.params import read_params
from sheetnet.book.weights import WRITTEN
from sheetnet.errors import SheetnetError
from sheetnet.models.labels import names_of
from sheetnet.models.net import Net


def starting(net: Net, file: Path, features: Sequence[str], classes: Sequence[str]) -> dict[str, np.ndarray]:
    """The parameters of a net in a file of `sheetnet params` or `sheetnet train`, or those that stand in a workbook.

    Raises: SheetnetError for another file, and for parameters that are not the net's.
    """
    place = Named(net, names_of(net, features, classes))
    if file.suffix.lower() in WRITTEN:
        return judged(place, file, features)
    if file.suffix.lower() not in (".xlsx", ".xlsm"):
        raise SheetnetError(f"{file}: name a file that ends in {', '.join(WRITTEN)} or .xlsx")
    stands = read_params(file)
    own = stands.key(net.name)
    if stands.features != tuple(features) or own not in stands.params:
        theirs = f"{', '.join(stands.params) or 'no model'} for {', '.join(stands.features)}"
        raise SheetnetError(f"{file} has {theirs}; {net.name} for {', '.join(features)} is needed")
    return judged(place, stands.params[own], features)
