"""What the tests of the shrinker share: small firmwares, shrunk and run."""

import sys
import types
from unittest import mock

from host_tools.build.shrink import shrink

KEPT = frozenset(("x", "f", "Meter", "A", "WORDS"))  # what somebody else uses


def small(text, **others):
    """Module m, shrunk together with others."""
    return shrink({"m": text, **others}, KEPT)["m"].rstrip()


def values(text, **others):
    """The public names of module m after it was shrunk and run, with others that it may import."""
    packages = {name.rpartition(".")[0] for name in others} - {""}
    modules = {name: types.ModuleType(name) for name in [*packages, *others, "m"]}
    shrunk = shrink({"m": text, **others}, KEPT)
    with mock.patch.dict(sys.modules, modules):
        for name, module in modules.items():
            package, _, own = name.rpartition(".")
            if package:
                setattr(modules[package], own, module)
            exec(shrunk.get(name, ""), vars(module))
    space = vars(modules["m"])
    return {name: value for name, value in space.items() if not name.startswith("_")}
