"""Has each figure of the book drawn twice, for a light page and for a dark one.

The kernels that run the chapters load this file as an extension of IPython (`build.prepare` says so). The dark version
travels inside the light one, as a private chunk of its PNG file, and so passes through every cache; when the pages are
written, `book_build.assets` takes it out again. Colours that mean something stay; the greys of text, axes and ground
are turned around. A grey picture stays ink on paper, with what is drawn upon it, and a picture whose colours name
classes stays as it is; a shade that stands for a number, of a density or of a weight with a sign, has the page for its
zero.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Any

CHUNK = b"daRk"  # ancillary, private, safe to copy: programs that do not know it pass over it
WORDS = b"woRd"  # likewise: there are words or numbers in it, to be read
INK, GROUND = 0.85, 18 / 255  # grey levels of what was black, and of what was white: the page's own
CONTRAST = 4.5  # of words on the ground
CLASSES = 20  # a map of so few colours names classes
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


def inked(colour: Any) -> Any:
    """Returns a colour of a map as it is on a dark ground: what was white is the ground, and full ink is as it was.

    Example:
        >>> [round(level, 2) for level in inked((0.5, 0.5, 1.0, 1.0))]
        [0.04, 0.04, 0.54, 1.0]
    """
    red, green, blue, alpha = (float(level) for level in turned(colour))
    if max(red, green, blue) - min(red, green, blue) <= 0.02:
        return (red, green, blue, alpha)
    paper = min(red, green, blue)
    return (*(level - paper + paper * GROUND for level in (red, green, blue)), alpha)


def legible(colour: Any) -> Any:
    """Returns the colour of words, lightened until it stands out from a dark ground as the guidelines ask.

    Example:
        >>> legible("#56B4E9"), [round(level, 2) for level in legible("#0072B2")]
        ('#56B4E9', [0.15, 0.53, 0.74, 1.0])
    """
    from matplotlib.colors import to_rgba

    *levels, alpha = to_rgba(colour)
    for white in range(0, 100, 5):
        lighter = [level + (1 - level) * white / 100 for level in levels]
        if (light(lighter) + 0.05) / (light([GROUND] * 3) + 0.05) >= CONTRAST:
            return (*lighter, alpha) if white else colour
    return colour


def light(levels: Sequence[float]) -> float:
    """Returns the relative luminance of red, green and blue."""
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def numbered(axes: Any) -> bool:
    """Says whether numbers or names stand along an axis."""
    return bool(axes.axison) and any(each.get_text() for each in [*axes.get_xticklabels(), *axes.get_yticklabels()])


def worded(figure: Any) -> bool:
    """Says whether there are words or numbers in a figure, along its axes or elsewhere."""
    from matplotlib.text import Text

    off = [axis for axes in figure.axes if not axes.axison for axis in (axes.xaxis, axes.yaxis)]
    undrawn = {part for axis in off for part in axis.findobj(Text)}
    words = [each for each in figure.findobj(Text) if each.get_visible() and each not in undrawn]
    return any(map(numbered, figure.axes)) or any(each.get_text() for each in words)


def maps(axes: Any) -> Iterator[Any]:
    """Yields what stands in the axes for numbers by the colours of a map.

    Grey pictures are paper, and what has few colours names classes.
    """
    from matplotlib.collections import QuadMesh
    from matplotlib.contour import ContourSet

    for image in axes.images:
        if image.get_array().ndim == 2 and image.cmap.N > CLASSES:
            colours = image.cmap(range(image.cmap.N))[:, :3]
            if numbered(axes) or image.origin == "lower" or (colours.max(1) - colours.min(1)).max() > 0.02:
                yield image
    for artist in axes.collections:
        if isinstance(artist, QuadMesh) or (isinstance(artist, ContourSet) and artist.colors is None):
            yield artist


def map_turns(mapped: Any) -> Iterator[Turn]:
    """Yields what sets the map of an artist, the map, and its dark version."""
    from matplotlib.colors import ListedColormap

    now = mapped.cmap
    night = ListedColormap([inked(colour) for colour in now(range(now.N))])
    ends = {name: inked(getattr(now, f"get_{name}")()) for name in ("under", "over", "bad")}
    yield mapped.set_cmap, now, night.with_extremes(**ends)


def upon_pictures(axes: Any) -> set[Any]:
    """Returns all that is drawn upon the pictures of axes that stay light; what stands beside them is not meant."""
    if not set(axes.images) - set(maps(axes)):
        return set()
    frame = axes.get_window_extent()
    drawn = [*axes.lines, *axes.collections, *axes.patches, *axes.texts]
    boxes = [(artist, artist.get_window_extent()) for artist in drawn]
    inside = [artist for artist, box in boxes if frame.contains((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)]
    return {part for artist in inside for part in artist.findobj()}


def turns(artist: Any) -> Iterator[Turn]:
    """Yields for each grey of an artist what sets it, what it is, and what it becomes."""
    from matplotlib.text import Text

    if isinstance(artist, Text):
        now = artist.get_color()
        then = turned(now)
        if then is now:
            yield artist.set_color, now, legible(now)
        elif then[0] >= 0.5:  # white words stand on something dark already
            yield artist.set_color, now, then
        if then is now or then[0] >= 0.5:
            yield from turns(artist.get_bbox_patch())
        return
    if getattr(artist, "get_array", lambda: None)() is not None:
        return  # its colours come from numbers
    for name in COLOURS:
        get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
        if get is None or put is None:
            continue
        with contextlib.suppress(TypeError, ValueError):  # "auto", or a gradient
            now = get()
            yield put, now, [turned(each) for each in now] if getattr(now, "ndim", 1) == 2 else turned(now)


@contextlib.contextmanager
def on_dark(figure: Any) -> Iterator[None]:
    """Turns a figure's greys around and takes its ground away, for as long as the context lasts."""
    grounds = [figure, *figure.axes]
    patches = [(ground.patch, ground.patch.get_facecolor()) for ground in grounds]
    light = {*grounds}.union(*map(upon_pictures, figure.axes))
    done = [turn for artist in figure.findobj() if artist not in light for turn in turns(artist)]
    done += [turn for axes in figure.axes for mapped in maps(axes) for turn in map_turns(mapped)]
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
        for patch, colour in patches:
            patch.set_facecolor(colour)


def joined(light: bytes, dark: bytes, kind: bytes = CHUNK) -> bytes:
    """Returns a PNG file that carries another one in a chunk before its end."""
    chunk = struct.pack(">I", len(dark)) + kind + dark + struct.pack(">I", zlib.crc32(kind + dark))
    end = light.rindex(b"IEND") - 4
    return light[:end] + chunk + light[end:]


def least_width(file: bytes) -> int:
    """Returns at how many pixels a figure's words can still be read, 0 where there are none.

    They are set in 10 points, at 110 dots an inch.
    """
    return struct.unpack(">I", file[16:20])[0] * 5 // 8 if WORDS in parted(file)[0] else 0


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
        if worded(figure):
            light = joined(light, b"", WORDS)
        with on_dark(figure):
            both = joined(light, once(figure, fmt, bbox_inches, **options))
        return b64encode(both).decode("ascii") if base64 else both

    pylabtools.print_figure = twice
