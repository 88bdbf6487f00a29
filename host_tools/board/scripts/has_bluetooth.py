"""Prints yes if the board's MicroPython has Bluetooth, else no."""


def has_bluetooth():
    try:
        __import__("bluetooth")
        print("yes")
    except ImportError:
        print("no")
