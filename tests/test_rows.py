"""Rows on disk: three formats give the same numbers, shards are the table, memory is bounded, faults are named."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow.csv import write_csv
from pyarrow.feather import write_feather
from pyarrow.parquet import write_table

import sheetnet.tables.csv_file as csv_module
from sheetnet.errors import DataError
from sheetnet.tables.rows import Rows, open_rows

N = 1_000
FORMATS = ["csv", "parquet", "arrow"]
Columns = dict[str, object]


def columns(n: int = N) -> Columns:
    """Columns of all three kinds: X[:, 0] is the number of the row."""
    random = np.random.default_rng(7)
    return {
        "no": np.arange(n, dtype=np.int32),
        "size": random.standard_normal(n),
        "open": random.random(n) < 0.5,
        "y": random.integers(0, 2, n),
    }


def write(path: Path, data: Columns, groups: int = 1, compression: str | None = None) -> Path:
    """A file of the format that its name says, in that many row groups or record batches."""
    table = pa.table(data)
    size = max(1, -(-len(table) // groups))
    if path.suffix == ".csv":
        write_csv(table, path)
    elif path.suffix == ".parquet":
        write_table(table, path, row_group_size=size)
    else:
        with pa.ipc.new_file(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as file:
            file.write_table(table, max_chunksize=size)
    return path


def text(folder: Path, content: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def expected(n: int = N) -> tuple[np.ndarray, np.ndarray]:
    data = columns(n)
    X = np.stack([np.asarray(data[name], np.float64) for name in ("no", "size", "open")] + [np.ones(n)], axis=1)
    return X, np.asarray(data["y"], np.float64)[:, None]


def assert_table(rows: Rows, n: int = N) -> None:
    for found, wanted in zip(rows.load(), expected(n), strict=True):
        np.testing.assert_array_equal(found, wanted)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(DataError) as caught:
        call()
    return str(caught.value)


def read(path: Path, target: str = "y", **options: object) -> object:
    return open_rows(path, target, **options).load()  # type: ignore[arg-type]


# ---- what is read


@pytest.mark.parametrize("suffix", ["csv", "parquet", "pq", "arrow", "feather", "ipc", "CSV"])
def test_each_format_gives_the_same_numbers(tmp_path: Path, suffix: str) -> None:
    kind = {"pq": "parquet", "feather": "arrow", "ipc": "arrow", "CSV": "csv"}.get(suffix, suffix)
    path = write(tmp_path / f"made.{kind}", columns(), groups=3).rename(tmp_path / f"made.{suffix}")
    rows = open_rows(path, "y")
    assert rows.features == ("no", "size", "open", "Ones")
    assert (rows.n_rows, rows.n_features, rows.size(4)) == (N, 4, N * 5 * 4)
    assert str(path) in rows.source
    assert_table(rows)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_arrow_files_beside_a_text(tmp_path: Path, compression: str) -> None:
    path = write(tmp_path / "made.arrow", {"name": ["x"] * N} | columns(), 7, compression)
    rows = open_rows(path, "y", ["no", "size", "open"])
    assert_table(rows)
    np.testing.assert_array_equal(rows.shard(1, 2).load()[0], expected()[0][N // 2 :])


def test_feather_as_pandas_and_pyarrow_write_it(tmp_path: Path) -> None:
    write_feather(pa.table(columns()), tmp_path / "made.feather")
    assert_table(open_rows(tmp_path / "made.feather", "y"))


@pytest.mark.parametrize("suffix", FORMATS)
def test_features_in_the_order_named_and_without_constant(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"made.{suffix}", columns() | {"name": ["a,b"] * N})
    rows = open_rows(str(path), "open", ["y", "size"], constant=False)
    X, y = rows.load(np.float32)
    table, target = expected()
    assert rows.features == ("y", "size")
    assert X.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(X, np.hstack([target, table[:, 1:2]]).astype(np.float32))
    np.testing.assert_array_equal(y, table[:, 2:3])


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "uint64", "float16", "float32", "bool"])
@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_every_type_of_number(tmp_path: Path, suffix: str, kind: str) -> None:
    values = np.array([0, 1, 1], dtype=kind)
    X, y = open_rows(write(tmp_path / f"made.{suffix}", {"a": values, "y": values}), "y").load()
    np.testing.assert_array_equal(X[:, :1], y)
    np.testing.assert_array_equal(y[:, 0], [0, 1, 1])


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("size", [1, 7, 100, N - 1, N, N + 1, 10**15])
def test_every_chunk_but_the_last_is_full(tmp_path: Path, suffix: str, size: int) -> None:
    rows = open_rows(write(tmp_path / f"made.{suffix}", columns(), groups=3), "y")
    chunks = list(rows.chunks(np.float32, size))
    assert [len(X) for X, _ in chunks] == [min(size, N - at) for at in range(0, N, size)]
    assert all(X.flags.c_contiguous and X.dtype == np.float32 and y.shape == (len(X), 1) for X, y in chunks)
    np.testing.assert_array_equal(np.concatenate([X for X, _ in chunks]), expected()[0].astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([y for _, y in chunks]), expected()[1])


def test_batches_larger_and_smaller_than_a_chunk(tmp_path: Path) -> None:
    n = 40_000  # more than is copied at once
    for groups in (1, 11):
        rows = open_rows(write(tmp_path / f"{groups}.arrow", columns(n), groups), "y")
        assert [len(X) for X, _ in rows.chunks(rows=17_000)] == [17_000, 17_000, 6_000]
        assert_table(rows, n)


@pytest.mark.parametrize("suffix", FORMATS)
def test_files_of_a_folder_by_name_and_of_a_list_as_named(tmp_path: Path, suffix: str) -> None:
    data = columns()
    cuts = [0, 10, 10, 400, N] if suffix != "csv" else [0, 10, 400, N]  # one of them without rows
    paths = [
        write(tmp_path / f"part-{i}.{suffix}", {k: np.asarray(v)[a:b] for k, v in data.items()})
        for i, (a, b) in enumerate(pairwise(cuts))
    ]
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".part-0.crc").touch()
    folder = open_rows(tmp_path, "y")
    assert folder.n_rows == N
    assert_table(folder)
    np.testing.assert_array_equal(open_rows(paths[::-1], "y").load()[0][-10:, 0], np.arange(10))
    for world in range(1, 6):
        assert sum(folder.shard(rank, world).n_rows for rank in range(world)) == N


CSV = {
    "plain": "a,y\n1,0\n2,1\n3,0\n",
    "no end": "a,y\n1,0\n2,1\n3,0",
    "crlf": "a,y\r\n1,0\r\n2,1\r\n3,0\r\n",
    "crlf, no end": "a,y\r\n1,0\r\n2,1\r\n3,0",
    "bom": "\ufeffa,y\n1,0\n2,1\n3,0\n",
    "blanks": " a , y\n 1 ,0\n2, 1\n3,0\n",
    "empty lines": "a,y\n\n1,0\n\r\n\n2,1\n3,0\n\n\n",
    "quotes": '"a","y"\n"1","0"\n2,"1"\n"3",0\n',
    "numbers": "a,y\n1.0,0e5\n+2,1\n.3e1,-0\n",
    "booleans": "a,y\n1,false\n2,true\n3,False\n",
    "an empty first line": "\na,y\n1,0\n2,1\n3,0\n",
    "old mac": "a,y\r1,0\r2,1\r3,0\r",
    "old mac, no end": "a,y\r1,0\r2,1\r3,0",
    "semicolons": "a;y\n1,0;0,0\n2;1\n3;0\n",
    "tabs": "a\ty\n1\t0\n2\t1\n3\t0\n",
    "excel's own word": "sep=;\na;y\n1;0\n2;1\n3;0\n",
    "a comma at the end": "a,y,\n1,0,\n2,1,\n3,0,\n",
    "a comma at the end of rows": "a,y\n1,0,\n2,1,\n3,0,\n",
    "row numbers without a name": ",a,y\n7,1,0\n1,2,1\n4,3,0\n",
    "row names without a head": "a,y\nr1,1,0\nr2,2,1\nr3,3,0\n",
    "a text beside": 'name,a,y\n"x, ""y""",1,0\nz,2,1\n,3,0\n',
}


@pytest.mark.parametrize("content", CSV.values(), ids=CSV)
def test_csv_as_programs_write_it(tmp_path: Path, content: str) -> None:
    rows = open_rows(text(tmp_path, content), "y", ["a"])
    for world in range(1, 6):
        shards = [rows.shard(rank, world) for rank in range(world)]
        loaded = [shard.load() for shard in shards]
        assert [shard.n_rows for shard in shards] == [len(X) for X, _ in loaded]
        np.testing.assert_array_equal(np.concatenate([X for X, _ in loaded]), [[1, 1], [2, 1], [3, 1]])
        np.testing.assert_array_equal(np.concatenate([y for _, y in loaded]), [[0], [1], [0]])


def test_csv_in_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "made.csv", columns())
    for block in (1, 2, 50, 1_000):
        monkeypatch.setattr(csv_module, "_BLOCK", block)
        rows = open_rows(path, "y")
        assert rows.n_rows == N
        assert_table(rows)


# ---- shards


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("groups", [1, 3, 50])
def test_shards_are_the_table(tmp_path: Path, suffix: str, groups: int) -> None:
    rows = open_rows(write(tmp_path / f"made.{suffix}", columns(), groups), "y")
    for world in range(1, 6):
        shards = [rows.shard(rank, world) for rank in range(world)]
        numbers = [shard.load()[0][:, 0] for shard in shards]
        np.testing.assert_array_equal(np.concatenate(numbers), np.arange(N))
        counts = [shard.n_rows for shard in shards]
        assert counts == list(map(len, numbers))
        assert max(counts) - min(counts) <= (20 if suffix == "csv" else 1)
        assert {(shard.signature, shard.digest) for shard in shards} == {(rows.signature, rows.digest)}
    halves = [rows.shard(1, 2).shard(rank, 2).load()[0] for rank in (0, 1)]
    np.testing.assert_array_equal(np.concatenate(halves), rows.shard(1, 2).load()[0])


@pytest.mark.parametrize("suffix", FORMATS)
def test_more_ranks_than_rows(tmp_path: Path, suffix: str) -> None:
    rows = open_rows(write(tmp_path / f"made.{suffix}", columns(3)), "y")
    shards = [rows.shard(rank, 50) for rank in range(50)]
    assert sum(shard.n_rows for shard in shards) == 3
    assert sum(len(list(shard.chunks())) for shard in shards) == 3
    assert {shard.load()[0].shape for shard in shards} == {(0, 4), (1, 4)}
    for rank, world in ((-1, 2), (2, 2), (0, 0)):
        assert "rank" in refusal(lambda rank=rank, world=world: rows.shard(rank, world))  # type: ignore[misc]


def test_a_rank_reads_only_its_own_groups_and_lines(tmp_path: Path) -> None:
    data = columns()
    data["size"] = np.asarray(data["size"]).copy()
    data["size"][-1] = np.nan  # type: ignore[index]
    for suffix in FORMATS:
        rows = open_rows(write(tmp_path / f"made.{suffix}", data, groups=10), "y")
        assert len(rows.shard(0, 2).load()[0])
        assert "size" in refusal(rows.shard(1, 2).load)


# ---- the thread that reads ahead


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sheetnet-rows"]


def test_the_thread_ends_when_the_consumer_does(tmp_path: Path) -> None:
    rows = open_rows(write(tmp_path / "made.parquet", columns()), "y")
    for _ in rows.chunks(rows=10):
        assert len(readers()) == 1
        break
    assert not readers()
    with pytest.raises(KeyboardInterrupt):
        interrupted(rows)
    assert not readers()
    chunks = rows.chunks(rows=10)
    assert not readers(), "it starts with the first chunk"
    next(chunks)
    chunks.close()
    assert not readers()
    assert len(list(rows.chunks(rows=10))) == N / 10
    assert not readers()


def interrupted(rows: Rows) -> None:
    for _ in rows.chunks(rows=10):
        raise KeyboardInterrupt


def test_two_chunks_are_read_ahead_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[int] = []
    copy = Rows._copy
    monkeypatch.setattr(Rows, "_copy", lambda *args: (copied.append(1), copy(*args))[1])
    chunks = open_rows(write(tmp_path / "made.arrow", columns()), "y").chunks(rows=10)
    copied.clear()
    for taken in (1, 2, 3):
        next(chunks)
        deadline = time.monotonic() + 5
        while len(copied) < taken + 3 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.02)  # time to read on, if nothing holds it back
        assert len(copied) == taken + 3, "one taken, two waiting, one filled"
    chunks.close()


def test_an_error_in_the_thread_comes_after_the_good_chunks(tmp_path: Path) -> None:
    path = write(tmp_path / "made.parquet", {"a": [0.0] * 50 + [np.inf], "y": [0, 1, 1] * 17})
    chunks = open_rows(path, "y").chunks(rows=10)
    assert [len(next(chunks)[0]) for _ in range(5)] == [10] * 5
    assert refusal(lambda: next(chunks)).startswith(f"{path}, row 51, column a: found inf, expected a finite number")
    assert not readers()


def test_chunks_that_cannot_be(tmp_path: Path) -> None:
    rows = open_rows(write(tmp_path / "made.parquet", columns()), "y")
    assert "1 row or more" in refusal(lambda: rows.chunks(rows=0))
    assert "float" in refusal(lambda: rows.chunks(np.int64))


# ---- memory

MEASURE = """
import re, sys
import numpy as np, pyarrow, pyarrow.csv, pyarrow.dataset, pyarrow.parquet
from sheetnet.tables.rows import open_rows
peak = lambda: int(re.search(r"VmHWM:\\s*([0-9]+)", open("/proc/self/status").read())[1]) // 2**10
base = peak()
rows = open_rows(sys.argv[1], "y")
total = sum(len(X) for X, y in rows.chunks(np.float32, 16_384))
assert total == rows.n_rows
mapped = sys.argv[1].endswith(".arrow")  # the file's own pages count in the peak, though they are not held
print(pyarrow.default_memory_pool().max_memory() // 2**20 if mapped else peak() - base)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process by itself")
@pytest.mark.parametrize(("suffix", "bound"), [("csv", 180), ("parquet", 150), ("arrow", 1)])
def test_memory_is_bounded_however_large_a_row_group_is(tmp_path: Path, suffix: str, bound: int) -> None:
    n = 1_000_000  # in one row group of 168 MB of numbers
    ramp = np.random.default_rng(0).integers(0, 10**6, n) * 1.5
    data: Columns = {f"x{i}": ramp + i for i in range(20)} | {"y": np.arange(n) % 2}
    if suffix == "csv":
        line = ",".join(f"{i}.25" for i in range(20))
        path = text(tmp_path, f"{','.join(data)}\n" + f"{line},0\n{line},1\n" * (n // 2))
    else:
        path = write(tmp_path / f"made.{suffix}", data)
    assert path.stat().st_size > 100e6
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < bound, f"{done.stdout} MiB"


# ---- what is refused


@pytest.mark.parametrize("suffix", FORMATS)
def test_columns_that_cannot_be_used(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"made.{suffix}", columns(3))
    there = "'no', 'size', 'open', 'y'"
    message = refusal(lambda: read(path, "Survived"))
    assert message.startswith(f"{path}: found no column 'Survived' among {there}, expected the target")
    assert "--target" in message
    message = refusal(lambda: read(path, features=["no", "Size"]))
    assert f"no column 'Size' among {there}" in message
    assert "--features" in message
    for features in (["no", "y"], ["no", "no"], []):
        message = refusal(lambda features=features: read(path, features=features))  # type: ignore[misc]
        assert message.startswith(f"{path}: the features are ")
        assert "each once and not the target y; mend --features" in message
    wide = write(tmp_path / f"wide.{suffix}", {f"c{i}": [1, 2] for i in range(25)})
    assert "'c19' and 5 more, expected" in refusal(lambda: read(wide))


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_column_named_as_the_constant(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"made.{suffix}", {"a": [1, 2], "Ones": [3, 4], "y": [0, 1]})
    assert "a column is named Ones, as the constant is" in refusal(lambda: read(path))
    assert "as the constant is" in refusal(lambda: read(path, "Ones"))
    assert open_rows(path, "y", constant=False).features == ("a", "Ones")
    assert open_rows(path, "y", ["a"]).features == ("a", "Ones")
    np.testing.assert_array_equal(open_rows(path, "y", ["a"]).load()[0], [[1, 1], [2, 1]])


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_columns_that_are_no_numbers(tmp_path: Path, suffix: str) -> None:
    day = pa.array([1, 2], pa.date32())
    others = {"string": ["u", "v"], "date": day, "decimal": pa.array([1, 2], pa.decimal128(5, 2)), "null": [None] * 2}
    for name, values in others.items():
        path = write(tmp_path / f"{name}.{suffix}", {"a": [1, 2], "b": values, "y": [0, 1]})
        message = refusal(lambda path=path: read(path))  # type: ignore[misc]
        assert message.startswith(f"{path}, column b: found the type {name}")
        assert "expected integers, floats or booleans" in message
        assert "--features" in message
        np.testing.assert_array_equal(open_rows(path, "y", ["a"]).load()[1], [[0], [1]])


def spoilt(value: object) -> Columns:
    a = [1.5] * N
    a[-2] = value  # type: ignore[call-overload]
    return {"no": np.arange(N), "a": a, "y": [0, 1] * (N // 2)}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(("value", "found"), [(None, "no value"), (np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_values_that_are_no_finite_numbers(tmp_path: Path, suffix: str, value: object, found: str) -> None:
    path = write(tmp_path / f"made.{suffix}", spoilt(value), groups=2)  # the third shard begins within the second
    rows = open_rows(path, "y")
    row = "line 1000" if suffix == "csv" else "row 999"
    place = f"{path}, {row}, column a: found {found}, expected a finite number"
    for call in (rows.load, rows.shard(2, 3).load, lambda: list(rows.chunks(rows=7))):
        message = refusal(call)
        assert message.startswith(place)
        assert "mend this value, remove its row, or leave the column out" in message
    assert len(rows.shard(0, 3).load()[0])
    assert open_rows(path, "y", ["no"]).load()[0].shape == (N, 2), "what is not in use does not matter"
    assert f"column a: found {found}" in refusal(lambda: read(path, "a", features=["no"]))


def test_empty_cells_of_every_type(tmp_path: Path) -> None:
    for kind, one in ((pa.int64(), 1), (pa.bool_(), True), (pa.float16(), np.float16(1))):
        data = {"a": [1, 2, 0], "b": pa.array([one, None, None], kind), "y": [0, 1, 1]}
        path = write(tmp_path / "made.parquet", data)
        assert f"{path}, row 2, column b: found no value" in refusal(lambda path=path: read(path))  # type: ignore[misc]


def test_a_number_beyond_the_dtype(tmp_path: Path) -> None:
    path = write(tmp_path / "made.parquet", spoilt(1e300))
    assert open_rows(path, "y").load()[0].max() == 1e300
    found = f"{path}, row 999, column a: found 1e+300, expected a finite number in float32"
    assert found in refusal(lambda: open_rows(path, "y").load(np.float32))


BAD_CSV = {  # what stands in the file, and what is said of it
    "": "mine.csv: the file is empty",
    "a,y\n": "mine.csv: the table has no rows, expected at least 1",
    "a,y": "mine.csv: the table has no rows",
    "a,y\n\n\r\n": "mine.csv: the table has no rows",
    "a,y\n1,0\nx,1\n": "line 3, column a: found 'x', expected a number; mend",
    "a,y\n\n1,0\n\nx,1\n": "line 5, column a: found 'x', expected a number",
    "a,y\r\n\r\n1,0\r\n1,male": "line 4, column y: found 'male', expected a number",
    "a,y\n1,0\nNA,1\n": "line 3, column a: found 'NA', expected a number",
    "a,y\n1,0\n ,1\n": "line 3, column a: found '', expected a number",
    "a,y\n1,0\n,1\n": "line 3, column a: found no value",
    "a,y\n1,0\n1_0,1\n": "line 3, column a: found '1_0', expected a number",
    "a,y\ntrue,0\n2,1\n": "line 2, column a: found 'true', expected a number",
    f"a,y\n1,0\n{'x' * 99},1\n": f"line 3, column a: found '{'x' * 39}…', expected a number",
    "a,y\n1,0\n1\n": "line 3: found 1 field, expected 2 as in the header; give each column one cell",
    "a,y\n1,0\n1,2,3\n": "line 3: found 3 fields, expected 2 as in the header",
    'a,b,y\n1,"x\n2,y",0\n': "line 2: found a double quote without its partner, expected cells without line breaks",
    "a,a,y\n1,2,0\n": "mine.csv: found column 'a' twice, expected each column once",
    "a;y\n1,5;0\n1.5;1\n": "line 2, column a: found '1,5', expected a number",
    "x" * 2**20: "mine.csv: it cannot be read (a line has more than 1,048,576 bytes)",
}


@pytest.mark.parametrize(("content", "message"), BAD_CSV.items(), ids=range(len(BAD_CSV)))
def test_csv_that_cannot_be_read(tmp_path: Path, content: str, message: str) -> None:
    path = text(tmp_path, content)
    found = refusal(lambda: read(path))
    assert found.startswith(str(path))
    assert message in found
    assert ", expected " in found
    assert "; " in found


def test_lines_are_numbered_from_the_top_of_the_file_in_every_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["a,y", *(f"{i},{i % 2}" for i in range(500))]
    lines[300] = "1e,0"
    path = text(tmp_path, "\n\n".join(lines))
    for block in (10, 100, 1_000):
        monkeypatch.setattr(csv_module, "_BLOCK", block)
        rows = open_rows(path, "y")
        for rank in (0, 1, 3):
            rows.shard(rank, 4).load()
        for shard in (rows, rows.shard(2, 4)):
            assert f"{path}, line 601, column a: found '1e', expected" in refusal(shard.load)


def test_a_line_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = text(tmp_path, f"a,y\n{'1' * 99}0,0\n")
    assert len(open_rows(path, "y").load()[0]) == 1
    monkeypatch.setattr(csv_module, "_BLOCK", 10)
    monkeypatch.setattr(csv_module, "_LINE", 50)
    assert f"{path}: it cannot be read (a line has more than 50 bytes)" in refusal(lambda: read(path))


def test_a_binary_file_named_csv(tmp_path: Path) -> None:
    for content in (b"PK\x03\x04\xff\xfe\x00", "a,y\n1,0\n".encode("utf-16"), b"\x00" * 100):
        path = text(tmp_path, content)
        assert refusal(lambda path=path: read(path)).startswith(str(path))  # type: ignore[misc]


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_files_that_are_broken(tmp_path: Path, suffix: str) -> None:
    whole = write(tmp_path / f"made.{suffix}", columns(), groups=3).read_bytes()
    for content in (b"x", b"PAR1", b"PAR1PAR1", b"ARROW1\0\0", whole[: len(whole) // 2], whole[:-1], whole[100:]):
        path = text(tmp_path, content, f"bad.{suffix}")
        message = refusal(lambda path=path: read(path))  # type: ignore[misc]
        assert message.startswith(f"{path}: it cannot be read (")
        assert "write it anew" in message
    empty = write(tmp_path / f"none.{suffix}", {"a": pa.array([], pa.int64()), "y": pa.array([], pa.int64())})
    assert refusal(lambda: read(empty)).startswith(f"{empty}: the table has no rows")
    none = text(tmp_path, "", f"empty.{suffix}")
    assert refusal(lambda: read(none)).startswith(f"{none}: the file is empty")


def test_an_arrow_file_that_claims_more_rows_than_it_holds(tmp_path: Path) -> None:
    path = write(tmp_path / "made.arrow", columns())
    content = path.read_bytes()
    assert content.count(N.to_bytes(8, "little")) == 5  # of the batch and of each column
    text(tmp_path, content.replace(N.to_bytes(8, "little"), (10**9).to_bytes(8, "little")), "made.arrow")
    assert refusal(lambda: read(path)).startswith(f"{path}: it cannot be read (")


def test_columns_of_one_name(tmp_path: Path) -> None:
    table = pa.table([[1], [2], [0]], names=["a", "a", "y"])
    with pa.ipc.new_file(tmp_path / "made.arrow", table.schema) as file:
        file.write_table(table)
    write_table(table, tmp_path / "made.parquet")
    for path in tmp_path.iterdir():
        assert refusal(lambda path=path: read(path)).startswith(f"{path}: found column 'a' twice")  # type: ignore[misc]


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    good = write(folder / "a.parquet", columns(3))
    other = write(tmp_path / "b.csv", columns(3))

    def refused(path: object, place: Path | str, found: str) -> None:
        message = refusal(lambda: open_rows(path, "y"))  # type: ignore[arg-type]
        assert message.startswith(f"{place}: {found}")
        assert ", expected " in message
        assert "; " in message

    refused(tmp_path / "no.csv", tmp_path / "no.csv", "there is no such file")
    refused([good, tmp_path], tmp_path, "this is no regular file")
    refused([good, other], other, f"its format is not that of {good}")
    refused([], "", "found no file")
    refused(text(tmp_path, "1", "a.csv.gz"), tmp_path / "a.csv.gz", "its name ends in '.gz'")
    refused("a\0b.csv", "a\0b.csv", "there is no such file")
    refused(tmp_path, tmp_path / "a.csv.gz", "its name ends in '.gz'")
    (empty := tmp_path / "empty").mkdir()
    refused(empty, empty, "found no file")
    (empty / "deeper").mkdir()
    refused(empty, empty / "deeper", "this is no regular file")
    (folder / "link.parquet").symlink_to(write(tmp_path / "b.parquet", columns(3)))
    refused(folder, folder / "link.parquet", "found a link in a folder")
    assert open_rows(folder / "link.parquet", "y").n_rows == 3, "a link that was named is followed"


@pytest.mark.parametrize("suffix", FORMATS)
def test_files_of_one_folder_with_other_columns(tmp_path: Path, suffix: str) -> None:
    first = write(tmp_path / f"1.{suffix}", {"a": [1, 2], "y": [0, 1]})
    second = tmp_path / f"2.{suffix}"
    for data in ({"b": [1], "y": [0]}, {"y": [0], "a": [1]}, {"a": [1], "b": [1], "y": [0]}):
        write(second, data)
        message = refusal(lambda: read(tmp_path))
        assert message.startswith(f"{second}: found the columns ")
        assert f"expected 'a', 'y' as in {first}; write all files with one schema" in message
    write(second, {"a": [True], "y": [0]})
    message = refusal(lambda: read(tmp_path))
    assert message.startswith(f"{second}, column a: found the type bool, expected ")
    assert open_rows([second], "y").n_rows == 1


def test_a_file_that_changes_between_passes(tmp_path: Path) -> None:
    for suffix in FORMATS:
        path = write(tmp_path / f"made.{suffix}", columns())
        rows = open_rows(path, "y")
        assert rows.n_rows == N
        write(path, columns(10))
        assert refusal(rows.load).startswith(f"{path}: ")
        if suffix != "csv":  # whose rows nobody has counted before
            assert "it cannot be read (row 11 is missing)" in refusal(lambda rows=rows: list(rows.chunks()))  # type: ignore[misc]


def test_rows_that_memory_cannot_hold(tmp_path: Path) -> None:
    rows = open_rows(write(tmp_path / "made.parquet", columns()), "y")
    rows.__dict__["n_rows"] = 2**58
    message = refusal(rows.load)
    assert f"{2**58:,} rows need" in message
    assert "read them in chunks" in message


# ---- what identifies the data


def test_signature_and_digest(tmp_path: Path) -> None:
    def identity(name: str, data: Columns, **options: object) -> tuple[str, str]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        rows = open_rows(write(tmp_path / name, data), "y", **options)  # type: ignore[arg-type]
        return rows.signature, rows.digest

    one = identity("here/a.parquet", columns())
    assert identity("there/a.parquet", columns()) == one
    assert "\n" not in one[0]
    assert len(one[1]) == 16
    edited = columns() | {"size": np.asarray(columns()["size"])[::-1]}
    others = [
        identity("here/b.parquet", columns()),
        identity("here/a.parquet", edited),
        identity("here/a.parquet", columns(N - 1)),
        identity("here/a.parquet", columns(), features=["no"]),
        identity("here/a.parquet", columns(), constant=False),
    ]
    assert [signature == one[0] for signature, _ in others] == [True, True, True, False, False]
    assert len({digest for _, digest in (one, *others)}) == 6
    lines = {open_rows(text(tmp_path, "a,y\n" + "1,0\n" * n), "y").digest for n in (20_000, 20_001)}
    assert len(lines) == 2, "the last 64 KiB are the same"


def test_importing_rows_does_not_import_pyarrow() -> None:
    code = "import sys, sheetnet.tables.rows; print('pyarrow' in sys.modules)"
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env).stdout == "False\n"


def test_a_short_table_of_many_columns_takes_the_room_of_its_rows(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(3000)]
    lines = [",".join([*names, "y"]), *(",".join(["0.5"] * 3000 + [str(y)]) for y in (0, 1))]
    (tmp_path / "wide.csv").write_text("\n".join(lines))
    rows = open_rows(tmp_path / "wide.csv", "y")
    [(X, _)] = rows.chunks()
    assert X.shape == (2, 3001)
    assert (X if X.base is None else X.base).nbytes < 2**20  # of 65,536 rows it would be 1.5 GB


def test_a_chunk_of_many_columns_has_fewer_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetnet.tables.rows._WIDE", 40)
    (tmp_path / "wide.csv").write_text("a,b,c,y\n" + "1,2,3,0\n" * 23)
    sizes = [len(X) for X, _ in open_rows(tmp_path / "wide.csv", "y").chunks()]
    assert sizes == [10, 10, 3]
