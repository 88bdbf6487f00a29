"""Prints what Bluetooth hears, an advertisement a line, or why it cannot listen."""


def scan(seconds):
    try:
        import asyncio
        import json

        import bluetooth

        bluetooth.BLE().active(True)  # what fails here is said; the firmware would reset the board
        from transport import ble_scan

        for entry in asyncio.run(ble_scan.scan(seconds)):
            print("heard", json.dumps(entry))
    except ImportError as e:
        print("missing", e)
    except OSError as e:
        print("radio", e)
