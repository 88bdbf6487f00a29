"""The BlueNova decoder: what each line says, and which lines say nothing."""

from bluenova_console import ROUND, Console, extra, reading, text

from bms.bluenova import LINES, Decoder
from sample import EXTRAS, TEXTS


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


def test_configured_cells_show_whatever_they_read():
    console = Console(cells=3)
    console.say("C01) T: 1, V: 0", "C02) T: 2, V: 40", "C03) T: 3, V: 3303", "C04) T: 4, V: 3304")
    console.decoder.finish()
    assert console.values("cells") == [[1, 40, 3303]] and console.values("extremes") == [(0, 2)]


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


def test_a_text_that_says_the_same_is_the_same():
    seen = []
    decoder = Decoder(lambda sample: seen.append(sample.texts["breaker"]))
    for word in ("OPEN", "OPEN", "SHUT", "OPENED", "OPEN"):
        decoder.feed(("Current: 1\nBreaker: " + word + "\nCurrent: 2\n").encode())
    assert [word for word in seen if word] == ["OPEN", "OPEN", "SHUT", "OPENED", "OPEN"]
    same = [word for word in seen if word == "OPEN"]
    assert same[0] is same[1]
