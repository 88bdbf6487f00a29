"""The names that the sources have: what the words in the documents are held against.

Comments and docstrings do not count: what stands only there is as likely to be out of date.
"""

import ast
import functools
import re

from tests.helpers.documents import ROOT

FOLDERS = ("firmware", "host_tools", "tests", "docs/figures")
SCRIPTS = [ROOT / name for name in ("pyproject.toml", "install.sh", "setup.sh", "tests/run.sh")]
WORD = r"[A-Za-z_]\w*"


@functools.cache
def modules():
    """(texts, attributes) of every module but those that check the documents: they quote them.

    A tree at a time: all of them in memory are what each collection of garbage goes through.
    """
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    own = {ROOT / "tests/helpers/documents.py", *(ROOT / "tests/docs").glob("test_docs*.py")}
    return [_names_of(path) for path in paths if path not in own]


def _names_of(path):
    nodes = list(ast.walk(ast.parse(path.read_text())))
    return set(texts_of(nodes)), set(_attributes_of(nodes))


def texts_of(nodes):
    """Every name and every string of a module."""
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if id(node) not in docstrings:
            for value in vars(node).values():
                if isinstance(value, bytes):
                    value = value.decode("latin-1")
                if isinstance(value, str):
                    yield value


@functools.cache
def texts():
    return set().union(*(found for found, _ in modules()))


@functools.cache
def words():
    """Every word of a name or a string, and of the scripts."""
    scripts = {re.sub(r"(?m)^#.*", "", path.read_text()) for path in SCRIPTS}
    return {word for text in texts() | scripts for word in re.findall(WORD, text)}


@functools.cache
def script_options():
    """What the scripts among them take that read their options themselves."""
    scripts = [found for found, _ in modules() if "argparse" in found]
    return {text for found in scripts for text in found if text[:2] == "--"}


@functools.cache
def attributes():
    """(object, attribute) as the modules write them; what a class defines itself is of self."""
    return set().union(*(pairs for _, pairs in modules()))


def _attributes_of(nodes):
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield _last_name(node.value), node.attr
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield "self", node.name
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module.split(".")[-1], each.name) for each in node.names)


def _last_name(node):
    while isinstance(node, (ast.Subscript, ast.Call)):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    return getattr(node, "id", getattr(node, "attr", None))


@functools.cache
def file_names():
    """The names of all modules, documents and shell scripts."""
    folders = [ROOT / folder for folder in FOLDERS]
    found = [path for folder in folders for path in folder.rglob("*.py")]
    found += ROOT.glob("docs/template/*.py")
    return {path.name for path in [*found, *SCRIPTS, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]}
