"""Cuts the labs' student copies from their sources, and grades what students hand in: `python -m grading --help`.

nbgrader cuts and scores. Around it stands what a class of strangers needs: each submission runs in a sandbox without
network, only the cells that a student was asked to write are taken from it, a program that stops or will not stop
costs no more than the task it belongs to, and what students are shown holds nothing of the hidden tests.
"""

import sys

# What checks a notebook's format would load a grammar of addresses in all alphabets, which takes longer than all else
# that this package loads, and which no field of a notebook asks for. It does without where there is none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
