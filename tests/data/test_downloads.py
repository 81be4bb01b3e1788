"""MNIST from a server on this machine that misbehaves in every way we know: a clear error, and never a broken cache."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from genlib import data
from genlib.data import mnist

FILES = list(mnist.SOURCES["mnist"].files)
IMAGES = FILES[0]


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.astype("u1").tobytes()


def stand_in() -> dict[str, np.ndarray]:
    """Returns four small arrays in the place of MNIST's: more than 10,000 images to train on, of 3 by 5 pixels."""
    random = np.random.default_rng(0)
    sizes = [(10_007, 3, 5), (10_007,), (11, 3, 5), (11,)]
    return {
        file: random.integers(0, 256 if len(size) == 3 else 10, size) for file, size in zip(FILES, sizes, strict=True)
    }


ARRAYS = stand_in()
PACKED = {file: gzip.compress(idx(array), mtime=0) for file, array in ARRAYS.items()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def source(*mirrors: str) -> mnist.Source:
    return mnist.Source(mirrors, {f: (sha256(PACKED[f]), sha256(idx(ARRAYS[f]))) for f in FILES})


class Server(ThreadingHTTPServer):
    """Serves the stand-in files, as the handler named by the first folder of the address says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[str] = []
        self.mended = False
        self.both = threading.Barrier(2)
        self.started, self.leave = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def mirror(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing about clients that were killed."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        _, behaviour, file = self.path.split("/")
        getattr(self, "good" if self.server.mended else behaviour)(PACKED[file])

    def log_message(self, *values: object) -> None:
        pass

    def head(self, length: int | None, status: int = 200) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def good(self, content: bytes) -> None:
        self.head(len(content))
        self.wfile.write(content)

    def unannounced(self, content: bytes) -> None:
        self.head(None)
        self.wfile.write(content)

    def wrong(self, content: bytes) -> None:
        self.good(content[:-1] + bytes([content[-1] ^ 1]))

    def page(self, content: bytes) -> None:
        self.good(b"<html>Please log in to this network</html>")

    def cut(self, content: bytes) -> None:
        self.head(len(content))
        self.wfile.write(content[: len(content) // 2])

    def cut_unannounced(self, content: bytes) -> None:
        self.head(None)
        self.wfile.write(content[: len(content) // 2])

    def missing(self, content: bytes) -> None:
        self.head(0, 404)

    def failing(self, content: bytes) -> None:
        self.head(0, 503)

    def together(self, content: bytes) -> None:
        """Sends half, waits until a second client has got as far, then sends the rest."""
        self.head(len(content))
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.server.both.wait(60)
        self.wfile.write(content[len(content) // 2 :])

    def stuck(self, content: bytes) -> None:
        """Sends half, then nothing."""
        self.head(len(content))
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.server.started.set()
        self.server.leave.wait(60)


BROKEN = ["wrong", "page", "cut", "cut_unannounced", "missing", "failing"]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        yield started
        started.leave.set()
        started.shutdown()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the folder that stands in for the cache of this machine; it does not exist yet."""
    folder = tmp_path / "cache" / "genlib"
    monkeypatch.setattr("pooch.os_cache", lambda name: folder.with_name(name))
    monkeypatch.delenv("GENLIB_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


@pytest.fixture
def serve(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Server]:
    def serve(*behaviours: str) -> Server:
        monkeypatch.setitem(mnist.SOURCES, "mnist", source(*map(server.mirror, behaviours)))
        return server

    return serve


def assert_loads() -> None:
    """Asserts that all arrays arrive where they belong."""
    (x, y), (x_val, y_val), (x_test, y_test) = data.load("mnist")
    assert [tuple(a.shape) for a in (x, x_val, x_test)] == [(7, 1, 3, 5), (10_000, 1, 3, 5), (11, 1, 3, 5)]
    assert {a.dtype for a in (x, x_val, x_test)} == {torch.float32}
    assert {a.dtype for a in (y, y_val, y_test)} == {torch.int64}
    found = [torch.cat([x, x_val]).squeeze(1), torch.cat([y, y_val]), x_test.squeeze(1), y_test]
    for array, expected in zip(found, ARRAYS.values(), strict=True):
        scale = 255 if array.is_floating_point() else 1
        assert np.array_equal((array.double() * scale).round().numpy(), expected)
        assert array.double().mul(scale).sub(torch.from_numpy(expected)).abs().max() < 1e-4


def stored(cache: Path) -> dict[str, bytes]:
    return {str(path.relative_to(cache)): path.read_bytes() for path in cache.rglob("*") if path.is_file()}


def assert_cache_is_sound(cache: Path, files: list[str]) -> None:
    """Asserts that the cache holds these files, whole, and nothing else."""
    assert stored(cache) == {f"mnist/{file}": PACKED[file] for file in files}


# What works


def test_files_are_fetched_once_and_quietly(
    serve: Callable[..., Server], cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = serve("good")
    assert_loads()
    assert server.requests == [f"/good/{file}" for file in FILES]
    assert_cache_is_sound(cache, FILES)
    server.shutdown()
    assert_loads()
    assert len(server.requests) == 4
    out, err = capfd.readouterr()
    assert out + err == ""


def test_a_length_need_not_be_announced(serve: Callable[..., Server], cache: Path) -> None:
    serve("unannounced")
    assert_loads()
    assert_cache_is_sound(cache, FILES)


@pytest.mark.parametrize("behaviour", BROKEN)
def test_second_mirror_steps_in(serve: Callable[..., Server], cache: Path, behaviour: str) -> None:
    serve(behaviour, "good")
    assert_loads()
    assert_cache_is_sound(cache, FILES)


def test_a_server_that_is_gone_is_passed_over(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Server()
    gone.shutdown()
    gone.server_close()
    monkeypatch.setitem(mnist.SOURCES, "mnist", source(gone.mirror("good"), server.mirror("good")))
    assert_loads()
    monkeypatch.setitem(mnist.SOURCES, "mnist", source(gone.mirror("good")))
    assert_loads()
    shutil.rmtree(cache)
    with pytest.raises(ConnectionError, match="no mirror delivered"):
        data.load("mnist")


# What fails


def law_broken_files_stay_out(server: Server, cache: Path) -> None:
    """A file that does not arrive whole gives an error with advice, leaves no trace, and the next try works."""
    with pytest.raises(ConnectionError) as caught:
        data.load("mnist")
    message = str(caught.value)
    for part in (f"no mirror delivered mnist/{IMAGES}", "GENLIB_DATA", "'digits'", server.mirror("")[:-1]):
        assert part in message
    assert_cache_is_sound(cache, [])
    server.mended = True
    assert_loads()
    assert_cache_is_sound(cache, FILES)


@pytest.mark.parametrize("behaviour", BROKEN)
def test_broken_files_stay_out(serve: Callable[..., Server], cache: Path, behaviour: str) -> None:
    law_broken_files_stay_out(serve(behaviour, behaviour), cache)


def test_files_that_arrived_before_the_failure_are_kept(serve: Callable[..., Server], cache: Path) -> None:
    good = source(serve("good").mirror("good"))
    broken = good.files | {FILES[2]: ("0" * 64,)}
    mnist.SOURCES["mnist"] = good._replace(files=broken)
    with pytest.raises(ConnectionError, match="does not match the known hash"):
        data.load("mnist")
    assert_cache_is_sound(cache, FILES[:2])


def test_file_broken_in_the_cache_is_replaced_or_refused(serve: Callable[..., Server], cache: Path) -> None:
    server = serve("failing")
    folder = cache / "mnist"
    folder.mkdir(parents=True)
    (folder / IMAGES).write_bytes(PACKED[IMAGES][:1000])
    with pytest.raises(ConnectionError, match=f"no mirror delivered mnist/{IMAGES}"):
        data.load("mnist")
    server.mended = True
    assert_loads()
    assert_cache_is_sound(cache, FILES)


@pytest.mark.parametrize("depth", ["cache", "cache/genlib", "cache/genlib/mnist"])
def test_cache_that_cannot_be_written(serve: Callable[..., Server], tmp_path: Path, depth: str) -> None:
    serve("good")
    obstacle = tmp_path / depth
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("a file where a folder should be")
    with pytest.raises(OSError, match=rf"cannot write {IMAGES} to the cache .*GENLIB_DATA.*'digits'") as caught:
        data.load("mnist")
    assert not isinstance(caught.value, ConnectionError)
    obstacle.unlink()
    assert_loads()


def test_disk_that_fills_up(serve: Callable[..., Server], cache: Path) -> None:
    resource = pytest.importorskip("resource")
    serve("good")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
        with pytest.raises(OSError, match=rf"cannot write {IMAGES} to the cache"):
            data.load("mnist")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert_cache_is_sound(cache, [])
    assert_loads()


# Several processes

CHILD = """
import sys
from pathlib import Path
import pooch
sys.path.insert(0, {tests!r})
import test_downloads as t
pooch.os_cache = lambda name: Path(sys.argv[1]).with_name(name)
t.mnist.SOURCES["mnist"] = t.source(sys.argv[2])
t.assert_loads()
print("loaded")
"""


def child(cache: Path, mirror: str) -> subprocess.Popen[str]:
    code = CHILD.format(tests=str(Path(__file__).parent))
    return subprocess.Popen([sys.executable, "-c", code, str(cache), mirror], stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_two_processes_at_once(serve: Callable[..., Server], cache: Path) -> None:
    server = serve("together")
    processes = [child(cache, server.mirror("together")) for _ in range(2)]
    for process in processes:
        assert process.communicate(timeout=120)[0] == "loaded\n"
    assert sorted(server.requests) == sorted(2 * [f"/together/{file}" for file in FILES])
    assert_cache_is_sound(cache, FILES)


@pytest.mark.slow
def test_a_process_killed_halfway(serve: Callable[..., Server], cache: Path) -> None:
    server = serve("stuck")
    process = child(cache, server.mirror("stuck"))
    assert server.started.wait(60)
    time.sleep(0.1)
    process.kill()
    process.communicate()
    assert f"mnist/{IMAGES}" not in stored(cache)
    server.mended = True
    assert_loads()
    found = stored(cache)
    assert {file: found[f"mnist/{file}"] for file in FILES} == PACKED


# A folder of one's own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Server]) -> Path:
    """Returns a folder `mnist` inside `GENLIB_DATA` with the files in it, compressed in another way than published."""
    serve("good")
    folder = tmp_path / "own" / "mnist"
    folder.mkdir(parents=True)
    for file, array in ARRAYS.items():
        (folder / file).write_bytes(gzip.compress(idx(array), compresslevel=1))
    monkeypatch.setenv("GENLIB_DATA", str(folder.parent))
    return folder


def test_own_folder_is_read_in_place(folder: Path, server: Server, cache: Path) -> None:
    before = stored(folder)
    assert before[IMAGES] != PACKED[IMAGES]
    assert_loads()
    assert server.requests == []
    assert stored(folder) == before
    assert not cache.exists()


def test_own_folder_may_hold_the_published_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = {file: sums[:1] for file, sums in source().files.items()}
    monkeypatch.setitem(mnist.SOURCES, "mnist", mnist.Source((), published))
    with pytest.raises(ValueError, match=f"expected {published[IMAGES][0]}"):
        data.load("mnist")
    for file in FILES:
        (folder / file).write_bytes(PACKED[file])
    assert_loads()


def law_own_files_are_checked(folder: Path) -> None:
    other = idx(np.zeros((10_007, 3, 5)))
    for content in (gzip.compress(other), PACKED[IMAGES][:1000], b"", b"<html></html>", idx(ARRAYS[IMAGES])):
        (folder / IMAGES).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{IMAGES} .*; replace it by the published file"):
            data.load("mnist")


def test_own_files_are_checked(folder: Path) -> None:
    law_own_files_are_checked(folder)


def test_own_folder_that_lacks_a_file(folder: Path) -> None:
    (folder / FILES[3]).unlink()
    with pytest.raises(FileNotFoundError, match=rf"there is no .*{FILES[3]}; put .*unset GENLIB_DATA.*'digits'"):
        data.load("mnist")


@pytest.mark.parametrize(
    "content", [b"\0\0\x09\x01\0\0\0\x01\0", b"\0\0\x08\x01\0\0\0\x02\0", b"\0\0\x08\x01\0\0\0\x01\0\0"]
)
def test_what_is_not_idx_is_refused(content: bytes) -> None:
    assert mnist._parse(b"\0\0\x08\x01\0\0\0\x02\x03\x04").tolist() == [3, 4]
    with pytest.raises(ValueError, match="expected an IDX file of bytes"):
        mnist._parse(content)


# The real thing


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_files(name: str) -> None:
    own = os.environ.get("GENLIB_DATA")
    if not own or not (Path(own) / name).is_dir():
        pytest.skip(f"GENLIB_DATA names no folder that holds {name}/")
    counts = []
    for (x, y), n in zip(data.load(name), [50_000, 10_000, 10_000], strict=True):
        assert x.shape == (n, 1, 28, 28)
        assert x.dtype == torch.float32
        assert x.aminmax() == (0, 1)
        counts.append(y.bincount(minlength=10).tolist())
    if name == "mnist":
        assert counts == [
            [4932, 5678, 4968, 5101, 4859, 4506, 4951, 5175, 4842, 4988],
            [991, 1064, 990, 1030, 983, 915, 967, 1090, 1009, 961],
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
        ]
    else:
        assert counts[2] == 10 * [1000]
        assert [a + b for a, b in zip(*counts[:2], strict=True)] == 10 * [6000]


# Mutants: what a careless loader does is noticed


def unchecked(url: str, known: str, file: str, folder: Path, downloader: Callable[..., None]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    downloader(url, str(folder / file), None)
    return str(folder / file)


def checked_in_place(url: str, known: str, file: str, folder: Path, downloader: Callable[..., None]) -> str:
    path = folder / file
    if not path.exists():
        unchecked(url, known, file, folder, downloader)
        if f"sha256:{sha256(path.read_bytes())}" != known:
            raise ValueError("the hash is wrong")
    return str(path)


@pytest.mark.parametrize("mutant", [unchecked, checked_in_place])
@pytest.mark.parametrize("behaviour", ["wrong", "cut"])
def test_careless_downloads_are_noticed(
    serve: Callable[..., Server],
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: str,
    mutant: Callable[..., str],
) -> None:
    monkeypatch.setattr("pooch.retrieve", mutant)
    with pytest.raises((AssertionError, ValueError)):
        law_broken_files_stay_out(serve(behaviour), cache)


def test_unchecked_own_files_are_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "_contents", lambda path, sums: gzip.decompress(path.read_bytes()))
    with pytest.raises((AssertionError, OSError, EOFError, pytest.fail.Exception)):
        law_own_files_are_checked(folder)
