"""Prints yes if the board's MicroPython has Bluetooth, else no."""


def has_bluetooth():
    try:
        import bluetooth

        print("yes")
    except ImportError:
        print("no")
