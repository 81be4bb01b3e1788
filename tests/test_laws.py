"""A test that no fault can make fail proves nothing, so that every law carries a mutant, or says why it has none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mutants import edited

from genlib.energy import RBM

HERE = Path(__file__).resolve().parent
FAMILIES = [path.name for path in (HERE.parent / "genlib").iterdir() if (HERE / path.name).is_dir()]
GROUND = ["test_evaluate.py", "test_nn.py", "test_plot.py", "test_sampling.py", "test_train.py"]
OTHERS = {"checks", "data", "widgets", "zoo"}
LAWS = [HERE / name for name in GROUND]
LAWS += [path for family in sorted({*FAMILIES} - OTHERS) for path in sorted((HERE / family).glob("test_*.py"))]
LAWS += sorted((HERE / "widgets").glob("*/test_model.py"))
LAWS += [HERE / "widgets/js/test_js.py", HERE / "widgets/layers/test_layers.py"]
OF_MESSAGES = "test_errors_state_got_and_expected"


def decorators(function: ast.FunctionDef) -> set[str]:
    calls = [node for node in function.decorator_list if isinstance(node, ast.Call)]
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.relative_to(HERE).as_posix())
def test_every_law_has_a_mutant(path: Path) -> None:
    functions = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
    laws = [node for node in functions if node.name.startswith("test_") and node.name != OF_MESSAGES]
    assert not [law.name for law in laws if not decorators(law) & {"breaks", "holds_no_mutant"}]


def test_the_library_is_whole_again() -> None:
    """An edit is undone, and one that does not fit is refused."""
    code = RBM.energy.__code__
    with edited("energy.RBM.energy", "- x @ self.c", "+ x @ self.c"):
        assert RBM.energy.__code__ is not code
    assert RBM.energy.__code__ is code
    with pytest.raises(LookupError, match="0 times"), edited("energy.RBM.energy", "no such text", ""):
        pass


def test_a_mutant_that_no_law_notices_fails(pytester: pytest.Pytester) -> None:
    """One mutant is noticed, one is not, one runs with the parameters that are asked for and one with its own."""
    pytester.makeconftest("from mutants import pytest_pycollect_makeitem")
    pytester.makepyfile("""
        import pytest
        from mutants import breaks
        from genlib.evaluate import bits_per_dim

        @pytest.mark.parametrize("nats", [1.0, 0.0])
        @breaks("noticed", "evaluate.bits_per_dim", "return -log_prob", "return log_prob")
        @breaks("without effect", "evaluate.bits_per_dim", "return -log_prob", "return -1 * log_prob")
        @breaks("at zero", "evaluate.bits_per_dim", "return -log_prob", "return log_prob", given={"nats": 0.0})
        @breaks("at three", "evaluate.bits_per_dim", "return -log_prob", "return log_prob", given={"nats": 3.0})
        def test_law(nats, tmp_path):
            assert abs(bits_per_dim(nats, 1) + 1.4426950408889634 * nats) < 1e-12
    """)
    result = pytester.runpytest("-v", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=4, failed=2)
    expected = {"noticed": "PASSED", "without effect": "FAILED", "at zero": "FAILED", "at three": "PASSED"}
    result.stdout.fnmatch_lines([f"*broken: {name}]* {outcome}*" for name, outcome in expected.items()])
