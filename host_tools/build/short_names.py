"""The second half of shrink.py: names that surely nobody but packlog uses become short ones."""

import ast
import itertools
import string
from collections.abc import Iterator

from host_tools.build.syntax import DEFINITIONS, binds, imports, modules_by_alias, nodes, stores

_LETTERS = string.ascii_letters

# What is asked for by name at the REPL and in main.py; make and radio of modules that the firmware
# finds by their names in config.json
KEPT = frozenset(("start", "logger", "complaints", "scan", "safe_mode", "make", "radio", "claim"))

# Attributes and methods that surely nobody but packlog has: they become short as well
OURS = (
    "abandon", "add_listener", "add_rest", "add_tap", "age_ms", "age_s", "anchor", "answer_ms",
    "cell_count", "clear_cells", "close_ms", "column", "compactor", "complete",
    "connect_s", "copy_from", "counters", "decoder", "delays", "dns_servers", "dropped_frames",
    "durable_frames", "extras", "find_extremes", "find_marks", "finish", "flush_if_due",
    "flushing", "forget", "fresh", "give_up", "header", "header_size", "heard", "hints",
    "impedance_count", "is_run", "last_boot", "last_error", "marks", "max_cell",
    "max_cell_voltage", "min_cell", "min_cell_voltage", "misses", "nibbles", "noise",
    "of_health", "of_pack", "oldest", "online", "only_noise", "params", "ping_after", "put",
    "put_block", "put_mark", "put_run", "put_text", "put_value", "read_mark", "readings",
    "record", "record_size", "relayout", "render", "residuals", "resolve", "resolver", "rests",
    "resync_ms", "rewind", "segments", "sequence", "series", "shards", "shift", "slot",
    "so_far", "source", "stale_ms", "stamp", "stats", "storage_error", "strange", "tally",
    "tap_errors", "tell_link", "texts", "unfinished", "waits_ms",
)  # fmt: skip

# Functions of modules that are spoken of through store.kernels, which chooses among modules
KERNELS = (
    "count_symbols", "put_symbols", "put_bits", "add_adler",
    "load_bits", "load_halves", "load_rests", "add_products",
    "put_residuals", "put_zigzag", "count_bits", "put_bytes",
    "put_digits", "put_wide",
)  # fmt: skip


def shorten(trees: dict[str, ast.Module], kept: frozenset[str]) -> None:
    """Give the modules short names, all at once."""
    inside = {name: nodes(tree) for name, tree in trees.items()}
    everything = list(itertools.chain.from_iterable(inside.values()))
    texts = set(filter(None, map(_text, everything)))
    taken = {name for node in everything for name in _names_in(node)}
    free = (name for name in _endless_names() if name not in taken)
    own = _own_names(everything) | _names_of_modules(trees, inside, texts) - kept
    short = _pair(sorted(own), free)
    # A function of a module by the name of a method is spoken of as an attribute, too.
    fixed = texts | kept | {name for tree in trees.values() for name in _top_names(tree)}
    attributes = short | _pair([name for name in OURS if name not in fixed], free)
    by_name = texts | {node.arg for node in everything if isinstance(node, ast.keyword)}
    for node in everything:
        _rename(node, short, attributes)
    for node in everything:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _shorten_arguments(node, by_name)


def _endless_names() -> Iterator[str]:
    for size in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=size):
            yield "_" + "".join(letters)


def _pair(names: list[str], free: Iterator[str]) -> dict[str, str]:
    return dict(zip(names, free, strict=False))


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _own_names(everything: list[ast.AST]) -> set[str]:
    """What begins with an underscore and nobody else can mean; and KERNELS."""
    ours = {name for node in everything for name in _defines(node)}
    own = {name for name in ours if name[0] == "_" and name[:2] != "__" and len(name) > 2}
    own -= {name for node in everything for name in _fixes(node)}
    return own | ours & set(KERNELS)


def _defines(node: ast.AST) -> Iterator[str]:
    """What gives something a name: a function, a class, a variable, an attribute."""
    if isinstance(node, (*DEFINITIONS, ast.Name)):
        yield from binds(node)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr


def _fixes(node: ast.AST) -> Iterator[str]:
    """Names that have to stay: in texts, imports and arguments, and what may be somebody else's."""
    if (text := _text(node)) is not None:
        yield text
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
        yield node.asname or node.name
    elif isinstance(node, (ast.arg, ast.ExceptHandler)):
        yield from binds(node)
    elif isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        if not own:
            yield node.attr


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    else:
        yield from _defines(node)
        yield from _fixes(node)


def _names_of_modules(
    trees: dict[str, ast.Module], inside: dict[str, list[ast.AST]], texts: set[str]
) -> set[str]:
    """Functions, classes and variables of modules that are always spoken of as that: never by a
    text, never as an attribute of who knows what, and no local variable has their name.
    """
    found: set[str] = set()
    others = texts | {part for name in trees for part in name.split(".")}
    for name, tree in trees.items():
        top = set(_top_names(tree))
        found |= top
        modules = modules_by_alias(inside[name], trees)
        for node in inside[name]:
            others.update(_other_names(node, modules, trees))
            if isinstance(node, ast.Name) and node.id not in top and stores(node):
                others.add(node.id)
            elif isinstance(node, DEFINITIONS):
                others.update(_names_inside(node))
    return {name for name in found - others if len(name) > 2 and not name.startswith("__")}


def _top_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))


def _other_names(
    node: ast.AST, modules: dict[str, str], trees: dict[str, ast.Module]
) -> Iterator[str]:
    """Names of what is not a module's own: attributes, arguments, what comes from elsewhere."""
    if isinstance(node, ast.Attribute):
        if not (isinstance(node.value, ast.Name) and node.value.id in modules):
            yield node.attr
    elif isinstance(node, ast.Import) or (
        isinstance(node, ast.ImportFrom) and node.module not in trees
    ):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.alias) and node.asname:
        yield node.asname
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, (ast.arg, ast.ExceptHandler)):
        yield from binds(node)


def _names_inside(definition: ast.AST) -> set[str]:
    """What a function or class names itself, but for what it declares global."""
    own = nodes(definition, but_for=DEFINITIONS)[1:]
    said = {name for node in own if isinstance(node, ast.Global) for name in node.names}
    named = (node for node in own if isinstance(node, (*DEFINITIONS, ast.Name)))
    return {name for node in named for name in binds(node)} - said


def _rename(node: ast.AST, short: dict[str, str], attributes: dict[str, str]) -> None:
    """short: names of any kind; attributes: those of objects."""
    if isinstance(node, ast.Name):
        node.id = short.get(node.id, node.id)
    elif isinstance(node, ast.Attribute):
        node.attr = attributes.get(node.attr, node.attr)
    elif isinstance(node, ast.alias):
        node.name = short.get(node.name, node.name)
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        node.names = [short.get(name, name) for name in node.names]
    elif isinstance(node, DEFINITIONS):
        node.name = short.get(node.name, node.name)
    if isinstance(node, ast.ClassDef):
        _rename_members(node, attributes)


def _rename_members(node: ast.ClassDef, attributes: dict[str, str]) -> None:
    for member in node.body:
        if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
            member.name = attributes.get(member.name, member.name)
        for target in getattr(member, "targets", ()):
            if isinstance(target, ast.Name):
                target.id = attributes.get(target.id, target.id)


def _shorten_arguments(function: ast.AST, by_name: set[str]) -> None:
    """Of one letter each; by_name: arguments that may be given by name."""
    inside = [node for part in function.body for node in nodes(part)]
    own = [node for node in nodes(function.args) if isinstance(node, ast.arg)]
    others = set(_fixed_inside(inside)) | _spoken_in_defaults(function)
    used = others | {node.id for node in inside if isinstance(node, ast.Name)}
    fixed = others | by_name | {"self"}
    letters = (letter for letter in _LETTERS if letter not in used | {a.arg for a in own})
    short = {a.arg: next(letters) for a in own if a.arg not in fixed and len(a.arg) > 1}
    for node in [*own, *inside]:
        if isinstance(node, ast.arg):
            node.arg = short.get(node.arg, node.arg)
        elif isinstance(node, ast.Name):
            node.id = short.get(node.id, node.id)


def _fixed_inside(inside: list[ast.AST]) -> Iterator[str]:
    """Names that stand in a function as more than a variable of its own: arguments, functions and
    classes in it, what is in those classes, what is declared or imported.
    """
    for node in inside:
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from node.names
        elif isinstance(node, ast.ClassDef):
            yield node.name
            yield from (n.id for n in nodes(node) if isinstance(n, ast.Name))
        elif not isinstance(node, ast.Name):
            yield from binds(node)
            yield from (own for own, _ in imports(node))


def _spoken_in_defaults(function: ast.AST) -> set[str]:
    """What stands in a default belongs to what is around the function."""
    defaults = [d for d in [*function.args.defaults, *function.args.kw_defaults] if d]
    return {n.id for d in defaults for n in nodes(d) if isinstance(n, ast.Name)}
