"""What comes out of grading: a table, a page for each student, and a summary of the class."""

from __future__ import annotations

import csv
import html
import io
import json
import shutil
from pathlib import Path
from typing import Any

Result = dict[str, Any]
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
body { color: #222; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ccc }
td.n, th.n { text-align: right } pre { background: #f4f4f4; padding: .6rem; overflow-x: auto; font-size: 14px }
.bar { background: #0072B2; height: .8rem } .full { color: #006b4f } .part { color: #a03f00 }
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def gather(folders: list[Path]) -> list[Result]:
    """Returns the results that lie in some folders, one for each student.

    Args:
        folders: Where `python -m grading one` or `grade` put them.

    Raises:
        ValueError: If two folders say different things of one student, or the results are of several labs.
    """
    found: dict[str, Result] = {}
    for path in sorted(path for folder in folders for path in folder.glob("*.json")):
        result = json.loads(path.read_text("utf-8"))
        other = found.setdefault(result["student"], result)
        if other["key"] != result["key"]:
            raise ValueError(f"{result['student']}: got results of two runs, expected one; delete the old one")
    labs = {result["lab"] for result in found.values()}
    if len(labs) != 1:
        raise ValueError(f"got results of {', '.join(sorted(labs)) or 'no lab'}, expected those of one lab")
    return list(found.values())


def write(results: list[Result], out: Path) -> None:
    """Writes the table, the pages and the summary; the same results always give the same files.

    Args:
        results: One for each student.
        out: The folder that gets `grades.csv`, `feedback/`, `summary.html` and `summary.md`.
    """
    results = sorted(results, key=lambda result: result["student"])
    shutil.rmtree(out / "feedback", ignore_errors=True)
    (out / "feedback").mkdir(parents=True)
    (out / "grades.csv").write_text(table(results), encoding="utf-8", newline="")
    for result in results:
        (out / "feedback" / f"{result['student']}.html").write_text(feedback(result), encoding="utf-8")
    (out / "summary.html").write_text(summary_page(results), encoding="utf-8")
    (out / "summary.md").write_text(summary_text(results), encoding="utf-8")


def short(name: str) -> str:
    """Returns a task's name: its test's without the ending."""
    return name.removesuffix("-test")


def total(result: Result) -> float:
    """Returns what a student earned."""
    return float(sum(task["points"] for task in result["tasks"].values()))


def possible(result: Result) -> float:
    """Returns what could be earned."""
    return float(sum(task["of"] for task in result["tasks"].values()))


def remarks(result: Result) -> list[str]:
    """Returns all remarks on a submission, those on single tasks included."""
    lost = {name: task["remark"] for name, task in result["tasks"].items() if task["remark"]}
    return result["remarks"] + [f"{short(name)}: {remark}" for name, remark in lost.items()]


def table(results: list[Result]) -> str:
    """Returns the grades as comma-separated values: points per task, total, maximum, remarks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(results[0]["tasks"])
    writer.writerow(["student", *map(short, names), "total", "of", "remarks"])
    for result in results:
        points = [f"{result['tasks'][name]['points']:g}" for name in names]
        last = [f"{total(result):g}", f"{possible(result):g}", "; ".join(remarks(result))]
        writer.writerow(map(harmless, [result["student"], *points, *last]))
    return text.getvalue()


def harmless(value: str) -> str:
    """Returns a value that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t") and len(value) > 1 else value


def feedback(result: Result) -> str:
    """Returns a student's page: points and remarks per task, and their own cells with what those did."""
    line = '<tr><td>{}</td><td class="n {}">{:g}</td><td class="n">{:g}</td><td>{}</td></tr>'
    rows = "\n".join(
        line.format(_text(short(name)), "full" if points == of else "part", points, of, _text(remark))
        for name, (points, of, remark) in ((name, task.values()) for name, task in result["tasks"].items())
    )
    head = '<tr><th>task</th><th class="n">points</th><th class="n">of</th><th>remark</th></tr>'
    noted = "".join(f"<li>{_text(remark)}</li>" for remark in result["remarks"])
    body = f"<p>{_text(result['student'])}: {total(result):g} of {possible(result):g} points</p>\n"
    body += f"<table>\n{head}\n{rows}\n</table>\n" + (f"<h2>Remarks</h2><ul>{noted}</ul>\n" if noted else "")
    body += "<h2>Your cells</h2>\n" + "\n".join(map(_cell, result["cells"])) if result["cells"] else ""
    return PAGE.format(title=f"Feedback on the lab {_text(result['lab'])}", style=STYLE, body=body)


def _cell(cell: dict[str, Any]) -> str:
    """A cell as its writer may see it; of the lab's own cells only what failed is told."""
    told = [word for word in (cell["error"], cell["remark"]) if word]
    if cell["kind"] == "test" or (cell["kind"] == "given" and not told):
        return ""
    name = f"<h3><code>{_text(cell['name'])}</code></h3>"
    words = f"<pre>{_text(cell['words'])}</pre>" if cell["words"] else ""
    source = f"<pre>{_text(cell['source'])}</pre>" if cell["source"] else ""
    return f"{name}{source}<p>{_text(': '.join(told))}</p>{words}"


def _text(words: str) -> str:
    return html.escape(words)


def shares(results: list[Result]) -> list[tuple[str, int]]:
    """Returns how many students have which share of the points, in tenths."""
    tenths = [min(int(10 * total(r) / possible(r)), 9) if possible(r) else 0 for r in results]
    return [(f"{10 * i} to {10 * i + 10} %", tenths.count(i)) for i in range(10)]


def tasks(results: list[Result]) -> list[tuple[str, int, float]]:
    """Returns for each task how many did not get all its points, and the mean points; most failed first."""
    rows = []
    for name in results[0]["tasks"]:
        of = [result["tasks"][name] for result in results]
        failed = sum(task["points"] < task["of"] for task in of)
        rows.append((short(name), failed, sum(task["points"] for task in of) / len(of)))
    return sorted(rows, key=lambda row: -row[1])


def flagged(results: list[Result]) -> list[str]:
    """Returns what somebody should look at."""
    return [f"{result['student']}: {remark}" for result in results for remark in result["remarks"]]


def mean(results: list[Result]) -> str:
    """Returns one sentence on the class."""
    average = sum(map(total, results)) / len(results)
    return f"{len(results)} submissions, {average:.2f} of {possible(results[0]):g} points on average"


def summary_text(results: list[Result]) -> str:
    """Returns the summary of the class as Markdown."""
    lines = [f"# The lab {results[0]['lab']}", "", mean(results), ""]
    lines += ["| share of the points | students |", "| --- | --- |"]
    lines += [f"| {share} | {count} |" for share, count in shares(results)]
    lines += ["", "| task | not all points | mean points |", "| --- | --- | --- |"]
    lines += [f"| {name} | {failed} | {points:.2f} |" for name, failed, points in tasks(results)]
    lines += ["", "## To look at", "", *(f"- {words}" for words in flagged(results) or ["nothing"])]
    return "\n".join(lines) + "\n"


def summary_page(results: list[Result]) -> str:
    """Returns the summary of the class as a page."""
    most = max(count for _, count in shares(results))
    drawn = '<div class="bar" style="width: {:.0f}%"></div>'
    bar = f'<tr><td>{{}}</td><td class="n">{{}}</td><td style="width: 60%">{drawn}</td></tr>'
    bars = "\n".join(bar.format(share, count, 100 * count / most) for share, count in shares(results))
    line = '<tr><td>{}</td><td class="n">{}</td><td class="n">{:.2f}</td></tr>'
    rows = "\n".join(line.format(_text(name), failed, points) for name, failed, points in tasks(results))
    head = '<tr><th>task</th><th class="n">not all points</th><th class="n">mean points</th></tr>'
    noted = "".join(f"<li>{_text(words)}</li>" for words in flagged(results)) or "<li>nothing</li>"
    body = f"<p>{mean(results)}</p>\n<h2>Scores</h2>\n<table>\n{bars}\n</table>\n"
    body += f"<h2>Tasks</h2>\n<table>\n{head}\n{rows}\n</table>"
    body += f"\n<h2>To look at</h2>\n<ul>{noted}</ul>"
    return PAGE.format(title=f"The lab {_text(results[0]['lab'])}", style=STYLE, body=body)
