"""What the site carries, so that it asks no other host for anything, and carries nothing that it does not show."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import figures
from docutils import nodes
from sphinx.application import Sphinx

from book_build import icons

MATHJAX = "tex-chtml-full.js"


def copy_mathjax(app: Sphinx) -> None:
    """Sphinx event: serves MathJax and its fonts from the book itself."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("MathJax is missing: install requirements.txt, which holds sphinx-mathjax-offline")
    source, target = Path(spec.origin).parent / "static" / "mathjax", Path(app.outdir) / "_static" / "mathjax"
    fonts = Path("output", "chtml", "fonts", "woff-v2")
    if not (target / MATHJAX).exists():
        shutil.copytree(source / fonts, target / fonts, dirs_exist_ok=True)
        shutil.copy2(source / MATHJAX, target / MATHJAX)


def prune(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx event: removes pages from the site that the book no longer has."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    known = {*app.env.all_docs, "genindex", "py-modindex", "search", "index"}
    for page in site.rglob("*.html"):
        name = page.relative_to(site).with_suffix("").as_posix()
        if name not in known and not name.startswith(("_static/", "_modules/")):
            page.unlink()


def part_figures(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx event: writes the dark version of each figure, which came inside the light one, beside it."""
    for path in Path(app.outdir, app.builder.imagedir).glob("*.png"):
        light, dark = figures.parted(path.read_bytes())
        if dark is not None:
            path.write_bytes(light)
            dark_name(path).write_bytes(dark)


def dark_name(path: Path) -> Path:
    """Returns where the dark version of a figure lies."""
    return path.with_name(f"{path.stem}-dark.png")


def show_dark_figures(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Sphinx event: lets a page show a figure's dark version while it is dark."""
    sources = {file: Path(app.srcdir, source) for source, file in app.builder.images.items()}
    for image in doctree.findall(nodes.image) if doctree is not None else ():
        file = Path(image["uri"]).name  # what the page shows, when it has been written
        source = sources.get(file)
        if source and source.suffix == ".png" and figures.parted(source.read_bytes())[1] is not None:
            least = figures.least_width(source.read_bytes())
            tag = re.compile(rf'<img (?![^>]*\bonly-light)([^>]*)src="([^"]*/){re.escape(file)}"([^>]*)>')
            both = partial(in_both, file=dark_name(Path(file)).name, least=least)
            context["body"] = tag.sub(both, context["body"], count=1)


def in_both(match: re.Match[str], file: str, least: int) -> str:
    """Returns the tags of a figure's two versions, of which the theme shows one; the dark one is fetched when shown.

    A narrow screen shows neither with fewer pixels than `least`, and has it scroll.
    """
    light, (before, folder, after) = match[0], match.groups()
    if least:
        before = f'data-least style="--least: {least}px" {before}'
        light = f"<img {before}{light[5 + len(match[1]) :]}"
    classes = re.compile(r'class="([^"]*)"')
    if not classes.search(light):
        light, before = f'{light[:5]}class="" {light[5:]}', f'class="" {before}'
    dark = f'<img {before}src="{folder}{file}"{after}>'.replace("<img ", '<img loading="lazy" ', 1)
    return classes.sub(r'class="\1 only-light"', light) + classes.sub(r'class="\1 only-dark"', dark)


def open_at_root(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx event: puts the first page itself at the site's address, in place of one that sends readers on."""
    if not exception and app.builder.format == "html":
        site = Path(app.outdir)
        shutil.copyfile(site / f"{app.config.root_doc}.html", site / "index.html")


def shrink_icons(app: Sphinx, exception: Exception | None) -> None:
    """Sphinx event: sends only the icons that the pages show."""
    theme = importlib.util.find_spec("pydata_sphinx_theme")
    if exception or app.builder.format != "html" or theme is None or theme.origin is None:
        return
    static = Path(theme.origin).parent / "theme" / "pydata_sphinx_theme" / "static"
    icons.shrink(static / "scripts" / "fontawesome.js", Path(app.outdir))


def own_hash() -> str:
    """Returns a hash of this folder: where the book's own machinery changed, every page is written again."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).resolve().parents[1].rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.read_bytes())
    return digest.hexdigest()
