"""No test of this project is one that cannot fail: a lint of all tests, and what it finds."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(path for path in TESTS.rglob("*.py") if "data" not in path.parts)
# A call of one of these is a check: it raises if something is not as it should be
CHECKS = {"raises", "warns", "fail", "check_returncode"}
_DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)


def faults(text):
    """(line, what is wrong) of each assertion in a source that is always true, and each test that
    asserts nothing, not even in a function that it calls.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and (why := always_true(node.test)):
            yield node.lineno, why
        elif isinstance(node, ast.For) and is_empty(node.iter):
            yield node.lineno, "a loop over nothing"
    checking = functions_that_check(tree)
    for node in tree.body:
        if is_test(node) and node.name not in checking:
            yield node.lineno, f"{node.name} asserts nothing"


def always_true(node):
    """Why an expression is, None if it may be false."""
    if isinstance(node, ast.Constant):
        return "a constant" if node.value else None
    if isinstance(node, _DISPLAYS):
        # an empty one is false, and one that unpacks something may be
        parts = node.keys if isinstance(node, ast.Dict) else node.elts
        full = any(part is not None and not isinstance(part, ast.Starred) for part in parts)
        return "a display that is not empty" if full else None
    if isinstance(node, (ast.Lambda, ast.GeneratorExp)):
        return "an object that is true"
    if isinstance(node, ast.BoolOp):
        reasons = [always_true(value) for value in node.values]
        decisive = any if isinstance(node.op, ast.Or) else all
        return f"{ast.unparse(node)}: {reasons[-1] or reasons[0]}" if decisive(reasons) else None
    if isinstance(node, ast.Compare):
        return "compared with itself" if compares_with_itself(node) else None
    return None


def is_empty(node):
    """Is it (), [] or {}?"""
    return isinstance(node, _DISPLAYS) and not getattr(node, "elts", getattr(node, "keys", None))


def compares_with_itself(node):
    """x == x, of the same names and constants: what is called may answer differently each time."""
    kinds = (ast.Eq, ast.Is, ast.GtE, ast.LtE)
    if len(node.ops) > 1 or not isinstance(node.ops[0], kinds):
        return False
    sides = node.left, node.comparators[0]
    changing = (ast.Call, ast.Await, ast.NamedExpr)
    if any(isinstance(part, changing) for side in sides for part in ast.walk(side)):
        return False
    return ast.dump(sides[0]) == ast.dump(sides[1])


def is_test(node):
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, definitions) and node.name.startswith("test_")


def functions_that_check(tree):
    """Names of the functions in a module that assert, or call one that does or that is not known
    here: a helper's module is looked at by itself.
    """
    found = {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    checking = {name for name, node in found.items() if asserts(node)}
    while True:
        more = {name for name, node in found.items() if called(node) & checking} - checking
        if not more:
            return checking
        checking |= more


def asserts(node):
    kinds = (ast.Assert, ast.Raise)
    return any(isinstance(part, kinds) for part in ast.walk(node)) or bool(
        called(node) & (CHECKS | CHECKING)
    )


def called(node):
    """The last names of what is called, or handed on as a decorator or an argument."""
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    handed = [part for call in calls for part in [call.func, *call.args]]
    return {getattr(part, "attr", getattr(part, "id", "")) for part in handed}


def checking_elsewhere():
    """Functions and methods of the helpers that assert or raise."""
    found = set()
    for path in FILES:
        if not path.name.startswith("test_"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and any(
                    isinstance(part, (ast.Assert, ast.Raise)) for part in ast.walk(node)
                ):
                    found.add(node.name)
    return found


CHECKING = checking_elsewhere()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_every_assertion_can_fail(path):
    assert list(faults(path.read_text())) == []


@pytest.mark.parametrize(
    "line",
    [
        "assert found or True",
        "assert True",
        "assert 1, found",
        "assert 'text'",
        "assert (found, 'what is wrong')",
        "assert [found] and True",
        "assert {'a': found}",
        "assert (x for x in found)",
        "assert lambda: found",
        "assert found == found",
        "assert found.size >= found.size",
        "for each in (): assert each",
        "pass",
        "print(found)",
        "helper(found)",
    ],
)
def test_the_lint_finds(line):
    assert list(faults(f"def helper(x):\n    return x\ndef test_it(found=1):\n    {line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        "assert found or spare",
        "assert found and True",
        "assert False",
        "assert []",
        "assert [*found]",
        "assert found == other",
        "assert next(found) == next(found)",
        "assert 1 <= found <= 1",
        "with pytest.raises(ValueError): found()",
        "helper(found)",
        "for each in found: helper(each)",
        "check_all(map(helper, found))",
    ],
)
def test_the_lint_leaves_alone(line):
    helpers = "def helper(x):\n    if not x:\n        raise ValueError\n"
    assert not list(faults(f"{helpers}def test_it(found=1):\n    {line}\n"))
