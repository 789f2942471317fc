"""How every command ends: whatever happens is one message and an exit code.

0: all well; 1: something differs, which check and live alone say; 2: a message; 130: Ctrl-C.
"""

from __future__ import annotations

import atexit
import errno
import gc
import logging
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

import click

from sheetnet.errors import SheetnetError, SheetnetWarning

MESSAGE, STOPPED = 2, 130
LONG = re.compile(r"\S{400,}")  # no system has such names
TRACE = "SHEETNET_TRACEBACK"  # set to anything, it shows where a fault of ours arose
ROOM = "the memory is full: take fewer rows, columns, epochs or nets, or close other programs"


class Commands(click.Group):
    """A group of commands that end as this module says, however they are called.

    names: of commands, each in the module of sheetnet.commands of that name, which is imported when it is asked for: so
    that Ctrl-C is heard here while numpy is, and a command waits for nothing that others need.
    """

    def __init__(self, *args: Any, names: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.names = names

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, as help shows them."""
        return sorted({*self.names, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name in self.names and cmd_name not in self.commands:
            self.add_command(getattr(import_module(f"sheetnet.commands.{cmd_name}"), cmd_name))
        return super().get_command(ctx, cmd_name)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command that the arguments name, and leave with its exit code."""

        def run() -> Any:
            return super(Commands, self).main(args, prog_name, complete_var, False, **extra)

        if not standalone_mode:
            return run()
        code = ended(run)
        _be_deaf_at_the_end()
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> Any:
        """What the command returns; the exit code after what click itself calls "Aborted!", whatever it was."""
        try:
            return super().invoke(ctx)
        except (EOFError, KeyboardInterrupt) as reason:
            return told(reason)


@lru_cache
def _be_deaf_at_the_end() -> None:
    """None; once all is done, Ctrl-C would only break into what libraries do as Python ends."""
    atexit.register(_let_all_go)
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # registered last, so it is called first


def _let_all_go() -> None:
    """None; Python does not look through all of torch, for 0.4 s, for objects that hold each other: all of it goes.

    Triton, which torch loads for its optimisers, would say in a hundred lines that they are still there.
    """
    if "triton" not in sys.modules:
        gc.freeze()


def ended(run: Callable[[], object]) -> int:
    """The exit code of a command, after its message where there is one."""
    with _streams() as out, _warnings():
        try:
            code = run()
        except BaseException as reason:
            code = told(reason)
        out.flush()
        if out.fault is not None and out.fault.errno != errno.EPIPE:  # who stops reading wants no more, and knows it
            tell(f"standard output cannot be written: {_why(out.fault)}")
            return MESSAGE
    return code if isinstance(code, int) else 0


def told(reason: BaseException) -> int:
    """The exit code for what ended a command, after its message."""
    match reason:
        case SystemExit(code=None):
            return 0
        case SystemExit(code=int(code)):
            return code
        case click.exceptions.Exit():
            return reason.exit_code
        case KeyboardInterrupt() | click.Abort():
            tell("stopped at once; no file is half written")
            return STOPPED
        case click.ClickException():
            reason.show()
        case SheetnetError():
            tell(str(reason))
        case MemoryError():
            tell(ROOM)
        case OSError(filename=str(name)):
            tell(f"{name}: {_why(reason)}")
        case OSError():
            tell(_why(reason))
        case _:
            tell(ROOM if _is_memory(reason) else _fault(reason))
    return MESSAGE


def tell(words: str) -> None:
    """One line on standard error, whatever stands in a name, and however long it is."""
    words = LONG.sub(lambda found: f"{found[0][:200]}…{found[0][-80:]}", words)
    line = "".join(c if c.isprintable() or "\ud800" <= c <= "\udfff" else ascii(c)[1:-1] for c in words)
    click.echo(f"sheetnet{worker()}: {line}", err=True)


def _why(reason: OSError) -> str:
    return reason.strerror or str(reason) or type(reason).__name__


def _is_memory(reason: BaseException) -> bool:
    """Whether torch, whose errors are RuntimeErrors, found no memory."""
    return isinstance(reason, RuntimeError) and any(
        words in str(reason) for words in ("can't allocate memory", "out of memory", "bad_alloc")
    )


def _fault(reason: BaseException) -> str:
    """Words for what nobody foresaw: a fault of ours, and where it arose."""
    if os.environ.get(TRACE):
        traceback.print_exc()
    *_, last = traceback.extract_tb(reason.__traceback__)
    what = f"{type(reason).__name__}: {' '.join(str(reason).split())[:300]}"
    return f"a fault of sheetnet itself, please report it ({what}; {Path(last.filename).name}, line {last.lineno})"


def worker() -> str:
    """Which worker of several this is, for a message; nothing where there is one."""
    rank = os.environ.get("RANK")
    return f" (worker {rank})" if rank is not None and os.environ.get("WORLD_SIZE", "1") not in ("", "1") else ""


# ---- streams


class Sturdy:
    """A text stream that goes on when it cannot be written any more, and knows why: no work is lost for a word."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.fault: OSError | None = None

    def write(self, text: str) -> int:
        """The length of the text, written or not."""
        if self.fault is None:
            try:
                self.stream.write(text)
            except OSError as reason:
                self.fault = reason
        return len(text)

    def flush(self) -> None:
        """None; what is buffered is written, if it can be."""
        if self.fault is None:
            try:
                self.stream.flush()
            except OSError as reason:
                self.fault = reason

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def _streams() -> Iterator[Sturdy]:
    """Standard output and error, which write every name and outlive a closed terminal and a full disk."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file that is opened would take its place, and get our words
            os.open(os.devnull, os.O_RDWR)
    before = sys.stdout, sys.stderr
    made = [Sturdy(stream or open(os.devnull, "w", encoding="utf-8")) for stream in before]  # noqa: SIM115
    for one in made:
        if hasattr(one.stream, "reconfigure"):
            one.stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = made
    try:
        yield made[0]
    finally:
        for one in made:
            one.flush()
        if not any(one.fault for one in made):  # else Python would try once more as it ends, and say so
            sys.stdout, sys.stderr = before


# ---- warnings


@contextmanager
def _warnings() -> Iterator[None]:
    """Warnings of ours in one line, once; those of libraries are for programmers, who ask for them with -W."""
    said: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, SheetnetWarning) and str(message) not in said:
            said.add(str(message))
            tell(str(message))

    before = sys.unraisablehook, logging.lastResort
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", SheetnetWarning)
            warnings.showwarning = show
            logging.lastResort = logging.NullHandler()
            sys.unraisablehook = lambda _: None  # what a destructor says when the disk is full has been said
        try:
            yield
        finally:
            sys.unraisablehook, logging.lastResort = before
