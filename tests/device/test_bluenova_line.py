"""The BlueNova decoder on its wire: pieces of any size, lines too long, bytes that are no text."""

from bluenova_console import ROUND, Console

from bms.bluenova import LINE, MAX_TEXT


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
