"""Runs the test_ functions of device tests on MicroPython: micropython run.py FILE [NAME ...].

Prints a line a test; the exit code is 1 if one failed.
"""

import sys


def run(path, names):
    """Import the file and call its tests (all, or those named). Returns how many failed."""
    folder, _, name = path.rpartition("/")
    sys.path.insert(0, folder)
    module = __import__(name[:-3])
    tests = names or sorted(n for n in dir(module) if n.startswith("test_"))
    failed = 0
    for test in tests:
        try:
            getattr(module, test)()
            print("ok", test)
        except Exception as error:
            failed += 1
            print("FAILED", test)
            sys.print_exception(error)
    return failed


if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1], sys.argv[2:]) else 0)
