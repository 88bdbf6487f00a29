"""Functions that run at a start only: their memory is let go of afterwards, for what comes next.

@once.packs above a function: nobody calls it after the packs are made; @once.start: after all is
made. A class whose __init__ is one of those is not made anew later. A test holds calls to that.
"""

import sys


class Once:
    """Collects functions, as a decorator."""

    def __init__(self):
        self._functions = []

    def __call__(self, function):
        if self._functions is not None:  # of a module that is loaded later all is needed
            self._functions.append(function)
        return function

    def forget(self):
        """Put None in the place of each, in its module or class."""
        for module in list(sys.modules.values()):
            self._forget_in(module)
            space = module.__dict__
            for name in space:
                if isinstance(space[name], type):
                    self._forget_in(space[name])
        self._functions = None

    def _forget_in(self, owner):
        space = owner.__dict__
        for name in [name for name in space if self._has(space[name])]:
            setattr(owner, name, None)

    def _has(self, thing):
        return any(thing is function for function in self._functions)


packs, start = Once(), Once()
