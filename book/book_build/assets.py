"""What the site carries, so that it asks no other host for anything, and carries nothing that it does not show."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from pathlib import Path

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
