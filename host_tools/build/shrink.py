"""Makes the firmware smaller before it is compiled, without changing what it does.

A .mpy spells out every name it uses. So whole numbers with a name, `WINDOW_S = 30`, are put where
they are used, in other modules as well; what nothing on the board uses is left out; and names that
are packlog's alone become short ones. The sources stay as they are.
"""

import ast
from collections.abc import Iterable

from host_tools.build import groups
from host_tools.build.calls import Slots, put_calls_in_place
from host_tools.build.foreign import foreign_attributes
from host_tools.build.inline import inline
from host_tools.build.join import join
from host_tools.build.often_used import put_first
from host_tools.build.scopes import read
from host_tools.build.short_names import KEPT, shorten
from host_tools.build.syntax import DEFINITIONS, check, nodes, source_of
from host_tools.build.unused import drop_unused


def shrink(
    sources: dict[str, str],
    kept: frozenset[str] = KEPT,
    in_rom: Iterable[str] = (),
    slots: Slots | None = None,
) -> dict[str, str]:
    """The same sources, by module name ("store.frame"), smaller. All modules at once.

    kept: names that somebody outside uses. Unsafe if it cannot be told what a name stands for.
    """
    return shrink_and_map(sources, kept, in_rom, slots=slots)[0]


def shrink_and_map(
    sources: dict[str, str],
    kept: frozenset[str] = KEPT,
    in_rom: Iterable[str] = (),
    named: frozenset[str] | None = None,
    slots: Slots | None = None,
) -> tuple[dict[str, str], dict]:
    """What shrink() says, and what the short names stand for (see short_names.shorten).

    in_rom: names that cost no heap on the board. named: the modules that somebody may ask for by
    their names, if those that are always loaded together are to become one. slots: the words that
    each function of a source takes, if those that are called at one place are to be put there.
    """
    trees = {name: ast.parse(text) for name, text in sources.items()}
    check(trees)
    passing = groups.passing(trees)
    inline(trees, kept)
    while drop_unused(trees, kept):
        pass
    foreign = foreign_attributes([read(*each) for each in trees.items()], set(trees))
    more = {"foreign": foreign}
    if named is not None:
        firmware = groups.Firmware(trees, named, passing)
        joined = join(trees, groups.groups(firmware), named | passing)
        trees, more["joined"] = joined.trees, joined.spoken
        more["always"] = {joined.group_of[name] for name in groups.always(firmware)}
    if slots is not None:
        put_calls_in_place(trees, kept, foreign, slots)
    names = shorten(trees, kept, in_rom, **more)
    for tree in trees.values():
        put_first(_without_docstrings(tree))
    return {name: source_of(tree) for name, tree in trees.items()}, names


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in (tree, *(n for n in nodes(tree) if isinstance(n, DEFINITIONS))):
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.fix_missing_locations(tree)
