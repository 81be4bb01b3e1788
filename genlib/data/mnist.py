r"""MNIST and Fashion-MNIST: found in a folder or fetched once, and checked byte for byte either way.

A file is believed only if its SHA-256 is the known one. A download goes to a temporary file in the cache folder and
gets its name after the check, in one step, so that neither a broken connection nor a second process can leave or meet
half a file.
"""

from __future__ import annotations

__all__ = ["load_mnist"]

import gzip
import hashlib
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from logging import Logger
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genlib._progress import track

CHUNK = 2**16


class Source(NamedTuple):
    """Where a data set is published, and the SHA-256 sums by which its files are known.

    Attributes:
        mirrors: Addresses of folders, tried in turn.
        files: Sums of each file: that of the published .gz first, then, where known, that of its contents.
    """

    mirrors: tuple[str, ...]
    files: dict[str, tuple[str, ...]]


SOURCES = {
    "mnist": Source(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            "train-labels-idx1-ubyte.gz": (
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            "t10k-images-idx3-ubyte.gz": (
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        },
    ),
    "fashion-mnist": Source(
        (
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        {
            "train-images-idx3-ubyte.gz": ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",),
            "train-labels-idx1-ubyte.gz": ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",),
            "t10k-images-idx3-ubyte.gz": ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",),
            "t10k-labels-idx1-ubyte.gz": ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",),
        },
    ),
}


def load_mnist(name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Returns the images and labels as they are published: first those for training, then those for testing.

    Args:
        name: A key of `SOURCES`.

    Returns:
        Images `(N, 1, 28, 28)`, float32 in [0, 1], and labels `(N,)`, int64, of each of the two sets.

    Raises:
        ConnectionError: If no mirror delivers a file.
        FileNotFoundError: If `GENLIB_DATA` is set and its folder lacks a file.
        OSError: If the cache folder cannot be written.
        ValueError: If a file in `GENLIB_DATA` is not the published one.
    """
    arrays = [_parse(_contents(_locate(name, file), sums)) for file, sums in SOURCES[name].files.items()]
    x, y, x_test, y_test = arrays
    return _images(x), y.long(), _images(x_test), y_test.long()


def _images(x: Tensor) -> Tensor:
    return (x.to(torch.float32) / 255).unsqueeze(1)


def _parse(content: bytes) -> Tensor:
    """Reads the IDX format: two zeros, the type (8: bytes), the number of sizes, the sizes, the values."""
    ndim = content[3]
    sizes = np.frombuffer(content, ">u4", ndim, 4).tolist()
    if content[:3] != b"\0\0\x08" or len(content) != 4 + 4 * ndim + math.prod(sizes):
        raise ValueError(f"{len(content)} bytes starting with {content[:4]!r}, expected an IDX file of bytes")
    return torch.tensor(np.frombuffer(content, np.uint8, offset=4 + 4 * ndim)).view(sizes)


def _contents(path: Path, sums: tuple[str, ...]) -> bytes:
    """Unpacks a file and checks that it is the published one, in whatever way it was compressed."""
    packed = path.read_bytes()
    try:
        content = gzip.decompress(packed)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path} is broken: {error}; replace it by the published file") from error
    found = [hashlib.sha256(data).hexdigest() for data in (packed, content)]
    if not set(found) & set(sums):
        raise ValueError(f"{path} has the SHA-256 {found[0]}, expected {sums[0]}; replace it by the published file")
    return content


def _locate(name: str, file: str) -> Path:
    folder = os.environ.get("GENLIB_DATA")
    if not folder:
        return _download(name, file)
    path = Path(folder).expanduser() / name / file
    if not path.is_file():
        raise FileNotFoundError(
            f"GENLIB_DATA is {folder}, and there is no {path}; put the files of {SOURCES[name].mirrors[0]} "
            f"there, or unset GENLIB_DATA to download them, or use the data set 'digits', which needs no file"
        )
    return path


def _download(name: str, file: str) -> Path:
    """Returns the file in the cache, fetching it from the first mirror that delivers it whole."""
    import pooch
    from requests import RequestException

    source, folder, failures = SOURCES[name], pooch.os_cache("genlib") / name, []
    advice = (
        f"or set GENLIB_DATA to a folder that holds {name}/ with the files {', '.join(source.files)}, "
        f"or use the data set 'digits', which needs no network"
    )
    for mirror in source.mirrors:
        known = f"sha256:{source.files[file][0]}"
        try:
            with _quiet(pooch.get_logger()):
                return Path(pooch.retrieve(mirror + file, known, file, folder, downloader=_stream))
        except (RequestException, ValueError) as error:
            failures.append(f"\n  {mirror}: {error}")
        except OSError as error:
            raise OSError(f"cannot write {file} to the cache {folder}: {error}; make room there, {advice}") from error
    raise ConnectionError(f"no mirror delivered {name}/{file}; try again later, {advice}{''.join(failures)}")


def _stream(url: str, output: str, pooch: object) -> None:
    """Writes what is at `url` to the file `output`, showing how far it is."""
    import requests

    with requests.get(url, stream=True, timeout=30, headers={"Accept-Encoding": "identity"}) as response:
        response.raise_for_status()
        chunks = math.ceil(int(response.headers.get("Content-Length", 0)) / CHUNK)
        with open(output, "wb") as target:
            for chunk in track(response.iter_content(CHUNK), chunks, shown=chunks > 0):
                target.write(chunk)


@contextmanager
def _quiet(logger: Logger) -> Iterator[None]:
    """Keeps messages about a download, which differ from machine to machine, out of a published page."""
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)
