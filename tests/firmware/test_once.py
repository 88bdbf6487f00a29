"""What @once marks runs at a start only: nobody calls it later, when its memory is let go of."""

import ast

import pytest
from host_tools.ground.firmware import FIRMWARE

# Where all is made; what a board does that has no logger
STARTS = {("packlog", "start"), ("complaint", "complain"), ("radios", "_bring_up")}
STARTS |= {("settings", "prepare"), ("store.starting", "compact_waiting")}
# A logger that has to find a BMS lets go of nothing: packlog.Logger; nor does a scan start one
STARTS |= {("finder", "ask")}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
TREES = {
    ".".join(path.relative_to(FIRMWARE).with_suffix("").parts): ast.parse(path.read_text())
    for path in FIRMWARE.rglob("*.py")
}


def is_once(function):
    return any(ast.unparse(each).startswith("once.") for each in function.decorator_list)


def functions(tree, owner=""):
    """(class or "", function) of a module, but for functions within functions."""
    for node in tree.body:
        if isinstance(node, FUNCTIONS):
            yield owner, node
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, node.name)


def asked(function):
    """The names and attributes that a function's body has."""
    inside = [node for part in function.body for node in ast.walk(part)]
    names = {node.id for node in inside if isinstance(node, ast.Name)}
    return names | {node.attr for node in inside if isinstance(node, ast.Attribute)}


def called_by_name(tree):
    """By which names what is marked in a module is called: of a class, if its __init__ is."""
    for owner, function in functions(tree):
        if is_once(function):
            yield owner if function.name == "__init__" else function.name


MARKED = {(name, called) for name, tree in TREES.items() for called in called_by_name(tree)}
# Names that other things have as well: only their own module's functions are looked at
OFTEN = {"make", "module", "load", "keep", "Decoder", "Lcd", "Device", "question"}


def test_there_are_such_functions():
    assert ("pack", "Pack") in MARKED and ("parts.lcd", "make") in MARKED and len(MARKED) > 40


@pytest.mark.parametrize("name", sorted(TREES))
def test_nobody_calls_them_later(name):
    shared = {called for _, called in MARKED if called not in OFTEN and called[0] != "_"}
    wanted = shared | {called for module, called in MARKED if module == name}
    later = [
        (function.name, found)
        for owner, function in functions(TREES[name])
        if not is_once(function) and (name, function.name) not in STARTS
        for found in sorted(asked(function) & wanted)
    ]
    assert not later, f"{name}: {later}"


def test_they_are_gone_afterwards():
    from lib.once import Once

    once = Once()

    class Lamp:
        @once
        def __init__(self):
            self.lit = False

        def light(self):
            self.lit = True

    made = Lamp()
    globals()["Lamp"] = Lamp
    try:
        once.forget()
        made.light()
        assert made.lit and Lamp.__init__ is None
    finally:
        del globals()["Lamp"]
