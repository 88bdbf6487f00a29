"""The BlueNova decoder: what a round is, when it ends, and what of it is unknown."""

import gc

from bluenova_console import CELLS, ROUND, STATUS, Console, reading

from bms.bluenova import LONGEST, QUIET, Decoder


def test_cells_in_any_order_and_with_gaps():
    said = reading("C05) T: 1, V: 3305", "C02) T: 2, V: 3302", "C04) T: 3, V: 12")
    assert said["cells"] == [0, 3302, 0, 0, 3305]
    assert said["degrees"] == [None, 20, None, 30, 10] and said["extremes"] == (1, 4)
    assert reading("C03) T: 1, V: 0", "C01) T: 1, V: 3301")["cells"] == [3301]
    console = Console().say(*ROUND).say("C01) T: 1, V: 3301", "C04) T: 1, V: 3304")
    console.decoder.finish()
    assert console.values("cells")[1] == [3301, 0, 0, 3304]  # not those of the round before


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


def test_live_changes_nothing():
    one, other = Console(), Console(live=True)
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


def test_what_a_battery_cannot_have_become_comes_twice():
    for line, near, far in (
        ("C03) T: 23, V: %d", 3803, 2802),
        ("Vpack: %d", 60936, 44935),
        ("Current: %d", -512, 488),
        ("Temp: %d", 33, 34),
        ("Vc_max: %d", 3816, 3817),
        ("Vc_min: %d", 2801, 2800),
        ("SOC: %d", 85, 84),
        ("SOH: %.1f", 96.7, 96.6),
    ):
        name = line.split(" ")[0]
        before = [said for said in ROUND if said.startswith(name)]
        rest = [said for said in ROUND if not said.startswith(name)]
        for value, times in ((near, 1), (far, 2)):
            console = Console().say(*ROUND)
            for _ in range(2):
                console.say(line % value, *rest)
            console.decoder.finish()
            seen = [said == console.readings[0] for said in console.readings]
            assert len(before) == 1 and console.stats["rejected"] == times - 1, line
            assert seen[0] and not seen[2] and len(seen) == 3, line
    # A new link may be another battery's.
    console = Console().say(*ROUND)
    console.decoder.forget()
    console.say("SOC: 12", "Current: 1").decoder.finish()
    assert console.values("soc")[-1] == 12


def test_energies_that_jump_come_twice():
    console = Console()
    for out in (1000.5, 1000.6, 100.6, 1000.7, 1006.0, 1006.1):
        console.say("DEBUG: CALC PACK_CHARGE, STORE IN FLASH")
        console.say("Write EnergyOut: %.1f" % out, "Write EnergyOut: %.1f" % (out + 1), *ROUND)
    console.decoder.finish()
    said = [extras["energy_out"] for extras in console.values("extras")]
    # A reading is reported when the next one begins, behind the next energies.
    assert said == [1000600, 1000600, 1000700, 1000700, 1006100, 1006100]
