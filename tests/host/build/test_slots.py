"""The words that a function takes, as MicroPython itself counts them."""

import subprocess

import pytest
from host_tools.build.compile import compiled, slots_of
from host_tools.build.slots import ON_STACK, slots
from host_tools.ground.micropython import find

FUNCTIONS = """
long = ("a text that is too long for a name", 1 << 70, 1.5, b"bytes", ("in", (2 << 70, "it")))
def none():
    pass
def two(a, b):
    return a + b
def tries(a):
    try:
        return a
    except OSError:
        pass
def around():
    def inner(a, b, c, d):
        return [a, b, c, d]
    return inner(1, 2, 3, 4)
class Meter:
    def read(self):
        return self
def many(a, b, c, d, e, f, g, h):
    return (a, b, c, d, e, f, g, h)
"""


def test_each_function_at_the_top_has_its_number():
    # One for each variable, and for the largest number of values on the stack; a try takes 3 for
    # itself and some for its error. A class is a function, too.
    assert slots_of(FUNCTIONS) == [1, 4, 10, 6, 1, 16]


def test_native_code_has_none():
    module = compiled("m.py", b"@micropython.native\ndef f(a):\n    return a\n", "armv7m")
    with pytest.raises(ValueError):
        slots(module)


@pytest.mark.parametrize("more", [0, 1])
def test_one_more_than_fit_the_stack_is_a_block_of_heap(more):
    names = ", ".join(f"v{i}" for i in range(ON_STACK - 1 + more))
    text = f"def f({names}):\n    return allocated()\n"
    assert slots_of(text) == [ON_STACK + more]
    script = f"""{text}
from gc import mem_alloc as allocated
{names} = ({names.replace("v", "1")})
def measured():
    return f({names})
def without():
    return allocated()
print(measured() - without())
"""
    done = subprocess.run([find(), "-c", script], capture_output=True, text=True, check=True)
    assert (int(done.stdout) > 0) == bool(more)
