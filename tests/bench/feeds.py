"""What some BMSs send, reading by reading, with a current that never stays: each makes a frame."""

from host_tools.sim.units import chargery_wire, daly_wire, jbd_wire, jk_wire

READINGS = 20
CELLS = 16
JK_ADDRESS = "c8:47:8c:00:00:01"


def _amps(i):
    return (-1) ** i * (20 + 7 * i % 60)


def _cells(i):
    return [3300 + (i * k) % 23 for k in range(CELLS)]


def chargery():
    """A second's packets on the UART: cells, reading, impedances."""
    for i in range(READINGS):
        amps = _amps(i)
        mode = chargery_wire.CHARGE if amps > 0 else chargery_wire.DISCHARGE
        data = chargery_wire.cells_packet(_cells(i), energy=47000000 + i, charge=920000 + i)
        data += chargery_wire.reading_packet(3620, mode, 10 * abs(amps), 235, 131, 60)
        yield data + chargery_wire.impedances_packet(mode, 10 * abs(amps), [3] * CELLS)


def jk():
    """Frames of 300 bytes; the first says which device it is."""
    yield jk_wire.device_frame()
    for i in range(READINGS):
        values = {"current": 1000 * _amps(i), "soc": 60, "t1": 235, "t2": 220, "mosfet": 260}
        values |= {"capacity": 280000, "charge": 168000, "soh": 100}
        yield jk_wire.cell_frame("32S", _cells(i), [50] * CELLS, counter=i, **values)


def bluenova():
    """Rounds of the console's lines."""
    for i in range(READINGS):
        cells = _cells(i)
        lines = [f"C{k + 1:02d}) T: {20 + k % 5}, V: {mv}" for k, mv in enumerate(cells)]
        lines += [f"Vpack: {sum(cells)}", f"Current: {_amps(i)}.25", "Temp: 23"]
        lines += [f"Vc_max: {max(cells)}", f"Vc_min: {min(cells)}", "SOC: 60", "SOH: 98.700"]
        yield ("\n".join(lines) + "\n").encode()


def jbd():
    """Answers with the cells and the totals; the first say who it is."""
    yield 2 * jbd_wire.name_frame("JBD-SP16S")
    for i in range(READINGS):
        cells = _cells(i)
        totals = (sum(cells) // 10, 100 * _amps(i), 16800, 28000, 60, (235, 220))
        yield jbd_wire.cells_frame(cells) + jbd_wire.basic_frame(*totals)


def daly():
    """Answers with all that matters, and the MOSFETs' temperature; the first say who it is."""
    yield 2 * daly_wire.texts("T00K_321042_11", "H2.0_103R")
    for i in range(READINGS):
        status = daly_wire.status(_cells(i), 10 * _amps(i), 1680, 600, (23, 22))
        yield daly_wire.mosfet(26) + status


# By pack of CONFIGS: how its bytes come, and where to
LINKS = {
    "chargery": {"link": "uart", "uart": 2, "bytes": chargery},
    "jk": {"link": "ble", "address": JK_ADDRESS, "bytes": jk},
    "jbd": {"link": "ble", "address": JK_ADDRESS, "bytes": jbd},
    "daly": {"link": "ble", "address": JK_ADDRESS, "bytes": daly},
    "bluenova": {"link": "websocket", "port": 9000, "bytes": bluenova},
}


def of(bms):
    """What /trial.json says of a pack with this BMS."""
    link = LINKS[bms]
    return {**link, "bytes": [data.hex() for data in link["bytes"]()]}
