"""Has each figure of the book drawn twice, for a light page and for a dark one.

The kernels that run the chapters load this file as an extension of IPython (`build.prepare` says so). The dark version
travels inside the light one, as a private chunk of its PNG file, and so passes through every cache; when the pages are
written, `book_build.assets` takes it out again. Colours that mean something stay; the greys of text, axes and ground
are turned around.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

CHUNK = b"daRk"  # ancillary, private, safe to copy: programs that do not know it pass over it
INK, GROUND = 0.85, 18 / 255  # grey levels of what was black, and of what was white: the page's own
COLOURS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")
Turn = tuple[Callable[[Any], None], Any, Any]


def turned(colour: Any) -> Any:
    """Returns a grey as its counterpart on a dark ground, and any other colour as it is.

    Example:
        >>> turned("black"), turned("#0072B2"), turned("none")
        ((0.85, 0.85, 0.85, 1.0), '#0072B2', 'none')
    """
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(colour)
    if alpha == 0 or max(red, green, blue) - min(red, green, blue) > 0.02:
        return colour
    level = INK + (GROUND - INK) * green
    return (level, level, level, alpha)


def turns(artist: Any) -> Iterator[Turn]:
    """Yields for each grey of an artist what sets it, what it is, and what it becomes."""
    from matplotlib.text import Text

    if getattr(artist, "get_array", lambda: None)() is not None:
        return  # its colours come from numbers
    for name in COLOURS:
        get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
        if get is None or put is None:
            continue
        with contextlib.suppress(TypeError, ValueError):  # "auto", or a gradient
            now = get()
            then = [turned(each) for each in now] if getattr(now, "ndim", 1) == 2 else turned(now)
            if not (isinstance(artist, Text) and then[0] < 0.5):  # white words stand on something dark already
                yield put, now, then


@contextlib.contextmanager
def on_dark(figure: Any) -> Iterator[None]:
    """Turns a figure's greys around and takes its ground away, for as long as the context lasts."""
    grounds = [figure, *figure.axes]
    patches = [(ground.patch, ground.patch.get_facecolor()) for ground in grounds]
    inside = {words for axes in figure.axes if axes.images for words in axes.texts}  # on a picture, which stays
    done = [turn for artist in figure.findobj() if artist not in {*grounds, *inside} for turn in turns(artist)]
    try:
        for put, _, then in done:
            put(then)
        for patch, colour in patches:
            if min(colour[:3]) > 0.98:
                patch.set_facecolor("none")
        yield
    finally:
        for put, now, _ in done:
            put(now)


def joined(light: bytes, dark: bytes) -> bytes:
    """Returns a PNG file that carries another one in a chunk before its end."""
    chunk = struct.pack(">I", len(dark)) + CHUNK + dark + struct.pack(">I", zlib.crc32(CHUNK + dark))
    end = light.rindex(b"IEND") - 4
    return light[:end] + chunk + light[end:]


def parted(file: bytes) -> tuple[bytes, bytes | None]:
    r"""Returns the two PNG files that `joined` put together, the second `None` where there is only one.

    Example:
        >>> start, end = b"\x89PNG\r\n\x1a\n", bytes(4) + b"IEND" + bytes(4)
        >>> parted(joined(start + end, b"dark")) == (start + end, b"dark")
        True
    """
    at = 8
    while at < len(file):
        (length,), kind = struct.unpack(">I", file[at : at + 4]), file[at + 4 : at + 8]
        if kind == CHUNK:
            return file[:at] + file[at + 12 + length :], file[at + 8 : at + 8 + length]
        at += 12 + length
    return file, None


def load_ipython_extension(shell: Any) -> None:
    """Has IPython print each figure as both of its versions, in one file."""
    from IPython.core import pylabtools

    once = pylabtools.print_figure

    def twice(figure: Any, fmt: str = "png", bbox_inches: Any = "tight", base64: bool = False, **options: Any) -> Any:
        light = once(figure, fmt, bbox_inches, base64 and fmt != "png", **options)
        if light is None or fmt != "png":
            return light
        with on_dark(figure):
            both = joined(light, once(figure, fmt, bbox_inches, **options))
        return b64encode(both).decode("ascii") if base64 else both

    pylabtools.print_figure = twice
