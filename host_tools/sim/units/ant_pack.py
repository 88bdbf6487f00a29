"""What a simulated pack says in the numbers of an ANT unit, which both of its protocols have."""

from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V, Pack

MAKER = 0x0657
_OFF_BY_CELL, _BALANCES = 2, 4  # states of a MOSFET, of the balancer


def numbers(pack: Pack) -> tuple[list[int], int, int, int, int]:
    """Cells (mV), current (0.1 A, discharge positive), charge and capacity (uAh), SoC (%)."""
    return (
        [round(volts * 1000) for volts in pack.cells],
        -round(pack.amps * 10),
        round(pack.charge_ah * 1000000),
        round(pack.capacity_ah * 1000000),
        int(pack.soc),
    )


def temperatures(pack: Pack) -> tuple[int, int, int]:
    """degC: two sensors, and the MOSFETs, which the current warms."""
    inner, outer = (round(degrees) for degrees in pack.temperatures)
    return inner, outer, round(inner + abs(pack.amps) / 20)


def states(pack: Pack) -> dict:
    """What is switched on, and for how long the unit has run (s)."""
    leads = max(pack.cells) > max(BALANCE_V, min(pack.cells) + BALANCE_OVER_LOWEST_V)
    stopped = pack.charge_stopped, pack.discharge_stopped
    return {
        "fets": tuple(_OFF_BY_CELL if each else 1 for each in stopped),
        "balancer": _BALANCES * leads,
        "uptime": int(pack.time_s),
    }
