"""What students hand in: which files there are, whose they are, and what is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LARGEST, HEAVIEST = 20_000_000, 200_000_000
PICTURE = re.compile(r'"[A-Za-z0-9+/=\\n]{10000,}"')
DEEPEST = 4
NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:txt|json))?$", re.IGNORECASE)
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<rest>.*)$")
CANVAS = re.compile(r"^(?P<name>[^_]+?)(?P<late>_LATE)?_(?P<id>\d{2,})_\d{2,}_.+$")
LATE = re.compile(r"[ _-]LATE$")


@dataclass(frozen=True)
class Submission:
    """A file that is graded.

    Attributes:
        student: Whose it is, as far as the file's place and name tell.
        path: Where it lies.
        number: The number that a learning platform gave, empty where there is none.
        late: Whether its name says that it came late.
    """

    student: str
    path: Path
    number: str = ""
    late: bool = False


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        submissions: What is graded, by student.
        passed_over: All other files, with the reason.
    """

    submissions: dict[str, Submission] = field(default_factory=dict)
    passed_over: list[tuple[str, str]] = field(default_factory=list)


def find(folder: Path, lab: str) -> Found:
    """Looks through a folder; every file in it is somebody's submission, or is passed over for a reason.

    Args:
        folder: Holds notebooks named by student, a folder for each student, or what a learning platform packs.
        lab: The lab's name.

    Raises:
        ValueError: If there is no such folder, no notebook in it, or a student has two.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; expected one that holds what students handed in")
    found, taken = Found(), dict[str, list[Submission]]()
    files = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    for path in files:
        place = path.relative_to(folder)
        reason = why_not(place, lab, files)
        if reason:
            found.passed_over.append((place.as_posix(), reason))
        else:
            one = whose(place, path, lab)
            taken.setdefault(one.student, []).append(one)
    for student, several in sorted(taken.items()):
        in_time = [one for one in several if not one.late] or several
        if len(in_time) > 1:
            where = ", ".join(one.path.relative_to(folder).as_posix() for one in in_time)
            raise ValueError(f"{student}: got two notebooks ({where}), expected one for each student")
        found.submissions[student] = in_time[0]
        for one in several:
            if one is not in_time[0]:
                why = f"came late, beside one of {student}'s that came in time"
                found.passed_over.append((one.path.relative_to(folder).as_posix(), why))
    if not found.submissions:
        raise ValueError(f"{folder} holds no notebook; expected <student>.ipynb or <student>/{lab}/{lab}.ipynb")
    return found


def why_not(place: Path, lab: str, files: list[Path]) -> str:
    """Returns why a file is no submission, empty if it is one.

    Args:
        place: The file, from the folder on.
        lab: The lab's name.
        files: All files; of several in one folder the one named like the lab counts.
    """
    if "__MACOSX" in place.parts or place.name.startswith("._"):
        return "written by a Mac beside the file itself"
    if ".ipynb_checkpoints" in place.parts:
        return "a copy that Jupyter made by itself"
    if any(part.startswith(".") for part in place.parts):
        return "its name starts with a dot; rename it to grade it"
    if place.suffix.lower() in (".zip", ".gz", ".7z", ".rar", ".tar"):
        return "an archive; unpack it to grade what is in it"
    if not NOTEBOOK.search(place.name):
        return "not a notebook (.ipynb)"
    if len(place.parts) > DEEPEST:
        return f"more than {DEEPEST - 1} folders down"
    if len(place.parts) > 1:
        beside = [path for path in files if path.parts[-len(place.parts) : -1] == place.parts[:-1]]
        notebooks = [path for path in beside if NOTEBOOK.search(path.name) and not path.name.startswith(".")]
        if len(notebooks) > 1 and stem(place.name) != lab and not named_by_platform(place.name):
            return "one of several notebooks in a folder; leave the one that counts there"
    return ""


def stem(name: str) -> str:
    """Returns a notebook's name without its ending."""
    return NOTEBOOK.sub("", name)


def named_by_platform(name: str) -> re.Match[str] | None:
    """Returns the parts of a name that Moodle or Canvas made."""
    return MOODLE.match(stem(name)) or CANVAS.match(stem(name))


def whose(place: Path, path: Path, lab: str) -> Submission:
    """Returns a submission with its student, read off the folder or the file's name."""
    folders = [part for part in place.parts[:-1] if part != lab]
    name = folders[-1] if folders and not named_by_platform(place.name) else stem(place.name)
    known = MOODLE.match(name) or (CANVAS.match(name) if not folders else None)
    if known is None:
        student, late = LATE.subn("", name)
        return Submission(student.strip() or name, path, late=bool(late))
    number, late = known["id"], "late" in known.groupdict() and known["late"] is not None
    return Submission(known["name"].strip(), path, number, bool(late))


def decoded(content: bytes) -> str:
    """Returns a file's text, whatever the editor that wrote it took for a text's encoding."""
    try:
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def without_pictures(path: Path) -> str:
    """Returns a notebook's text; where it is large, without the pictures in it, which nobody grades.

    Raises:
        ValueError: If it is larger than anybody needs.
    """
    size, text = path.stat().st_size, ""
    if size <= HEAVIEST:
        text = decoded(path.read_bytes())
        text = PICTURE.sub('""', text) if len(text) > LARGEST else text
    if size > HEAVIEST or len(text) > LARGEST:
        raise ValueError(f"the notebook has {size // 1_000_000} MB; clear its outputs, hand it in again")
    return text


def read(path: Path) -> list[dict[str, Any]]:
    """Returns the cells of a submitted notebook, each with `kind`, `name`, `id` and `source`.

    Raises:
        ValueError: If it is none, in words for the student.
    """
    if path.is_symlink() or not path.is_file():
        raise ValueError("what was handed in is a link, not a notebook")
    text = without_pictures(path)
    try:
        return list(cells(json.loads(text)))
    except Exception as error:
        raise ValueError(f"the file cannot be read as a notebook ({type(error).__name__})") from error


def cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields a notebook's cells in one form, whichever program wrote it."""
    sheets = notebook.get("worksheets")
    for cell in notebook["cells"] if sheets is None else [cell for sheet in sheets for cell in sheet["cells"]]:
        metadata = cell.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        mark = metadata.get("nbgrader")
        source = cell.get("source", cell.get("input", ""))
        text = source if isinstance(source, str) else "".join(source)
        yield {
            "kind": str(cell["cell_type"]),
            "name": str(mark.get("grade_id", "")) if isinstance(mark, dict) else "",
            "id": str(cell.get("id") or metadata.get("id") or ""),
            "source": text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", ""),
        }
