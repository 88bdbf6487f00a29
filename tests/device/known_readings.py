"""A reading of a pack of each kind, and what Chargery's topics say of the first."""

from sample import Sample


def reading():
    """A Chargery pack of 4 cells at 53.28 V, -5.2 A."""
    sample = Sample()
    sample.voltage, sample.current, sample.soc, sample.mode = 53280, -5200, 74, 0
    sample.energy, sample.charge = 9871234, 180500
    sample.full_cell_voltage = 3650
    sample.cells[:4] = [3330, 3331, 3320, 3325]
    sample.cell_count = 4
    sample.find_extremes()
    sample.impedances[:4] = [3, 5, 4, 5]
    sample.impedance_count = 4
    sample.temperatures[:2] = [228, -5]
    return sample


CHARGERY_TOPICS = {
    "watthour": b"9871.234",
    "amphour": b"180.5",
    "batteryvolt": b"53.28",
    "cellhigh": b"3.331",
    "celllow": b"3.32",
    "maxvolt": b"3.65",
    "current": b"-5.2",
    "modename": b"Discharge",
    "modeint": b"0",
    "temp1": b"22.8",
    "temp2": b"-0.5",
    "soc": b"74",
    "aggimped": b"1.7",
}


def jk():
    """A JK pack of 32 cells that knows everything a JK unit tells."""
    sample = Sample()
    sample.voltage, sample.current, sample.soc, sample.soh = 106496, -12345, 51, 985
    sample.charge, sample.capacity, sample.cycles = 140123, 280000, 12
    sample.balance_current, sample.switches, sample.errors = -512, 5, 65536
    sample.cells[:] = [3328] * 32
    sample.cell_count = 32
    sample.find_extremes()
    sample.impedances[:] = [1234] * 32
    sample.impedance_count = 32
    sample.wires = True
    sample.temperatures[:] = [-105, 228, 229, 230, 231, 402]
    sample.extras.update({"charge_out": 987654321, "bms_uptime": 123456789})
    sample.texts.update({"model": "JK_B2A24S20P", "hardware": "10.XG", "software": "10.07"})
    return sample


def bluenova():
    """A BlueNova unit with all that its console can tell."""
    sample = Sample()
    sample.voltage, sample.current, sample.soc, sample.soh = 52800, -123450, 51, 985
    sample.cells[:16] = [3300] * 16
    sample.cell_temperatures[:16] = [-105] * 16
    sample.cell_count = 16
    sample.find_extremes()
    for key in ("mcu_id", "units", "rank", "cells_present", "energy_in", "energy_out"):
        sample.extras[key] = 4294967295
    for key in ("adc_vp", "adc_0", "adc_1", "adc_2", "adc_3", "adc_4"):
        sample.extras[key] = 53281
    for key in ("bad_crc", "parse_fail", "bad_cell_voltage"):
        sample.extras[key] = 1000000
    for key in ("errors", "system_state", "breaker", "charge_state"):
        sample.texts[key] = "CELL_OVER_TEMPERATURE, PACK_OVER_CURRENT"
    return sample
