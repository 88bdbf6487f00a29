"""A function that is called at one place stays a function where the same would not be done."""

import pytest
from tests.helpers.placed import same

LEFT = {
    "called twice": "def f(a):\n    _g(a)\n    _g(2)\ndef _g(a):\n    log(a)\n",
    "a value": "def f(a):\n    log(len([_g]))\n    log(a)\ndef _g(a):\n    log(a)\n",
    "a generator": "def f(a):\n    return list(_g(a))\ndef _g(a):\n    yield a\n",
    "awaited": "async def x(a):\n    await _g(a)\nasync def _g(a):\n    log(a)\n"
    "def f(a):\n    log(a)\n",
    "decorated": """
def plain(function):
    return function
def f(a):
    _g(a)
@plain
def _g(a):
    log(a)
""",
    "dropped after the start, and called later": """
def f(a):
    _g(a)
@once.start
def _g(a):
    log(a)
""",
    "a property": """
class A:
    def __init__(self, a):
        self.a = a
    @property
    def _g(self):
        return self.a
def f(a):
    return A(a)._g
""",
    "a function within it": "def f(a):\n    b = _g(a)\n    return b()\n"
    "def _g(a):\n    return lambda: a\n",
    "a comprehension of its variables": "def f(a):\n    b = _g(a)\n    return b\n"
    "def _g(a):\n    log(a)\n    return [i + a for i in range(3)]\n",
    "in a comprehension": "def f(a):\n    return [_g(i) for i in range(a)]\n"
    "def _g(a):\n    log(a)\n    return a\n",
    "arguments with a star": "def f(a):\n    _g(*[a])\ndef _g(a):\n    log(a)\n",
    "an argument that is stored in it": "def f(a):\n    b = a\n    _g(b, (b := 2))\n"
    "def _g(a, b):\n    log((a, b))\n",
    "any arguments": "def f(a):\n    _g(a, 1)\ndef _g(*a):\n    log(a)\n",
    "a default that is made once": "def f(a):\n    _g(a)\n"
    "def _g(a, b=[]):\n    b.append(a)\n    log(b)\n",
    "a global that it sets": "k = 0\ndef f(a):\n    _g(a)\n    return k\n"
    "def _g(a):\n    global k\n    k = a\n",
    "itself": "def f(a):\n    return _g\ndef _g(a):\n    if a:\n        _g(a - 1)\n".replace(
        "_g\n", "a\n", 1
    ),
    "in a circle": "def f(a):\n    return a\ndef _g(a):\n    _h(a)\ndef _h(a):\n    _g(a)\n",
    "by its name in a text": "def f(a):\n    _g(a)\n    log('_g')\ndef _g(a):\n    log(a)\n",
    "what is asked for by others": "def f(a):\n    return A().x(a)\nclass A:\n"
    "    def x(self, a):\n        return a\n",
    "other things of that name": """
class A:
    def _g(self, a):
        return a
class B(A):
    def _g(self, a):
        return -a
    def run(self, a):
        return self._g(a)
def f(a):
    return B().run(a)
""",
    "an attribute that is set": """
class A:
    def _g(self, a):
        return a
    def run(self, a):
        return self._g(a)
def f(a):
    it = A()
    if a > 1:
        it._g = lambda a: -a
    return it.run(a)
""",
    "of another object of the class": """
class A:
    def __init__(self, a):
        self._a = a
    def _g(self):
        return self._a
    def run(self, other):
        return other._g()
class B:
    def _g(self):
        return "B"
def f(a):
    return A(0).run(A(a) if a > 1 else B())
""",
    "in the code of the module": "k = [0]\ndef _g(a):\n    k[0] = a\n_g(3)\n"
    "def f(a):\n    return a, k\n",
    "what follows would stand there twice": """
def f(a):
    b = _g(a)
    return b
def _g(a):
    if a > 1:
        if a == 2:
            return 2
        log("more")
    elif a == 1:
        if a:
            return 1
    log("rest")
    return 0
""",
    "twice what is worked out": "def f(a):\n    return 1 if a else _g(len(log(a) or [a]))\n"
    "def _g(a):\n    return a + a\n",
}


@pytest.mark.parametrize("kind", sorted(set(LEFT) - {"twice what is worked out"}))
def test_it_stays_where_it_is(kind):
    assert not same(LEFT[kind], [(1,), (2,)])


def test_what_is_worked_out_for_a_parameter_that_is_used_twice_is_worked_out_once():
    assert same(LEFT["twice what is worked out"], [(1,), (0,)]) == {"_g"}
