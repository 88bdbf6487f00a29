"""Packs for the display, and what stands on it."""

from bms.chargery import HINTS
from sample import Sample
from screen.state import Health, PackView

# The custom characters as they stand in a row: full bar, 1 to 4 dots of it, degree, triangles
FULL = "\x04"
PAGE_MS = 4_000


def pack_of(cells, voltage, current, soc, temperature, name="Garage", hints=HINTS):
    sample = Sample()
    sample.voltage = voltage
    sample.current = current
    sample.soc = soc
    sample.temperatures[0] = temperature
    sample.cell_count = len(cells)
    for i in range(len(cells)):
        sample.cells[i] = cells[i]
    sample.find_extremes()
    pack = PackView(name, sample, hints)
    pack.heard = True
    pack.age_ms = 1_400
    return pack


def garage():
    return pack_of((3325, 3324, 3301, 3330), 13280, 22800, 91, 131)


def boat():
    return pack_of((3210,) * 24, 77040, -4500, 40, -45, "Boat", ("BMS on?", "Check the cable"))


def unknown():
    pack = PackView("Garage", Sample(), HINTS)
    pack.heard = True
    return pack


def rows_of(screen, packs, health=None, page=0):
    rows = screen.render(packs, health or Health(), page * PAGE_MS)
    for row in rows:
        assert len(row) == len(rows[0])
    return [text_of(row) for row in rows]


def pages_of(screen, packs, health=None, count=8):
    """Each different page once, in order."""
    seen = []
    for page in range(count):
        rows = rows_of(screen, packs, health, page)
        if rows not in seen:
            seen.append(rows)
    return seen


def text_of(row):
    return bytes(row).decode()


def field(width, put, *args):
    row = bytearray(b" " * width)
    put(row, 0, width, *args)
    return text_of(row)
