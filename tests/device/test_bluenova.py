"""The BlueNova decoder: each line's value, what a round is, what is unknown and what too long."""

import gc

from bms.bluenova import LINE, LINES, LONGEST, MAX_TEXT, QUIET, Decoder
from sample import EXTRAS, TEXTS


class Console:
    """A decoder, and what each of its readings said."""

    def __init__(self, cells=0, new_only=False):
        self.readings = []
        self.decoder = Decoder(self._take, cells, new_only)
        self.stats = self.decoder.stats

    def _take(self, sample):
        said = {}
        for name in ("voltage", "current", "soc", "soh"):
            said[name] = getattr(sample, name)
        said["temperature"] = sample.temperature
        said["cells"] = sample.cells[: sample.cell_count]
        said["degrees"] = sample.cell_temperatures[: sample.cell_count]
        said["extremes"] = (sample.min_cell, sample.max_cell)
        said["extras"] = dict(sample.extras)
        said["texts"] = dict(sample.texts)
        self.readings.append(said)

    def say(self, *lines):
        for line in lines:
            self.decoder.feed((line + "\n").encode())
        return self

    def wait(self, seconds):
        for _ in range(seconds):
            assert self.decoder.request() == b""
        return self

    def values(self, name):
        return [said[name] for said in self.readings]


def reading(*lines):
    """What the one reading of these lines says."""
    console = Console().say(*lines)
    console.decoder.finish()
    assert len(console.readings) == 1, lines
    return console.readings[0]


def extra(name, line):
    return reading("Current: 0", line)["extras"][name]


def text(name, line):
    return reading("Current: 0", line)["texts"][name]


CELLS = ["C%02d) T: %d, V: %d" % (i, 20 + i, 3300 + i) for i in range(1, 17)]
STATUS = ["Vpack: 52936", "Current: -12.34", "Temp: 23", "Vc_max: 3316", "Vc_min: 3301"]
STATUS += ["SOC: 87", "SOH: 98.7", 'Errors: ""', "System_State: NORMAL RUN", "Breaker: CLOSED"]
STATUS += ["Charge State: DISCHARGING (12.3 A)"]
ROUND = CELLS + STATUS


def test_a_whole_round():
    said = reading(*ROUND)
    assert said["voltage"] == 52936 and said["current"] == -12340
    assert said["temperature"] == 230 and said["soc"] == 87 and said["soh"] == 987
    assert said["cells"] == [3300 + i for i in range(1, 17)]
    assert said["degrees"] == [10 * (20 + i) for i in range(1, 17)]
    assert said["extremes"] == (0, 15)
    assert (said["extras"]["vc_max"], said["extras"]["vc_min"]) == (3316, 3301)
    assert said["texts"]["errors"] == "" and said["texts"]["system_state"] == "NORMAL RUN"
    assert said["texts"]["breaker"] == "CLOSED" and said["texts"]["charge_state"] == "DISCHARGING"


def test_every_line_says_what_it_says():
    assert extra("mcu_id", "MCU ID: DEADBEEF") == 0xDEADBEEF
    assert extra("mcu_id", "MCU ID: 0x00ab12Cd") == 0xAB12CD
    assert extra("mcu_id", "MCU ID: 0") == 0
    assert extra("units", "--- PO PARAMS --- (i=3) ---") == 3
    assert extra("rank", "after assignRank() --> own rank = 2") == 2
    assert extra("cells_present", "CellCount: 16") == 16
    assert extra("vc_max", "Vc_max: 3412") == 3412
    assert extra("vc_min", "Vc_min: 2987") == 2987
    assert extra("adc_vp", "Vp_adc: 53120") == 53120
    assert extra("adc_0", "DEBUG: ADC[0]: 2048 = 1650.4") == 1650
    assert extra("adc_1", "DEBUG: ADC[1]: 1 = 0.5") == 1
    assert extra("adc_2", "DEBUG: ADC[2]: 17 = 12.4999") == 12
    assert extra("adc_3", "DEBUG: ADC[3]: -3 = -12.5") == -13
    assert extra("adc_4", "DEBUG: ADC[4]: 4095 = 3300.000 mV") == 3300
    assert extra("bad_crc", "INFO: BAD CRC") == 1
    assert extra("parse_fail", "INFO: cellcomms parse FAIL (len 12)") == 1
    assert extra("bad_cell_voltage", "DEBUG: REJECT BAD V 65535") == 1
    assert text("errors", 'Errors: "OVERTEMP, CELL 3" (2)') == "OVERTEMP, CELL 3"
    assert text("system_state", "System_State: PRE CHARGE ") == "PRE CHARGE"
    assert text("breaker", "Breaker: OPEN") == "OPEN"
    assert text("charge_state", "Charge State: FULL at last") == "FULL"
    assert text("charge_state", "Charge State: IDLE") == "IDLE"
    assert reading("Vpack: 52936")["voltage"] == 52936
    assert reading("Current: 0", "SOC: 100")["soc"] == 100
    assert reading("Current: 0", "SOH: 99.96")["soh"] == 1000
    assert reading("Current: 0", "Temp: -7")["temperature"] == -70
    assert set(Console().decoder.sample.extras) == set(EXTRAS)
    assert set(Console().decoder.sample.texts) == set(TEXTS)


def test_every_line_is_counted_by_what_it_says():
    console = Console().say(*ROUND)
    accepted = console.stats["accepted"]
    assert accepted["cells"] == 16 and accepted["voltage"] == accepted["errors"] == 1
    assert set(accepted) <= {row[1] for row in LINES}
    assert console.stats["rejected"] == console.stats["bytes_skipped"] == 0


def test_numbers():
    for words, milliamps in (
        ("-12.34", -12340),
        ("-0.5", -500),
        (".5", 500),
        ("-.5", -500),
        ("12.", 12000),
        ("+3.25", 3250),
        ("0", 0),
        ("-0.00", 0),
        ("007", 7000),
        ("  1.5", 1500),
        ("1.5 A", 1500),
        ("1.5A", 1500),
        ("1.2345678", 1234),
        ("2000", 2000000),
        ("1.5\t", 1500),
    ):
        assert reading("Current: " + words)["current"] == milliamps, words


def test_what_is_no_number():
    for words in (
        "nan", "-nan", "inf", "1e3", "1E3", "", "-", ".", "-.", "--5", "1.2.3", "1-2", "0x10",
        "abc", "2000.001", "-2001", "99999999999999999999", '"5"', "- 5",
    ):  # fmt: skip
        console = Console().say("Vpack: 52000", "Current: " + words)
        console.decoder.finish()
        assert console.values("current") == [None], words
        assert console.stats["rejected"] == 1, words
    for line in (
        "MCU ID: 123456789",
        "MCU ID: xyz",
        "MCU ID: ",
        "MCU ID: -1",
        "MCU ID: 1.5",
        "MCU ID: 0x",
    ):
        console = Console().say("Current: 0", line)
        console.decoder.finish()
        assert console.readings[0]["extras"]["mcu_id"] is None, line
        assert console.stats["rejected"] == 1, line


def test_values_that_cannot_be():
    for line in (
        "Vpack: 7999", "Vpack: 100001", "Vpack: -52000", "Temp: -61", "Temp: 151", "Vc_max: 6001",
        "Vc_min: -1", "SOC: 101", "SOC: -1", "SOH: 111", "C01) T: 20, V: 65000", "C00) T: 20, V: 1",
        "C17) T: 20, V: 3300", "C01) T: 20", "C01) T: , V: 3300", "C1", "CellCount: 256",
        "DEBUG: ADC[5]: 1 = 2", "DEBUG: ADC[0]: 1", 'Errors: "cut off', "Write EnergyOut: -1",
        "--- PO PARAMS --- (i=)",
    ):  # fmt: skip
        console = Console().say("Current: 1", line)
        console.decoder.finish()
        said = console.readings[0]
        assert (said["voltage"], said["temperature"], said["soc"], said["soh"]) == (None,) * 4, line
        assert said["cells"] == [] and said["texts"]["errors"] is None, line
        known = {name: value for name, value in said["extras"].items() if value is not None}
        assert known == {"bad_crc": 0, "parse_fail": 0, "bad_cell_voltage": 0}, line
        assert console.stats["rejected"] == 1, line
        assert console.stats["bytes_skipped"] == len(line) + 1, line


def test_lines_that_only_look_like_it():
    console = Console().say(
        " Vpack: 52000", "vpack: 52000", "Vpack 52000", "Current limit: 5", "SOCKET: 5", "CAN: 1",
        "C01 T: 20, V: 3300", "[12] SOC: 50", "DEBUG: ADC done", "Errors: none", "",
        "INFO: BAD", "Temperature: 20", "Write Energy: 5", "MCU: 5", "CX1) T: 1, V: 3300",
    )  # fmt: skip
    console.decoder.finish()
    assert console.readings == [] and console.stats["accepted"] == {}
    assert console.stats["rejected"] == 1  # the cell without its bracket
    assert console.stats["bytes_skipped"] > 150


def test_a_cell_without_a_temperature_that_can_be():
    said = reading("C01) T: -128, V: 3301", "C02) T: 21, V: 3302.6")
    assert said["cells"] == [3301, 3303] and said["degrees"] == [None, 210]


def test_cells_in_any_order_and_with_gaps():
    said = reading("C05) T: 1, V: 3305", "C02) T: 2, V: 3302", "C04) T: 3, V: 12")
    assert said["cells"] == [0, 3302, 0, 0, 3305]
    assert said["degrees"] == [None, 20, None, 30, 10] and said["extremes"] == (1, 4)
    assert reading("C03) T: 1, V: 0", "C01) T: 1, V: 3301")["cells"] == [3301]
    console = Console().say(*ROUND).say("C01) T: 1, V: 3301", "C04) T: 1, V: 3304")
    console.decoder.finish()
    assert console.values("cells")[1] == [3301, 0, 0, 3304]  # not those of the round before


def test_configured_cells_show_whatever_they_read():
    console = Console(cells=3)
    console.say("C01) T: 1, V: 0", "C02) T: 2, V: 40", "C03) T: 3, V: 3303", "C04) T: 4, V: 3304")
    console.decoder.finish()
    assert console.values("cells") == [[1, 40, 3303]] and console.values("extremes") == [(0, 2)]


def test_a_measurement_that_comes_again_ends_the_round():
    console = Console().say(*(ROUND * 3))
    assert len(console.readings) == 2
    console.decoder.finish()
    assert len(console.readings) == 3
    assert console.readings[0] == console.readings[1] == console.readings[2]
    for line in CELLS[:1] + STATUS[:1] + STATUS[2:7]:
        assert len(Console().say("Current: 1", line, "Breaker: OPEN", "Current: 1", line).readings)


def test_what_did_not_come_is_unknown():
    console = Console().say(*ROUND).say("C01) T: 25, V: 3400", "Vpack: 53000").say(*ROUND)
    console.decoder.finish()
    whole, half, again = console.readings
    assert whole == again
    assert half["cells"] == [3400] and half["degrees"] == [250] and half["voltage"] == 53000
    names = ("current", "temperature", "soc", "soh")
    assert [half[name] for name in names] == [None] * 4
    assert half["extras"]["vc_max"] is half["extras"]["vc_min"] is None
    assert all(said is None for said in half["texts"].values())


def test_half_a_round_with_another_beginning():
    console = Console().say(*ROUND).say(*STATUS).say(*ROUND)
    console.decoder.finish()
    # The cells that come behind a round without cells are still its own: nothing is told twice.
    assert [len(cells) for cells in console.values("cells")] == [16, 16, 0]
    assert console.values("voltage") == [52936] * 3


def test_texts_and_adcs_are_of_their_round():
    console = Console().say("Vpack: 52000", "Breaker: OPEN", "Vp_adc: 52001", "Vpack: 52002")
    console.say("DEBUG: ADC[2]: 5 = 6", "Vpack: 52003")
    assert [texts["breaker"] for texts in console.values("texts")] == ["OPEN", None]
    assert [extras["adc_vp"] for extras in console.values("extras")] == [52001, None]
    assert [extras["adc_2"] for extras in console.values("extras")] == [None, 6]


def test_what_the_unit_says_once_stays_until_the_link_is_lost():
    console = Console().say("MCU ID: 1A", "CellCount: 16", "INFO: BAD CRC")
    console.say("--- PO PARAMS --- (i=2)", "after assignRank() --> own rank = 1")
    console.say(*(ROUND + ROUND)).say("CellCount: 15", "INFO: BAD CRC")
    console.decoder.finish()
    names = ("mcu_id", "cells_present", "units", "rank", "bad_crc", "parse_fail")
    said = [[extras[name] for name in names] for extras in console.values("extras")]
    assert said == [[26, 16, 2, 1, 1, 0], [26, 15, 2, 1, 2, 0]]
    console.decoder.forget()
    assert [console.decoder.sample.extras[name] for name in names] == [None] * 4 + [2, 0]


def test_energies_come_in_pairs():
    store = "DEBUG: CALC PACK_CHARGE, STORE IN FLASH"
    for lines, energies in (
        ((store, "Write EnergyOut: 1234.567", "Write EnergyOut: 1300.5"), (1234567, 1300500)),
        ((store, "SOC: 5", "Write EnergyOut: 2", "INFO: x", "Write EnergyOut: 3"), (2000, 3000)),
        (("Write EnergyOut: 1", "Write EnergyOut: 2"), (None, None)),
        ((store, "Write EnergyOut: 1"), (None, None)),
        ((store, "Write EnergyOut: 1", store, "Write EnergyOut: 2"), (None, None)),
        ((store, "Write EnergyOut: 1", "Write EnergyOut: 1", "Write EnergyOut: 2"), (1000, 2000)),
        ((store, "Write EnergyOut: nan", "Write EnergyOut: 2", "Write EnergyOut: 3"), (None, None)),
        ((store, "Write EnergyOut: 1", "Write EnergyOut: 2", "Write EnergyOut: 3"), (1000, 2000)),
    ):
        extras = reading("Current: 1", *lines)["extras"]
        assert (extras["energy_out"], extras["energy_in"]) == energies, lines
    console = Console().say(store, "Write EnergyOut: 4", "Write EnergyOut: 5").say(*(ROUND + ROUND))
    console.decoder.finish()
    assert [extras["energy_in"] for extras in console.values("extras")] == [5000, 5000]


def test_current_may_come_as_often_as_it_likes():
    console = Console()
    for n in range(5):
        for i, line in enumerate(ROUND):
            console.say(line)
            if i % 3 == 0:
                console.say("Current: %d.%02d" % (n, i))
    console.decoder.finish()
    whole = [said for said in console.readings if len(said["cells"]) == 16]
    assert len(whole) >= 4 and all(said["voltage"] and said["soc"] for said in whole)
    assert len(console.readings) <= 8


def test_current_alone_makes_readings():
    console = Console().say("Current: 1", "Current: 2", "Current: 3")
    console.decoder.finish()
    assert console.values("current") == [1000, 2000, 3000]
    console = Console().say("Breaker: OPEN", "Current: 1", "Current: 2", "Current: 3")
    console.decoder.finish()
    assert console.values("current") == [1000, 2000, 3000]


def test_a_line_sent_twice_is_one():
    doubled = []
    for line in ROUND:
        doubled += [line, line]
    console = Console().say(*doubled).say(*doubled)
    console.decoder.finish()
    assert len(console.readings) == 2 and console.readings[0] == reading(*ROUND)
    # but a BMS that says one thing only says it again
    console = Console().say(*["Vpack: 52000"] * 5)
    console.decoder.finish()
    assert len(console.readings) == 3


def test_no_reading_without_voltage_current_or_a_cell():
    console = Console().say("SOC: 50", "Temp: 20", "Breaker: OPEN", "SOC: 51", "Temp: 21").wait(30)
    assert console.readings == []
    console.say("Vpack: 52000").wait(QUIET)
    assert console.values("voltage") == [52000] and console.values("soc") == [51]
    assert console.readings[0]["texts"]["breaker"] == "OPEN"


def test_silence_ends_a_round():
    console = Console().say(*ROUND)
    console.wait(QUIET - 1)
    assert console.readings == []
    console.wait(1)
    assert len(console.readings) == 1
    console.wait(100)
    assert len(console.readings) == 1
    console.say("SOH: 98.7", "Current: 5").wait(QUIET)
    assert console.values("soh") == [987, 987] and console.values("soc") == [87, None]


def test_noise_is_silence_too():
    console = Console().say(*ROUND)
    for _ in range(QUIET):
        console.say("INFO: heartbeat", "INFO: BAD CRC", "Current limit: 3").wait(1)
    assert len(console.readings) == 1


def test_no_round_goes_on_for_ever():
    console = Console().say("Vpack: 52000", "Temp: 20", "Vpack: 52001")
    for n in range(LONGEST):
        assert len(console.readings) == 1
        console.say("Current: %d" % n).wait(1)
    assert console.values("current") == [None, 1000 * (LONGEST - 1)]
    assert console.values("temperature") == [200, None]


def test_a_new_link_begins_anew():
    console = Console().say(*ROUND)
    console.decoder.feed(b"SOC: 5")
    console.decoder.forget()
    assert console.stats["bytes_skipped"] == len("SOC: 5")
    assert console.decoder.sample.voltage is None and console.decoder.sample.cell_count == 0
    console.wait(20)
    assert console.readings == []
    console.say("5", "Current: 1", "Current: 2")
    assert console.values("voltage") == [None] and console.values("current") == [1000]


def test_any_chunks_and_line_ends():
    expected = Console().say(*(ROUND * 3))
    for end in ("\n", "\r\n"):
        data = (end.join(ROUND * 3) + end).encode()
        for size in (1, 2, 3, 7, 64, len(data)):
            console = Console()
            for at in range(0, len(data), size):
                console.decoder.feed(data[at : at + size])
            assert console.readings == expected.readings, (end, size)
    buf = bytearray(100)
    buf[:12] = b"Current: 1.5"
    console = Console()
    console.decoder.feed(buf, 12)
    console.decoder.finish()
    assert console.values("current") == [1500]


def test_long_lines():
    for length in (LINE, LINE + 1, LINE + 2, 5000):
        console = Console().say("Current: 1")
        line = "Vpack: 52000" + " " * (length - 12)
        console.say(line, "Vpack: 53000")
        console.decoder.finish()
        fits = length <= LINE
        assert console.stats["too_long"] == (not fits), length
        assert console.values("voltage") == ([52000, 53000] if fits else [53000])
        assert console.stats["bytes_skipped"] == (0 if fits else length + 1)


def test_a_long_line_that_is_cut_off():
    console = Console()
    console.decoder.feed(b"x" * 1000)
    console.decoder.finish()
    assert console.stats["too_long"] == 1 and console.stats["bytes_skipped"] == 1001
    console.decoder.feed(b"x" * 1000)
    console.decoder.forget()
    assert console.stats["bytes_skipped"] == 2001
    console.say("Current: 1", "Current: 2")
    assert console.values("current") == [1000]


def test_bytes_that_are_no_text():
    console = Console()
    console.decoder.feed(b"Current: 1\n\xff\xfe\x00Vpack: 1\nSystem_State: \xc3\xbc\xff\x01OK\n")
    console.decoder.feed(bytes(range(256)) + b"\nBreaker: " + b"y" * 200 + b"\nSOC: 5\xb0\n")
    console.decoder.finish()
    texts = console.readings[0]["texts"]
    assert texts["system_state"] == "????OK" and texts["breaker"] == "y" * MAX_TEXT
    assert console.values("soc") == [5]


def test_a_text_that_says_the_same_is_the_same():
    seen = []
    decoder = Decoder(lambda sample: seen.append(sample.texts["breaker"]))
    for word in ("OPEN", "OPEN", "SHUT", "OPENED", "OPEN"):
        decoder.feed(("Current: 1\nBreaker: " + word + "\nCurrent: 2\n").encode())
    assert [word for word in seen if word] == ["OPEN", "OPEN", "SHUT", "OPENED", "OPEN"]
    same = [word for word in seen if word == "OPEN"]
    assert same[0] is same[1]


def test_new_only_changes_nothing():
    one, other = Console(), Console(new_only=True)
    for console in (one, other):
        console.say(*(ROUND * 3))
    assert one.readings == other.readings and len(one.readings) == 2


def test_a_round_takes_next_to_no_memory():
    if not hasattr(gc, "mem_alloc"):
        return  # CPython
    decoder = Decoder(lambda sample: None)
    data = ("\n".join(ROUND) + "\n").encode()
    for _ in range(3):
        decoder.feed(data)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(20):
        decoder.feed(data)
        decoder.request()
    used = gc.mem_alloc() - before
    gc.enable()
    assert used < 20 * 128, used
