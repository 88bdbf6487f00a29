"""What the tests of calls.py share: small firmwares, run before and after functions were put where
they are called.
"""

import ast
import copy

from host_tools.build.calls import put_calls_in_place
from host_tools.build.compile import slots_of
from host_tools.build.syntax import source_of

from lib import once

KEPT = frozenset(("f", "run", "x"))  # what somebody else uses


def placed(text, foreign=(), slots=slots_of, **others):
    """(names of the functions that are gone, {module: source}) of module m, with others."""
    trees = {name: ast.parse(source) for name, source in {"m": text, **others}.items()}
    gone = put_calls_in_place(trees, KEPT, set(foreign), slots)
    names = {name.removeprefix("m.") for name in gone}
    return names, {name: source_of(ast.fix_missing_locations(each)) for name, each in trees.items()}


def said(text, arguments):
    """All that f does with each of the arguments: what it returns or raises, and what it logs."""
    found = []
    for each in arguments:
        log = []
        space = {"log": log.append, "once": once}
        exec(text, space)
        try:
            result = space["f"](*copy.deepcopy(each))
            result = list(result) if hasattr(result, "__next__") else result
        except Exception as error:
            result = repr(error)
        found.append((result, log))
    return found


def same(text, arguments, foreign=()):
    """The functions that are gone; what is left does the same with these arguments of f."""
    gone, sources = placed(text, foreign)
    before, after = said(text, arguments), said(sources["m"], arguments)
    assert after == before, sources["m"]
    assert len({repr(each) for each in before}) > 1 or len(before) == 1, "all arguments do the same"
    return gone
