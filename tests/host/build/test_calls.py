"""A function that is called at one place is put there: each kind, and the same done before and
after.
"""

import ast

import pytest
from host_tools.build import calls
from host_tools.build.compile import slots_of
from host_tools.build.short_names import KEPT
from host_tools.build.slots import ON_STACK
from host_tools.ground.firmware import FIRMWARE
from tests.helpers.placed import placed, same

PLACED = {
    "a statement": (
        """
def f(a):
    log("first")
    _g(a)
    log("last")
def _g(a):
    b = a * 2
    log(b)
""",
        [(1,), ("ab",)],
    ),
    "one return at the end, given to a variable": (
        """
def f(a):
    b = _g(a, 3)
    return b * 10
def _g(a, times):
    for i in range(times):
        a = a + i
    return a
""",
        [(1,), (5,)],
    ),
    "early returns, in a return": (
        """
def f(a):
    if a > 5:
        return _g(a)
    log("small")
def _g(a):
    if a > 10:
        return "huge"
    for i in range(a):
        if i == 7:
            return "seven"
    log("to the end")
""",
        [(1,), (6,), (8,), (20,)],
    ),
    "early returns at the end of a function": (
        """
def f(a):
    log("first")
    if a != 3:
        _g(a)
def _g(a):
    if a > 10:
        log("huge")
        return log("really")
    log(a)
""",
        [(1,), (3,), (20,)],
    ),
    "early returns at the end of a loop": (
        """
def f(a):
    for i in range(a):
        log(i)
        _g(i)
    return "done"
def _g(i):
    if i % 2:
        return
    log("even")
""",
        [(0,), (1,), (5,)],
    ),
    "early returns in the middle": (
        """
def f(a):
    b = _g(a)
    _h(b)
    return b
def _g(a):
    if a > 10:
        return "huge"
    elif a > 5:
        if a == 7:
            return "seven"
        log("rather big")
    else:
        return None
    return "big"
def _h(b):
    if not b:
        return
    log(b)
""",
        [(1,), (6,), (7,), (20,)],
    ),
    "a return in a loop": (
        """
def f(a, b):
    c = _g(a, b)
    return [c]
def _g(a, wanted):
    for i, each in enumerate(a):
        if each < 0:
            continue
        if each == wanted:
            return i
    log("none")
    return -1
""",
        [([1, 2, 3], 2), ([1, -2], -2), ([], 0)],
    ),
    "a return in a loop that does not end": (
        """
def f(a):
    c = _g(a)
    return [c]
def _g(a):
    while True:
        a -= 3
        if a < 0:
            return a
""",
        [(1,), (2,), (9,)],
    ),
    "a return in a try": (
        """
def f(a):
    c = _g(a)
    return [c]
def _g(a):
    try:
        b = 10 // a
    except ZeroDivisionError:
        return "none"
    except TypeError:
        log("no number")
        raise
    else:
        log(b)
    return b
""",
        [(1,), (0,), ("a",)],
    ),
    "a try that is all": (
        """
def f(a):
    c = _g(a)
    return [c]
def _g(a):
    try:
        return 10 // a
    except ZeroDivisionError:
        log("none")
""",
        [(1,), (0,), ("a",)],
    ),
    "an expression": (
        """
class A:
    def __init__(self):
        self.b = 3
    def run(self, a):
        return a and self._sum(a) > 4 or "no"
    def _sum(self, a):
        return a * self.b
def f(a):
    return A().run(a)
""",
        [(0,), (1,), (2,)],
    ),
    "an expression with a call as its argument": (
        """
def f(a):
    log("f")
    return _g(_h(a)) + 1
def _g(a):
    return a * one()
def _h(a):
    log("h")
    return a
def one():
    log("one")
    return 1
""",
        [(3,), (4,)],
    ),
    "behind and": (
        """
def f(a):
    return a > 3 and _g(a)
def _g(a):
    log(a)
    if a == 5:
        return "five"
    return "more"
""",
        [(1,), (5,), (6,)],
    ),
    "behind and, in a condition": (
        """
def f(a):
    if a and a[0] and _g(a):
        return "yes"
    return "no"
def _g(a):
    log("asked")
    if len(a) == 1:
        return False
    return a[0] == 1
""",
        [([],), ([0],), ([1],), ([1, 2],), ([2, 2],)],
    ),
    "behind or, and in a value": (
        """
def f(a):
    b = [a, a or _g(a), 7]
    return b
def _g(a):
    log("asked")
    c = [a]
    return c
""",
        [(0,), (1,)],
    ),
    "in one of two": (
        """
def f(a):
    return [_g(a) if a > 2 else -a]
def _g(a):
    log("asked")
    return a * 2
""",
        [(0,), (3,)],
    ),
    "the condition of a loop": (
        """
def f(a):
    while not _g(a):
        log(a)
        a += 1
        if a == 7:
            continue
        log("more")
    return a
def _g(a):
    if a == 3:
        return True
    return a > 8
""",
        [(1,), (5,)],
    ),
    "behind what it changes": (
        """
class A:
    def __init__(self, a):
        self.a = a
    def run(self):
        return self.a + self._more()
    def _more(self):
        self.a += 1
        log(self.a)
        return self.a
def f(a):
    return A(a).run()
""",
        [(1,), (2,)],
    ),
    "a method of what is called here alone": (
        """
class A:
    def __init__(self, a):
        self.a = a
    def step_on(self, by):
        self.a += by
        return self.a
class B:
    def __init__(self, a):
        self._inner = A(a)
    def run(self):
        return self._inner.step_on(2)
def f(a):
    return B(a).run()
""",
        [(1,), (2,)],
    ),
    "a private method of each of two classes": (
        """
class A:
    def run(self, a):
        return self._do(a)
    def _do(self, a):
        log("A")
        return a
class B:
    def run(self, a):
        return self._do(a)
    def _do(self, a):
        log("B")
        return -a
def f(a):
    return (A() if a else B()).run(a)
""",
        [(1,), (0,)],
    ),
    "a method of its base": (
        """
class A:
    def _do(self, a):
        log("A")
        return a
class B(A):
    def run(self, a):
        b = self._do(a)
        return b
def f(a):
    return B().run(a)
""",
        [(1,), (0,)],
    ),
    "arguments by their names, and ones that are not given": (
        """
def f(a):
    _g(b=a)
    return a
def _g(a=3, b=4, c="c"):
    log((a, b, c))
""",
        [(1,), (2,)],
    ),
    "an argument that is changed": (
        """
def f(a):
    b = a
    _g(b, a)
    return b
def _g(n, m):
    while n:
        n -= 1
        log((n, m))
""",
        [(1,), (2,)],
    ),
    "arguments that are worked out once, in their order": (
        """
def f(a):
    _g(one(a), two(a))
def one(a):
    log("one")
    return a
def two(a):
    log("two")
    return a + 1
def _g(b, c):
    log((c, b, c))
""",
        [(1,), (2,)],
    ),
    "variables by the names of others": (
        """
k = 5
def f(a):
    k = a
    b = 1
    _g(b)
    return k, b
def _g(c):
    b = k
    log((b, c))
""",
        [(1,), (2,)],
    ),
    "one in the other": (
        """
def f(a):
    return _g(a) + 1
def _g(a):
    b = _h(a)
    return b + 1
def _h(a):
    b = a * 2
    log(b)
    return b
""",
        [(1,), (2,)],
    ),
    "in a generator": (
        """
def f(a):
    for i in range(a):
        _g(i)
        yield i
def _g(i):
    text = str(i)
    log(text)
""",
        [(0,), (3,)],
    ),
    "a static one": (
        """
class A:
    def run(self, a):
        return self._twice(a)
    @staticmethod
    def _twice(a):
        return 2 * a
def f(a):
    return A().run(a)
""",
        [(1,), (2,)],
    ),
    "both at the start only": (
        """
class A:
    @once.start
    def __init__(self, a):
        self.a = self._made(a)
    @once.start
    def _made(self, a):
        return [a]
def f(a):
    return A(a).a
""",
        [(1,), (2,)],
    ),
}


def private(text):
    """The functions whose names begin with one underscore, and those that say so."""
    names = [line.split("def ")[1].split("(")[0] for line in text.splitlines() if "def " in line]
    return {name for name in names if name.startswith("_") and name != "__init__"}


@pytest.mark.parametrize("kind", PLACED)
def test_it_does_the_same_where_it_is_called(kind):
    text, arguments = PLACED[kind]
    gone = same(text, arguments)
    assert private(text) <= {name.rpartition(".")[2] for name in gone}


def test_the_method_of_an_attribute_is_gone():
    text, arguments = PLACED["a method of what is called here alone"]
    assert same(text, arguments) == {"A.step_on"}


def test_a_name_that_may_be_somebody_elses_stays():
    text = "class A:\n    def run(self, a):\n        return self._g(a)\n"
    text += "    def _g(self, a):\n        return a\ndef f(a):\n    return A().run(a)\n"
    assert same(text, [(1,)], foreign=["_g"]) == set()
    assert same(text, [(1,)]) == {"A._g"}


def test_another_module_that_imports_it():
    text = "def f(a):\n    _g(a)\ndef _g(a):\n    log(a)\n"
    assert placed(text)[0] == {"_g"}
    assert placed(text, n="from m import _g\nx = _g\n")[0] == set()
    assert placed(text, n="import m\nx = m._g\n")[0] == set()


MANY = "    b, c, d, e = range(4)\n    log([b, c, d, e])\n"
DEEP = "def _g(a):\n    i = a + 1\n    j = i * a\n    k = i * j\n    log((a, i, j, k))\n"


def test_a_function_that_allocates_nothing_stays_so():
    text = "def f(a):\n" + MANY + "    _g(a)\n    log([b, c, d, e])\n" + DEEP
    assert slots_of(text) == [10, 9]
    assert same(text, [(1,), (2,)]) == set()


def test_variables_that_are_not_in_use_any_more_make_room():
    text = "def f(a):\n" + MANY + "    _g(a)\n" + DEEP
    gone, sources = placed(text)
    assert gone == {"_g"} and slots_of(sources["m"]) == [10]


def test_a_function_that_runs_once_may_take_more():
    text = "class A:\n    @once.start\n    def start(self, a):\n" + MANY.replace("    ", "        ")
    text += "        _g(a)\n        log([b, c, d, e])\n"
    text += DEEP + "def f(a):\n    A().start(a)\n    A().start(3)\n"
    assert same(text, [(1,), (2,)]) == {"_g"}


def test_a_function_that_allocates_anyway_may_take_more():
    text = "def f(a):\n    m = n = o = a\n" + MANY
    text += "    _g(a)\n    log([b, c, d, e, m, n, o])\n" + DEEP
    assert slots_of(text)[0] > 11
    assert same(text, [(1,), (2,)]) == {"_g"}


def test_a_task_does_not_keep_what_a_variable_had():
    text = "import gc\nclass Big:\n    pass\nasync def f(a):\n    _g(a)\n    await a.wait()\n"
    text += "def _g(a):\n    big = Big()\n    count = len(log(big))\n    log((big, count))\n"
    gone, sources = placed(text)
    assert gone == {"_g"}
    assert sources["m"].count(" = None") == 1  # the number stays


def test_nor_what_is_evaluated_before_the_call():
    text = "async def f(a):\n    a.put(a.read() + _g(a))\n    await a.wait()\n"
    text += "def _g(a):\n    log(a)\n    return len(a)\n"
    assert placed(text)[0] == set()
    assert placed(text.replace("async ", "").replace("await ", ""))[0] == {"_g"}


def test_nor_what_runs_the_tasks():
    text = "import asyncio\ndef f(a):\n    _g(a)\n    asyncio.run(a)\n"
    text += "def _g(a):\n    import big\n    big.do(a)\n"
    gone, sources = placed(text)
    assert gone == {"_g"} and "_0 = None" in sources["m"]


def test_a_function_that_it_exchanges_is_looked_up_before():
    text = "class A:\n    def __init__(self):\n        self.do = log\n"
    text += "    def run(self, a):\n        self.do(self._g(a))\n"
    text += "    def _g(self, a):\n        self.do = len\n        log(a)\n        return a\n"
    text += "def f(a):\n    A().run(a)\n"
    assert same(text, [(1,), (2,)]) == set()
    assert same(text.replace("self.do = len", "self.i = 1"), [(1,), (2,)]) == set()
    assert same(text.replace("self.do(", "[].append("), [(1,), (2,)]) == {"A._g"}


def test_after_an_error_neither():
    text = "async def f(a):\n    try:\n        _g(a)\n    except OSError:\n        pass\n"
    text += "    await a.wait()\ndef _g(a):\n    big = bytearray(a)\n    log(big)\n"
    assert placed(text)[0] == set()
    assert placed(text.replace("async ", "").replace("await ", ""))[0] == {"_g"}


def functions_of(trees):
    """Of modules and classes, by module, class or "", and name."""
    return {
        (name, getattr(owner, "name", ""), node.name): node
        for name, tree in trees.items()
        for owner in (tree, *(node for node in tree.body if isinstance(node, ast.ClassDef)))
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_no_function_of_the_firmware_begins_to_allocate():
    trees = {
        ".".join(path.relative_to(FIRMWARE).with_suffix("").parts): ast.parse(path.read_text())
        for path in sorted(FIRMWARE.rglob("*.py"))
    }
    before = calls.words_of(functions_of(trees), slots_of)
    gone = calls.put_calls_in_place(trees, KEPT, set(), slots_of)
    functions = functions_of(trees)
    after = calls.words_of(functions, slots_of)
    assert len(gone) > 100 and len(before) - len(after) == len(gone)
    larger = {key for key, taken in after.items() if taken > ON_STACK >= before[key]}
    assert {key for key in larger if not calls.runs_once(functions[key])} == set()
