"""A torch module as a net: followed through its forward by torch.fx, translated call by call, and proved.

The module itself is never touched: a deep copy is traced, and other copies are run beside the net's own modules.
"""

from __future__ import annotations

import copy
import inspect
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from sheetnet.errors import SheetnetError
from sheetnet.models.layers import Activation
from sheetnet.models.net import MAX_NUMBERS, Net, Step
from sheetnet.models.suits import check_end
from sheetnet.models.torch_proof import prove
from sheetnet.models.torch_reader import first, followed, place


def net_of(
    module: nn.Module, n_features: int, loss: str, name: str = "net", title: str = "", X: np.ndarray | None = None
) -> Net:
    """The net that a module is, with its present parameters, for tables with n_features columns.

    Parameters keep the names of its state_dict. X (n, n_features): rows on which it is proved besides random ones.
    Raises: SheetnetError, with the place in the module, for what is not known; for a module that does anything else
    than its translation.
    """
    title = (title or type(module).__name__)[:80]
    _judge(module, title)
    with _drawing_apart(), torch.inference_mode(False), torch.enable_grad():
        base = _copied(module, title)
        steps, out = followed(base, n_features, title)
        kept, at = _needed(steps.steps, out)
        unused = [key for key in dict(base.named_parameters()) if key not in _keys(kept)]
        if unused:
            raise SheetnetError(f"{title}: forward does not use {', '.join(unused[:3])}; take it out of the module")
        net = Net(name, title, n_features, kept, loss)
        still = {key for key, parameter in base.named_parameters() if not parameter.requires_grad}
        frozen = tuple(p.key for p in net.parameters if p.key in still)
        net = Net(name, title, n_features, kept, loss, _start(net, steps.tensors, module), frozen)
        check_end(net)
        prove(base, net, steps.codes, [mask in at for mask in steps.drops], X)
    return net


@contextmanager
def _drawing_apart() -> Iterator[None]:
    """The generators of torch, numpy and Python stand afterwards where they stood."""
    theirs, pythons = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        np.random.set_state(theirs)
        random.setstate(pythons)


def _judge(module: nn.Module, title: str) -> None:
    """None; nothing about the module is known to be another thing than it seems."""
    wrapped = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}
    kind = type(module).__name__
    if kind in wrapped:
        raise SheetnetError(f"{title} is wrapped by {kind}; give the module within, model.{wrapped[kind]}")
    if isinstance(module, torch.jit.ScriptModule):
        raise SheetnetError(f"{title} is a ScriptModule, whose forward cannot be followed; give the nn.Module it was")
    try:
        inspect.signature(module.forward).bind(None)
    except TypeError as reason:
        names = ", ".join(inspect.signature(module.forward).parameters)
        words = f"forward({names}) takes another number of inputs than one ({reason})"
        raise SheetnetError(f"{title}: {words}; take one X (n, columns), and its columns as x[:, 0:2]") from None
    for key, parameter in [*module.named_parameters(), *module.named_buffers()]:
        if is_lazy(parameter):
            raise SheetnetError(f"{title}: {key} has no shape yet; give the module a batch once")
        if parameter.is_meta:
            raise SheetnetError(f"{title}: {key} is on the device meta, without numbers; load its weights")
        if parameter._backward_hooks:
            raise SheetnetError(f"{title}: a hook changes the gradient of {key}; remove it")
        if parameter.is_complex() or (isinstance(parameter, nn.Parameter) and not parameter.is_floating_point()):
            raise SheetnetError(f"{title}: {key} is of {parameter.dtype}; a sheet has real numbers")
        if parameter.is_floating_point() and not torch.isfinite(parameter).all():
            raise SheetnetError(f"{title}: {key} has entries that are no finite numbers; mend or train it again")
    for path, layer in module.named_modules():
        where = place(path, layer)
        if hasattr(layer, "parametrizations"):
            remedy = "torch.nn.utils.parametrize.remove_parametrizations"
            raise SheetnetError(f"{where}: a parametrization makes its parameters; remove it with {remedy}")
        if any(getattr(layer, f"_{kind}_hooks") for kind in ("forward", "forward_pre", "backward", "backward_pre")):
            remedy = "remove it (of weight_norm with torch.nn.utils.remove_weight_norm)"
            raise SheetnetError(f"{where}: a hook changes what goes through; {remedy}")
    if (numbers := sum(parameter.numel() for parameter in module.parameters())) > MAX_NUMBERS:
        raise SheetnetError(f"{title}: {numbers:,} parameters; at most {MAX_NUMBERS:,}, so take fewer units")


def _copied(module: nn.Module, title: str) -> nn.Module:
    try:
        return copy.deepcopy(module).cpu().double()
    except Exception as reason:  # whatever a module's own state may do
        raise SheetnetError(f"{title} cannot be copied ({first(reason)}); keep nothing but layers in it") from None


def _start(net: Net, tensors: Mapping[str, Tensor], module: nn.Module) -> dict[str, np.ndarray]:
    """The module's present numbers, as float64."""
    theirs = module.state_dict(keep_vars=True)
    return {p.name: p.from_torch(theirs.get(p.key, tensors[p.key])) + 0.0 for p in net.parameters}


def _keys(steps: tuple[Step, ...]) -> set[str]:
    return {step.key_of(held) for step in steps for held in step.layer.held}


def _needed(steps: list[Step], out: int) -> tuple[tuple[Step, ...], dict[int, int]]:
    """The steps that what comes out depends on, numbered anew, and their new numbers by the old."""
    if out == 0:  # X itself comes out
        return (Step(Activation("identity"), (0,)),), {}
    needed = {out}
    for at in range(out, 0, -1):
        if at in needed:
            needed.update(steps[at - 1].sources)
    new = {old: at for at, old in enumerate(sorted(needed | {0}))}
    kept = [steps[old - 1] for old in sorted(needed - {0})]
    return tuple(Step(one.layer, tuple(new[source] for source in one.sources), one.key) for one in kept), new
