"""Asks a Bluetooth unit for one reading, as each of some kinds in turn. Prints "asking" and the
kind before each, and "reading", kind, cells and mV of the one that it answers as; or why not.
"""


def ask_unit(address, kinds):
    try:
        import asyncio

        import finder

        for kind, uuids in kinds:
            print("asking", kind)
            found = asyncio.run(finder.ask(kind, uuids, address, ""))
            if found:
                print("reading", kind, *found)
                break
    except ImportError as e:
        print("missing", e)
    except (OSError, asyncio.TimeoutError) as e:
        print("radio", repr(e))
