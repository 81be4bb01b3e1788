"""The joiner: what is joined means what it meant as modules, and what would not is refused with file and line."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from deno import find_deno_bin
from mutants import breaks

from genlib.widgets.modules import join, modules_of

SOURCES = {
    "js/mat.js": """
/** A note: import { x } from "./y.js"; stands in a comment. */
export const NOTE = 'export const z = 1; import { q } from "./q.js"';
export const SHEET = `
import { x } from "./y.js";
export default 3;
`;
const secret = 1;
export function times(a, b) {
  return a * b * secret;
}
""",
    "toy/model.js": """
import { NOTE, times as product } from "../js/mat.js";

export class State {
  constructor(w) {
    this.w = w;
  }
}
export async function* later(x) {
  await null;
  yield product(x, NOTE.length);
}
export const forward = (state, x) => product(state.w, x);
""",
    "toy/index.js": """
import * as model from "./model.js";
import {
  NOTE,
  SHEET,
} from "../js/mat.js";

const secret = 2;
export const widget = {
  render: () => [model.forward(new model.State(3), 5), secret, NOTE.length, SHEET.split("\\n").length],
};
""",
}


def written(folder: Path, **changes: str) -> Path:
    """Writes the toy into `folder`, with other text in place of some files, and returns its entry."""
    for name, text in (SOURCES | changes).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder / "toy/index.js"


def ran(folder: Path, text: str, ask: str) -> str:
    """Returns what a module prints that imports `text` as `made` and evaluates `ask`."""
    (folder / "joined.js").write_text(text, "utf-8")
    (folder / "ask.js").write_text(f'import * as made from "./joined.js";\nconsole.log(JSON.stringify({ask}));\n')
    command = [find_deno_bin(), "run", "--quiet", "--no-config", "--no-remote", str(folder / "ask.js")]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_joined_modules_do_what_they_did(tmp_path: Path) -> None:
    entry = written(tmp_path)
    expected = ran(tmp_path, 'export { widget as default } from "./toy/index.js";', "made.default.render()")
    assert expected == "[15,2,46,4]"
    assert ran(tmp_path, join(entry, tmp_path), "made.default.render()") == expected


def test_each_module_comes_once_after_what_it_imports_under_its_name(tmp_path: Path) -> None:
    entry = written(tmp_path)
    assert [path.name for path in modules_of(entry, tmp_path)] == ["mat.js", "model.js", "index.js"]
    text = join(entry, tmp_path)
    assert re.findall(r"^// ---- (.*)$", text, re.MULTILINE) == ["js/mat.js", "toy/model.js", "toy/index.js"]
    assert text.rstrip().endswith("//# sourceURL=genlib/widgets/toy/joined.js")


def test_lines_keep_their_distance_from_the_banner(tmp_path: Path) -> None:
    joined = join(written(tmp_path), tmp_path).splitlines()
    for name, source in SOURCES.items():
        banner = joined.index(f"// ---- {name}")
        for number, line in enumerate(source.splitlines(), 1):
            if line.startswith(("  ", "const", "}")) and " from " not in line and line not in ("  NOTE,", "  SHEET,"):
                assert joined[banner + 1 + number] == line


COMMENTED = """// First of all,
/** a note
 *  of two lines. */
export const words = `// stays \n  /* and this */   \n`; // beside code
  /* within */
  // a function
export const pattern = /\\/\\/ "/;
export const ask = () => /** @type {any} */ (words).length + "// 5".length;
"""


@breaks("whole lines lost", "widgets.modules._without_comments", 'found[0].count("\\n")', "0")
@breaks("templates cut", "widgets.modules._without_comments", 'found[0].startswith(("//", "/*"))', '"//" in found[0]')
@breaks("code beside comments cut", "widgets.modules._without_comments", "if begins and", "if", by=ValueError)
@breaks("indentation left", "widgets.modules._without_comments", 'r"[ \\t]*\\0"', 'r"\\0"')
def test_comments_stay_at_home_and_lines_in_place(tmp_path: Path) -> None:
    entry = written(tmp_path, **{"js/mat.js": COMMENTED})
    (tmp_path / "toy/index.js").write_text(
        'import { ask, pattern, words } from "../js/mat.js";\nexport const widget = { ask, pattern, words };\n'
    )
    joined = join(entry, tmp_path)
    lines = joined.splitlines()[2:]
    assert lines[:3] == ["", "", ""]
    assert lines[3].endswith("const words = `// stays ")
    assert lines[5].endswith("// beside code")
    assert lines[6:8] == ["", ""]
    assert "First" not in joined
    assert "function" not in joined
    assert ran(tmp_path, joined, "[made.default.words, made.default.ask(), String(made.default.pattern)]") == ran(
        tmp_path,
        'export * from "./js/mat.js";',
        "[made.words, made.ask(), String(made.pattern)]",
    )


def test_tests_can_have_the_exports_of_any_module_of_the_string(tmp_path: Path) -> None:
    text = join(written(tmp_path), tmp_path, exports=tmp_path / "toy/model.js")
    assert ran(tmp_path, text, "[Object.keys(made).sort(), made.forward({ w: 2 }, 4)]") == (
        '[["State","forward","later"],8]'
    )


def test_an_edit_is_seen_and_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    entry = written(tmp_path)
    before = join(entry, tmp_path)
    assert join(entry, tmp_path) == before
    (tmp_path / "js/mat.js").write_text(SOURCES["js/mat.js"].replace("secret = 1", "secret = 10"), "utf-8")
    assert ran(tmp_path, join(entry, tmp_path), "made.default.render()[0]") == "150"


REFUSED = {
    "default export": ("export default 3;", r"toy/model\.js:2: .*only exports of functions, classes and const"),
    "export list": ("const a = 1;\nexport { a };", r"toy/model\.js:3: .*only exports"),
    "export from": ('export * from "../js/mat.js";', r"toy/model\.js:2: .*only exports"),
    "export let": ("export let a = 1;", r"toy/model\.js:2: .*only exports"),
    "second name": ("export const a = [1, 2], b = 2;", r"toy/model\.js:2: .*only exports"),
    "pattern": ("export const { a } = { a: 1 };", r"toy/model\.js:2: .*only exports"),
    "default import": ('import mat from "../js/mat.js";', r"toy/model\.js:2: .*write import \{ name \}"),
    "import for effect": ('import "../js/mat.js";', r"toy/model\.js:2: .*write import"),
    "single quotes": ("import { times } from '../js/mat.js';", r"toy/model\.js:2: .*write import"),
    "package": ('import { x } from "left-pad";', r"toy/model\.js:2: .*relative paths, nothing else"),
    "address": ('import { x } from "https://a.b/c.js";', r"toy/model\.js:2: .*relative paths"),
    "no such file": ('import { x } from "./gone.js";', r"toy/model\.js:2: .*no such \.js file inside"),
    "other file": ('import { x } from "./data.json";', r"toy/model\.js:2: .*no such \.js file"),
    "outside": ('import { x } from "../../outside.js";', r"toy/model\.js:2: .*no such \.js file inside"),
    "name not exported": (
        'import { secret } from "../js/mat.js";',
        r"toy/model\.js:2: js/mat\.js does not export secret",
    ),
    "cycle": ('import { widget } from "./index.js";', r"each other: toy/index\.js -> toy/model\.js -> toy/index\.js"),
    "itself": ('import { forward } from "./model.js";', r"each other: toy/model\.js -> toy/model\.js"),
    "dynamic import": ('const x = () => import("../js/mat.js");', r"toy/model\.js:2: .*import\( can not be joined"),
    "import.meta": ("const x = import.meta.url;", r"toy/model\.js:2: .*import\.meta can not be joined"),
    "indented": ('  import { times } from "../js/mat.js";', r"toy/model\.js:2: .*import can not be joined"),
    "top-level await": ("const x = await 3;", r"toy/model\.js:2: .*await outside a function"),
    "await in a loop": ("for await (const x of []) x;", r"toy/model\.js:2: .*await outside a function"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_joined_is_refused_with_file_and_line(case: str, tmp_path: Path) -> None:
    line, words = REFUSED[case]
    room = tmp_path / "widgets"
    changes = {"toy/model.js": f"\n{line}\nexport class State {{}}\nexport const forward = 1;\n", "toy/data.json": "{}"}
    entry = written(room, **changes)
    (tmp_path / "outside.js").write_text("export const x = 1;\n")
    with pytest.raises(ValueError, match=words):
        join(entry, room)


def test_an_entry_without_a_widget_is_refused(tmp_path: Path) -> None:
    entry = written(tmp_path, **{"toy/index.js": "export const view = 1;\n"})
    with pytest.raises(ValueError, match=r"toy/index\.js:1: a widget's first module exports a const named widget"):
        join(entry, tmp_path)
