"""Cuts the theme's icon script down to the icons that the book shows.

The theme sends two thousand drawings (half a megabyte, compressed) to show about twenty. `shrink` reads the twenty
from the theme's own file and writes a script in its place that draws them the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

DRAWING = re.compile(
    r'(?:"(?P<quoted>[\w-]+)"|\b(?P<bare>\w+)):\[(?P<width>\d+),(?P<height>\d+),'
    r'\[(?P<aliases>[^\]]*)\],"[0-9a-f]+","(?P<path>[^"]+)"\]'
)
PREFIXES = {"fa-brands": "fab", "fab": "fab", "fa-regular": "far", "far": "far", "fa-solid": "fas", "fas": "fas"}
Drawings = dict[str, tuple[int, int, str]]
SCRIPT = """\
/*! Icons: Font Awesome Free 6 by @fontawesome, https://fontawesome.com, CC BY 4.0. Copyright Fonticons, Inc. */
(() => {
  "use strict";
  const drawings = %s;
  const prefixes = %s;
  function draw(element) {
    const classes = [...element.classList];
    const prefix = classes.map((name) => prefixes[name]).find(Boolean) ?? "fas";
    const icon = classes.find((name) => drawings[`${prefix} ${name}`]);
    if (!icon) return;
    const [width, height, path] = drawings[`${prefix} ${icon}`];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const { name, value } of element.attributes) svg.setAttribute(name, value);
    svg.setAttribute("class", ["svg-inline--fa", ...classes.filter((name) => !prefixes[name])].join(" "));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(svg.namespaceURI, "path"));
    svg.firstChild.setAttribute("fill", "currentColor");
    svg.firstChild.setAttribute("d", path);
    element.replaceWith(svg);
  }
  const drawAll = () => document.querySelectorAll('i[class*="fa-"], span[class*="fa-"]').forEach(draw);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", drawAll);
  else drawAll();
})();
"""


def drawings(script: str) -> Drawings:
    """Returns every drawing in the theme's script as `"fas fa-bars"` to (width, height, path).

    The script holds three sets one after the other, brands, regular and solid, with other code between them.

    Raises:
        ValueError: If the script is not built like that; the theme has changed then.
    """
    sets, end = list[Drawings](), -1000
    for match in DRAWING.finditer(script):
        if match.start() - end > 100:
            sets.append({})
        end = match.end()
        names = [match["quoted"] or match["bare"], *re.findall(r'"([\w-]+)"', match["aliases"])]
        for name in names:
            sets[-1][f"fa-{name}"] = (int(match["width"]), int(match["height"]), match["path"])
    if len(sets) != 3 or "fa-github" not in sets[0] or "fa-bars" not in sets[2]:
        raise ValueError(f"the icon script holds {len(sets)} sets of drawings, expected brands, regular and solid")
    named = zip(("fab", "far", "fas"), sets, strict=True)
    return {f"{prefix} {name}": drawing for prefix, found in named for name, drawing in found.items()}


def used(pages: Iterable[str]) -> Iterator[str]:
    """Yields the icons that pages ask for, as `"fas fa-bars"`; what is no icon, such as `fa-lg`, too."""
    for page in pages:
        for classes in re.findall(r'<(?:i|span)[^>]* class="([^"]*\bfa[srb]?\b[^"]*)"', page) + re.findall(
            r'<(?:i|span) class="([^"]*\bfa-[^"]*)"', page
        ):
            words = classes.split()
            prefix = next((PREFIXES[word] for word in words if word in PREFIXES), "fas")
            yield from (f"{prefix} {word}" for word in words)


def shrink(theme_script: Path, site: Path) -> None:
    """Writes the small script over the copy of `theme_script` in the site.

    Args:
        theme_script: The file inside the installed theme.
        site: Folder of the finished pages.
    """
    known = drawings(theme_script.read_text(encoding="utf-8"))
    asked = set(used(page.read_text(encoding="utf-8") for page in site.rglob("*.html")))
    kept = {name: known[name] for name in sorted(asked & known.keys())}
    script = SCRIPT % (json.dumps(kept, separators=(",", ":")), json.dumps(PREFIXES))
    (site / "_static" / "scripts" / "fontawesome.js").write_text(script, encoding="utf-8")
