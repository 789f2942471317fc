"""Several processes under torchrun: the numbers of one, each rank its own rows, a lost worker, a resume."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from workers import Done

import sheetnet as sn
from sheetnet.errors import DataError, TrainingError
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.ranks import APART, LOST, Ranks, _in_words, check_environment
from sheetnet.training.source import source_of
from tests.conftest import ROOT, run_here


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5,003 rows in seven row groups."""
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    X = rng.normal(size=(5003, 6))
    y = (X @ rng.normal(size=6) + rng.normal(size=5003) > 0).astype(float)
    path = tmp_path_factory.mktemp("many") / "many.parquet"
    parquet.write_table(pa.table({**{f"a{i}": X[:, i] for i in range(6)}, "y": y}), path, row_group_size=800)
    return path


def torchrun(processes: int, *command: object, **options: object) -> subprocess.Popen[str]:
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*start, *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, **options,  # type: ignore[call-overload]
    )  # fmt: skip


def train(processes: int, *args: object, **options: object) -> subprocess.Popen[str]:
    return torchrun(processes, "-m", "sheetnet", "train", *args, **options)


class Workers:
    """Three processes of one torchrun, the first of which train together as often as they are asked to."""

    def __init__(self, folder: Path) -> None:
        address = folder / "line"
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(address))
            door.listen()
            door.settimeout(60)
            self.process = torchrun(3, ROOT / "tests/workers.py", address)
            lines = [Connection(door.accept()[0].detach()) for _ in range(3)]
        self.lines = {line.recv(): line for line in lines}

    def do(self, *commands: list[object], delay: float = 0.0, verb: str = "train") -> list[Done]:
        """What came of the command of each worker, in their order."""
        with socket.create_server(("localhost", 0)) as free:
            port = free.getsockname()[1]
        for rank, command in enumerate(commands):
            args = [verb, *map(str, command), "--device", "cpu"]
            self.lines[rank].send((args, len(commands), port, delay))
        for rank in range(len(commands)):
            assert self.lines[rank].poll(60), f"worker {rank} is still at it"
        return [Done(*self.lines[rank].recv()) for rank in range(len(commands))]

    def trained(self, processes: int, *command: object, delay: float = 0.0) -> dict[str, Any]:
        """What so many workers say of a training."""
        done = self.do(*[[*command, "--json"]] * processes, delay=delay)
        assert [one.code for one in done] == [0] * processes, done
        line, *others = [one.stdout.splitlines() for one in done]
        assert others == [[]] * (processes - 1)  # one rank speaks
        return dict(json.loads(*line))

    def refused(self, *commands: list[object]) -> str:
        """What workers say to commands that do not go together."""
        done = self.do(*commands)
        assert [one.code for one in done] == [2] * len(commands), done
        return "".join(one.stderr for one in done)

    def end(self) -> None:
        """Nothing, once all have ended well; else they are killed."""
        for line in self.lines.values():
            line.send(None)
        try:
            _, err = self.process.communicate(timeout=30)
            assert self.process.returncode == 0, err
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    group = Workers(tmp_path_factory.mktemp("workers"))
    yield group
    group.end()


@pytest.fixture(scope="module")
def rows(file: Path) -> list[object]:
    return ["--data", file, "--target", "y", "--lr", 0.1, "--epochs", 30]


@pytest.mark.parametrize(("model", "processes", "memory"), [("two-relu", 2, "2GB"), ("relu-3", 3, "10KB")])
def test_many_processes_give_the_numbers_of_one(
    together: Workers, rows: list[object], file: Path, model: str, processes: int, memory: str
) -> None:
    table = sn.open_rows(file, "y")
    net = sn.two_relu(table) if model == "two-relu" else sn.relus(table, 3)  # type: ignore[arg-type]
    one = sn.train(net, table, epochs=30, lr=0.1, device="cpu", path="autograd")
    many = together.trained(processes, model, *rows, "--memory", memory)
    np.testing.assert_allclose(many["losses"], one.losses, rtol=1e-12)
    np.testing.assert_allclose(many["accuracies"], one.accuracies, rtol=1e-14)
    np.testing.assert_allclose(many["W"], one.params["W"], rtol=1e-12, atol=1e-13)


def test_a_linear_model_is_factored_over_all_ranks(together: Workers, rows: list[object], file: Path) -> None:
    table = sn.open_rows(file, "y")
    one = sn.train(sn.linear(table), table, epochs=30, lr=0.1, device="cpu", path="autograd")  # type: ignore[arg-type]
    many = together.trained(2, "linear", *rows, "--memory", "10KB")
    assert str(many["path"]).startswith("factored")
    np.testing.assert_allclose(many["losses"], one.losses, rtol=1e-12)
    np.testing.assert_allclose(many["accuracies"], one.accuracies, rtol=1e-14)
    np.testing.assert_allclose(many["W"], one.params["W"], rtol=1e-12, atol=1e-13)


def test_the_titanic_is_shared_out_too(together: Workers) -> None:
    table = sn.titanic()
    one = sn.train(sn.two_relu(table), table, epochs=30, lr=0.1, device="cpu")
    many = together.trained(2, "two-relu", "--epochs", 30, "--seed", 0)
    np.testing.assert_allclose(many["losses"], one.losses, rtol=1e-12)


def test_the_nets_of_a_sweep_are_dealt_out_and_come_back_with_the_bits_of_one_process(
    together: Workers, tmp_path: Path
) -> None:
    sweep = ["two-relu", "--nets", 1100, "--lr", 0.1, "--scale", 0.5, "--epochs", 5]  # two blocks of at most 1024
    files = [tmp_path / name for name in ("one.csv", "two.csv", "again.csv")]
    kept = [tmp_path / name for name in ("run.npz", "run.npz.1")]
    one = run_here("sweep", *sweep, "--results", files[0], "--device", "cpu")
    assert one.returncode == 0, one.stderr
    for file in files[1:]:
        first, second = together.do(*[[*sweep, "--results", file, "--checkpoint", kept[0]]] * 2, verb="sweep")
        assert (first.code, second.code) == (0, 0), (first, second)
        assert "best: loss" in first.stdout
        assert second.stdout == ""  # one rank speaks
        assert file.read_bytes() == files[0].read_bytes()
        assert all(each.exists() for each in kept)
    done = [np.load(each)["done"].sum() for each in kept]
    assert done == [1024, 76]
    other = together.do(*[["two-relu", "--nets", nets, "--lr", 0.1, "--scale", 0.5] for nets in (6, 7)], verb="sweep")
    assert "the workers have different nets: rank 0 has 6, rank 1 has 7" in "".join(each.stderr for each in other)


class Half(Ranks):
    """Rank 1 of 2, whose sums and agreements are its own."""

    rank, world = 1, 2


def test_a_rank_reads_its_own_rows_only(file: Path) -> None:
    table = sn.open_rows(file, "y")
    whole, half = source_of(table, "float64", None, Ranks()), source_of(table, "float64", None, Half())
    assert 2000 < len(half.y) < 3000
    np.testing.assert_array_equal(half.X, whole.X[-len(half.X) :])


def test_more_workers_than_rows_are_refused() -> None:
    class Many(Ranks):
        rank, world = 0, 10_000

    with pytest.raises(DataError, match="712 rows are too few for 10000 workers; start fewer"):
        source_of(sn.titanic(), "float64", None, Many())


def test_ranks_that_see_different_columns_say_which(together: Workers, file: Path, tmp_path: Path) -> None:
    from pyarrow import parquet

    parts = [tmp_path / "first.parquet", tmp_path / "second.parquet"]
    for part, columns in zip(parts, (["a0", "a1", "y"], ["a0", "a2", "y"]), strict=True):
        parquet.write_table(parquet.read_table(file, columns=columns), part)
    said = together.refused(*[["linear", "--data", part, "--target", "y"] for part in parts])
    assert "the workers have different columns: rank 0 has" in said
    assert "a2" in said


@pytest.mark.parametrize(("name", "values"), [("lr", ("0.1", "0.2")), ("epochs", ("5", "6")), ("seed", ("0", "1"))])
def test_workers_with_different_settings_say_which(
    together: Workers, file: Path, name: str, values: tuple[str, str]
) -> None:
    command = ["two-relu", "--data", file, "--target", "y"]
    assert "the workers have different" in together.refused(*[[*command, f"--{name}", value] for value in values])


def test_workers_of_different_speed_stay_together(together: Workers, file: Path) -> None:
    command = ["linear", "--data", file, "--target", "y", "--epochs", 20_000]
    assert together.trained(2, *command, delay=0.005)["epochs"] == 20_000


def wait_for(path: Path, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < limit, f"{path} was not written"
        time.sleep(0.05)


def workers(of: int) -> list[int]:
    """The processes that a process has started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(of)], capture_output=True, text=True, check=True)
    return sorted(int(pid) for pid in listed.stdout.split())


def test_a_killed_worker_ends_the_run_with_a_word_and_the_next_start_goes_on(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "run.npz"
    args = ["two-relu", "--data", file, "--target", "y", "--lr", 0.01, "--device", "cpu", "--memory", "10KB",
            "--checkpoint", saved, "--every", 5]  # fmt: skip
    process = train(2, *args, "--epochs", 100_000)
    wait_for(saved)
    os.kill(workers(process.pid)[1], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert LOST in err
    assert 'Traceback (most recent call last):\n  File "' not in err.split("torch/distributed")[0]
    with np.load(saved) as found:
        done = len(found["losses"])
    assert done % 5 == 0
    process = train(2, *args, "--epochs", done + 10, "--json")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    (line,) = out.splitlines()  # one rank speaks
    resumed = json.loads(line)
    table = sn.open_rows(file, "y")
    one = sn.train(sn.two_relu(table), table, epochs=done + 10, lr=0.01, device="cpu")  # type: ignore[arg-type]
    np.testing.assert_allclose(resumed["losses"], one.losses, rtol=1e-12)
    np.testing.assert_allclose(resumed["W"], one.params["W"], rtol=1e-11, atol=1e-13)


def test_a_worker_says_its_word_though_torchrun_ends_it_at_that_moment() -> None:
    ended: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    try:
        with pytest.raises(TrainingError, match=rf"^{LOST} \(connection closed by peer\)$"), Interrupt(), _in_words():
            raise RuntimeError("connection closed by peer")
        os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended == []


def test_ctrl_c_is_heard_by_all_who_wait_for_it() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as outer:
        with Interrupt() as inner:
            os.kill(os.getpid(), signal.SIGINT)
        assert inner.heard
        assert outer.heard
    assert signal.getsignal(signal.SIGINT) == before


def test_ctrl_c_stops_all_workers_at_one_epoch_and_saves(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "run.npz"
    args = ["two-relu", "--data", file, "--target", "y", "--device", "cpu", "--checkpoint", saved, "--every", 50]
    process = train(2, *args, "--epochs", 10_000_000, start_new_session=True)
    wait_for(saved)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "goes on from" in err, out + err
    assert "epoch" in out
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_a_wrong_share_is_noticed(file: Path) -> None:
    table = sn.open_rows(file, "y")
    whole = sn.train(sn.two_relu(table), table, epochs=3, lr=0.1, device="cpu")  # type: ignore[arg-type]
    less = source_of(table, "float64", None, Half())
    part = sn.open_rows(file, "y").shard(0, 2)
    short = sn.train(sn.two_relu(part), part, epochs=3, lr=0.1, device="cpu")  # type: ignore[arg-type]
    assert len(less.y) < 5003
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(short.losses, whole.losses, rtol=1e-12)


# ---- torchrun that cannot start

WHOLE = {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"MASTER_ADDR": ""}, "MASTER_ADDR is '', expected the first worker's machine; start the workers by torchrun"),
        ({"MASTER_ADDR": "no such host"}, "MASTER_ADDR is 'no such host'"),
        ({"MASTER_ADDR": "a" * 300}, "MASTER_ADDR is 'aaa"),
        ({"MASTER_PORT": ""}, "MASTER_PORT is '', expected a whole number from 1 to 65535"),
        ({"MASTER_PORT": "99999999"}, "MASTER_PORT is '99999999'"),
        ({"RANK": "x"}, "RANK is 'x'"),
        ({"RANK": "-1"}, "RANK is '-1'"),
        ({"RANK": "2"}, "RANK is 2, expected one below WORLD_SIZE 2"),
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'"),
    ],
)
def test_an_environment_that_torchrun_never_makes_is_named(change: dict[str, str], words: str) -> None:
    with pytest.raises(TrainingError) as caught:
        check_environment(WHOLE | change)
    assert str(caught.value).startswith(words)


def test_the_environment_of_torchrun_is_taken() -> None:
    check_environment(WHOLE)


def test_workers_that_find_no_interface_do_not_say_that_one_was_lost() -> None:
    with (
        pytest.raises(TrainingError, match=r"^the workers did not find each other; .* \(Unable to find"),
        _in_words(APART),
    ):
        raise RuntimeError("Unable to find address for: nope0")
