"""The second half of shrink.py: names that surely nobody but packlog uses become short ones."""

import ast
import itertools
import string
from collections.abc import Iterable, Iterator

_LETTERS = string.ascii_letters
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# What is asked for by name at the REPL and in main.py
KEPT = frozenset(("start", "logger", "scan", "safe_mode"))

# Attributes and methods that surely nobody but packlog has: they become short as well
OURS = (
    "abandon",
    "add_listener",
    "add_rest",
    "add_tap",
    "age_ms",
    "anchor",
    "cell_count",
    "clear_cells",
    "complaints",
    "copy_from",
    "counters",
    "decoder",
    "delays",
    "dns_servers",
    "dropped_frames",
    "durable_frames",
    "extras",
    "find_extremes",
    "find_marks",
    "flush_if_due",
    "flushing",
    "give_up",
    "header_size",
    "heard",
    "impedance_count",
    "is_run",
    "last_boot",
    "last_error",
    "max_cell",
    "max_cell_voltage",
    "min_cell",
    "min_cell_voltage",
    "nibbles",
    "of_health",
    "of_pack",
    "oldest",
    "online",
    "only_noise",
    "ping_after",
    "put_block",
    "put_mark",
    "put_run",
    "put_text",
    "put_value",
    "read_mark",
    "readings",
    "record_size",
    "relayout",
    "residuals",
    "resync_ms",
    "rewind",
    "segments",
    "sequence",
    "series",
    "shards",
    "so_far",
    "stale_ms",
    "storage_error",
    "tap_errors",
    "tell_link",
    "unfinished",
)


# Functions of modules that are spoken of through store.kernels, which chooses among modules
KERNELS = (
    "count_symbols", "put_symbols", "put_bits", "add_adler", "sort_keys", "find_depths",
    "find_codes", "load_bits", "load_halves", "load_rests", "clear_sums", "add_products",
    "put_residuals", "put_zigzag", "put_values", "count_wide", "count_bits", "put_bytes",
    "put_digits", "put_wide",
)  # fmt: skip


def shorten(trees: dict[str, ast.Module], kept: frozenset[str]) -> None:
    """Give the modules short names, all at once."""
    short = _short_names(trees, kept)
    attributes = _short_attributes(list(trees.values()), set(short.values()), kept)
    called = _names_in_calls(trees.values())
    for tree in trees.values():
        _Rename(short, attributes).visit(tree)
        _shorten_arguments(tree, called)


def modules_by_alias(tree: ast.Module, trees: dict[str, ast.Module]) -> dict[str, str]:
    """The other modules of the firmware, by the names that a module knows them by."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {a.asname or a.name: a.name for a in node.names if a.name in trees}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (inner := f"{node.module}.{alias.name}") in trees:
                    known[alias.asname or alias.name] = inner
    return known


def stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, (ast.Store, ast.Del))


def _short_names(trees: dict[str, ast.Module], kept: frozenset[str]) -> dict[str, str]:
    """A short name for each that is packlog's own and nobody else's."""
    nodes = list(itertools.chain.from_iterable(map(ast.walk, trees.values())))
    ours = set(itertools.chain.from_iterable(map(_defines, nodes)))
    own = {name for name in ours if name[0] == "_" and name[:2] != "__" and len(name) > 2}
    own -= set(itertools.chain.from_iterable(map(_fixes, nodes)))
    own |= _names_of_modules(trees) - kept
    own |= set(KERNELS) & ours
    taken = {name for node in nodes for name in _names_in(node)}
    names = (name for name in _endless_names() if name not in taken)
    return dict(zip(sorted(own), names, strict=False))


def _names_of_modules(trees: dict[str, ast.Module]) -> set[str]:
    """Functions, classes and variables of modules that are always spoken of as that: never by a
    text, never as an attribute of who knows what, and no local variable has their name.
    """
    found: set[str] = set()
    others = {part for name in trees for part in name.split(".")}
    for tree in trees.values():
        top = set(_top_names(tree))
        found |= top
        modules = set(modules_by_alias(tree, trees))
        inside = [n for node in tree.body for n in ast.walk(node) if n is not node]
        others |= {n.name for n in inside if isinstance(n, DEFINITIONS)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                base = node.value
                if not (isinstance(base, ast.Name) and base.id in modules):
                    others.add(node.attr)
            elif isinstance(node, ast.ImportFrom) and node.module not in trees:
                others |= {alias.name for alias in node.names}
            elif isinstance(node, ast.alias):
                others |= {node.asname} if node.asname else set()
            elif isinstance(node, ast.Import):
                others |= {alias.name for alias in node.names}
            elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
                others.add(node.arg)
            elif isinstance(node, ast.Name) and node.id not in top and stores(node):
                others.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                others.add(node.value)
        others |= set(_local_names(tree))
    return {name for name in found - others if len(name) > 2 and not name.startswith("__")}


def _top_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))


def _local_names(tree: ast.Module) -> Iterator[str]:
    """What functions and classes bind themselves, but for what they declare global."""
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS):
            said = {name for g in ast.walk(node) if isinstance(g, ast.Global) for name in g.names}
            bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and stores(n)}
            yield from bound - said


def _defines(node: ast.AST) -> Iterator[str]:
    """What gives something a name: a function, a class, a variable, an attribute."""
    if isinstance(node, DEFINITIONS):
        yield node.name
    elif isinstance(node, ast.Name) and stores(node):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr


def _fixes(node: ast.AST) -> Iterator[str]:
    """Names that have to stay: in texts, imports and arguments, and what may be somebody else's."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        if not own:
            yield node.attr


def _names_in(node: ast.AST) -> Iterator[str]:
    yield from _defines(node)
    yield from _fixes(node)
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr


def _short_attributes(
    trees: list[ast.Module], taken: set[str], kept: frozenset[str]
) -> dict[str, str]:
    """A short name for those of OURS that no text names."""
    nodes = list(itertools.chain.from_iterable(map(ast.walk, trees)))
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    taken = taken | {name for node in nodes for name in _names_in(node)}
    # A function of a module by that name is spoken of as an attribute, too.
    texts |= {name for tree in trees for name in _top_names(tree)} | kept
    names = (name for name in _endless_names() if name not in taken)
    return dict(zip((name for name in OURS if name not in texts), names, strict=False))


def _endless_names() -> Iterator[str]:
    for size in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=size):
            yield "_" + "".join(letters)


class _Rename(ast.NodeTransformer):
    """short: names of any kind; attributes: those of objects."""

    def __init__(self, short: dict[str, str], attributes: dict[str, str]):
        self.short = short
        self.attributes = short | attributes

    def visit_Name(self, node):
        node.id = self.short.get(node.id, node.id)
        return node

    def visit_Attribute(self, node):
        node.attr = self.attributes.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        node.name = self.short.get(node.name, node.name)
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        node.name = self.short.get(node.name, node.name)
        for member in node.body:
            if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
                member.name = self.attributes.get(member.name, member.name)
            for target in getattr(member, "targets", ()):
                if isinstance(target, ast.Name):
                    target.id = self.attributes.get(target.id, target.id)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            alias.name = self.short.get(alias.name, alias.name)
        return node

    def visit_Global(self, node):
        node.names = [self.short.get(name, name) for name in node.names]
        return node


def _names_in_calls(trees: Iterable[ast.Module]) -> set[str]:
    """Arguments that may be given by name: a keyword of a call, or a text."""
    nodes = itertools.chain.from_iterable(map(ast.walk, trees))
    return {
        node.arg if isinstance(node, ast.keyword) else node.value
        for node in nodes
        if isinstance(node, ast.keyword)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }


def _shorten_arguments(tree: ast.Module, called: set[str]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _shorten_arguments_of(node, called)


def _shorten_arguments_of(function: ast.AST, called: set[str]) -> None:
    # Inner functions with an argument of that name mean another thing by it: left alone. So is what
    # stands in a default, which belongs to what is around the function.
    inside = [node for part in function.body for node in ast.walk(part)]
    fixed = {node.arg for node in inside if isinstance(node, ast.arg)}
    defaults = [d for d in [*function.args.defaults, *function.args.kw_defaults] if d]
    fixed |= {n.id for d in defaults for n in ast.walk(d) if isinstance(n, ast.Name)}
    own = [node for node in ast.walk(function.args) if isinstance(node, ast.arg)]
    used = {node.id for node in inside if isinstance(node, ast.Name)} | fixed
    used |= {name for node in inside if isinstance(node, ast.Global) for name in node.names}
    letters = (letter for letter in _LETTERS if letter not in used | {a.arg for a in own})
    short = {
        a.arg: next(letters)
        for a in own
        if a.arg not in fixed | called | {"self"} and len(a.arg) > 1
    }
    for node in [*own, *inside]:
        if isinstance(node, ast.arg):
            node.arg = short.get(node.arg, node.arg)
        elif isinstance(node, ast.Name):
            node.id = short.get(node.id, node.id)
