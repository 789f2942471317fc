"""How the loops of the fast paths are compiled (numba): kept from run to run where they can be, and else compiled anew.

A cache that cannot be written, or was damaged, costs seconds and a sentence, never a run.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from numba import njit, types
from numba.core.caching import FunctionCache

from sheetnet.errors import SheetnetWarning

REORDER = {"contract", "reassoc", "nsz"}  # of sums: nothing is assumed of inf and nan
WITHOUT = "compiled code cannot be kept ({}): each run compiles anew, for some seconds; NUMBA_CACHE_DIR names a folder"
DAMAGED = "the compiled code kept in {} is damaged ({}): it is compiled anew"


class Kept(FunctionCache):
    """numba's cache of one function, of which nothing but compiled code or None ever comes."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function for these types, or None."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception as reason:  # pickle raises whatever the bytes happen to mean
            _warn(DAMAGED.format(self.cache_path, type(reason).__name__))
            with suppress(Exception):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """None; the compiled function is kept, if it can be."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except Exception as reason:
            _warn(WITHOUT.format(getattr(reason, "strerror", None) or type(reason).__name__))


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: the function compiled by numba with these options, and kept from run to run where that can be."""

    def compile(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        if hasattr(dispatcher, "enable_caching"):  # not where NUMBA_DISABLE_JIT is set
            try:
                dispatcher._cache = Kept(function)  # type: ignore[no-untyped-call]
            except (RuntimeError, OSError):  # it finds no folder that it may write
                _warn(WITHOUT.format("neither the package's folder nor yours can be written"))
        return dispatcher

    return compile


def compiled_for(signature: Any, function: Callable[..., Any], **options: Any) -> Any:
    """The function compiled for one signature, at once; functions that it is handed it calls, and holds no copy of."""
    dispatcher = compiled(**options)(function)
    if hasattr(dispatcher, "disable_compile"):
        dispatcher.compile(signature)
        dispatcher.disable_compile()
    return dispatcher


class Handed(types.WrapperAddressProtocol):
    """A compiled function as another is handed it: its address, which is looked up once."""

    def __init__(self, signature: Any, dispatcher: Any) -> None:
        made = dispatcher.get_compile_result(signature)
        self._kept, self._signature = dispatcher, signature
        self._address = made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)

    def __wrapper_address__(self) -> int:
        """Where it lies."""
        return int(self._address)

    def signature(self) -> Any:
        """What it takes and gives."""
        return self._signature


alone = compiled(fastmath=REORDER, nogil=True)


def _warn(words: str) -> None:
    warnings.warn(SheetnetWarning(words), stacklevel=3)
