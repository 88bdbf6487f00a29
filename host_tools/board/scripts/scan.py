"""Prints what Bluetooth hears, an advertisement a line, or why it cannot listen."""


def scan(seconds):
    try:
        import asyncio

        from transport import ble

        for entry in asyncio.run(ble.scan(seconds)):
            print("heard", repr(entry))
    except ImportError as e:
        print("missing", e)
    except OSError as e:
        print("radio", e)
