"""CSVs for packlog encode, and what comes of them."""

import io

from host_tools.export import csv as csv_export
from host_tools.history.frames import load as load_frames
from host_tools.trial import encode
from host_tools.trial.plan import Plan

COLUMNS = (
    "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
    "min_voltage_cell,max_voltage_cell"
)
NOON = 1780315200  # 2026-06-01T12:00:00Z
ROW = "53.25,10.000,23.5,91,3.318,3.341,4,12"
EVERY = Plan(name="house", every=True)


def a_csv(folder, *rows, columns=COLUMNS):
    path = folder / "readings.csv"
    path.write_text("\n".join((columns, *rows)) + "\n")
    return path


def many(count, every_s=2, current=lambda i: 10 + i % 7, cells="3.318 3.341"):
    """Rows with the columns of replay, one every so many seconds."""
    return [
        f"{NOON + i * every_s},53.25,{current(i)},23.5,91,3.318,3.341,1,2,{cells}"
        for i in range(count)
    ]


def encoded(folder, path, plan=EVERY):
    encode.encode(path, folder / "out", plan)
    return folder / "out" / plan.name


def csv_of(*paths):
    """The lines of decode's CSV, without the first, times in seconds since 1970."""
    out = io.StringIO()
    csv_export.write(load_frames(paths), out.write, True)
    return out.getvalue().splitlines()[1:]
