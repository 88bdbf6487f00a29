"""One frame as its bytes, by what it says in V, A, %, degC and mV."""

from store import frame, half


def a_frame(
    timestamp, volts=53.25, amps=10, soc=91, degrees=23.5, cells=(3318, 3341), which=(3, 11)
):
    """None: not known. which: the lowest and the highest cell, from 0."""
    buf = bytearray(frame.SIZE)
    halves = [
        half.UNKNOWN if v is None else half.from_milli(round(v * 1000)) for v in (volts, amps)
    ]
    tenths = None if degrees is None else round(degrees * 10)
    frame.encode_into(
        buf,
        0,
        1,
        timestamp,
        *halves,
        tenths,
        None,
        *(cells or (None, None)),
        *(which or (None, None)),
    )
    buf[7] = 255 if soc is None else round(soc * 2)
    return bytes(buf)
