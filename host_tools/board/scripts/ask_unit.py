"""Asks a Bluetooth unit for one reading, as each of some kinds in turn. Prints "asking" and the
kind before each, and "reading", kind, cells and mV of the one that it answers as, or "silent" and
what its link says; or why the radio does not work.
"""


def ask_unit(address, kinds):
    try:
        import asyncio

        import finder

        for kind, uuids in kinds:
            print("asking", kind)
            found = asyncio.run(finder.ask(kind, uuids, (address, "", "")))
            if isinstance(found, tuple):
                print("reading", kind, *found)
                break
            print("silent", found)
            if found in finder.PIN_WANTED:
                break
    except ImportError as e:
        print("missing", e)
    except (OSError, asyncio.TimeoutError) as e:
        print("radio", repr(e))
