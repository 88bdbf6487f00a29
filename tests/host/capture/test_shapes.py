"""packlog replay on captures in the shapes in which people have them: the readings are the same."""

import csv
import io
import os
import random
import struct
import tracemalloc
from pathlib import Path

import pytest
from host_tools.capture import captures
from host_tools.capture.replay import COLUMNS, replay
from host_tools.ground import inputs
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import names
from host_tools.sim.units import jk_wire
from tests.helpers import capture_shapes as shapes
from tests.helpers.command_line import packlog_here
from tests.helpers.mutations import mutated

DATA = Path(__file__).resolve().parents[2] / "data"
WILD = DATA / "wild"
CELLS = [3000 + i for i in range(16)]  # all their bytes are not 0, and none stands twice
FRAMES = [jk_wire.cell_frame("32S", CELLS, current=-1000 * n, counter=n) for n in range(1, 4)]
PIECES = [frame[at : at + 20] for frame in FRAMES for at in range(0, 300, 20)]
AMPS = ["-1.0", "-2.0", "-3.0"]
LINKS = (187, 201, 254)


def rows_of(capsys, path, **options):
    count = replay(None, path, **options)
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == list(COLUMNS) and len(rows) == count + 1
    return rows[1:]


SHAPES = {
    "raw": shapes.joined,
    "hex stream": lambda pieces: shapes.joined(pieces).hex().encode(),
    "a long line": lambda pieces: shapes.joined(pieces).hex(" ").encode() * 40,
    "colons": shapes.text(lambda data: data.hex(":")),
    "dots": shapes.text(shapes.pretty),
    "dashes": shapes.text(lambda data: shapes.pretty(data, "-")),
    "commas": shapes.text(lambda data: data.hex(",") + ","),
    "0x": shapes.text(lambda data: " ".join(f"0x{byte:02X}" for byte in data)),
    "0x without a zero": shapes.text(lambda data: ",".join(f"0x{byte:x}" for byte in data)),
    "one number": shapes.text(lambda data: "0x" + data.hex()),
    "UTF-8 with a mark": shapes.text(lambda data: data.hex(" "), "utf-8-sig"),
    "UTF-16 of PowerShell": shapes.text(lambda data: data.hex(" ") + "\r", "utf-16"),
    "a comment": lambda pieces: b"# a JK in the van\n" + shapes.joined(pieces).hex().encode(),
    "0x without anything between": shapes.text(
        lambda data: "".join(f"0x{byte:02x}" for byte in data)
    ),
    "C": shapes.c_array,
    "C with its names": lambda pieces: (
        b"unsigned char capture[] = {\n"
        + shapes.c_array(pieces)
        + b"unsigned int len = 900;\n600\n"
    ),
    "escaped": shapes.escaped,
    "ESPHome": shapes.text(shapes.esphome),
    "nRF Connect": shapes.nrf_connect,
    "bleak": shapes.text(shapes.bleak),
    "bleak's bytes": shapes.text(
        lambda data: f"2024-05-01 10:11:12,345 DEBUG handle 20: {bytearray(data)!r}"
    ),
    "both directions": shapes.sent_between,
    "xxd": shapes.xxd,
    "hexdump -C": shapes.squeezed(shapes.canonical, "%08x"),
    "hexdump": shapes.squeezed(shapes.words, "%07x"),
    "od": shapes.squeezed(shapes.octal, "%07o"),
    "Wireshark's values": lambda pieces: "\n".join(map(shapes.wireshark, pieces)).encode(),
    "Wireshark's packets": lambda pieces: "\n".join(
        shapes.wireshark(bytes([kind]) + data) for kind, data in shapes.hci(pieces) if kind == 2
    ).encode(),
    "PowerShell's Format-Hex": shapes.format_hex,
    "bluetoothctl": shapes.bluetoothctl,
    "unix time before": shapes.columns(lambda at, data: (f"171455{at}", data.hex(" ")), " "),
    "seconds before": shapes.columns(lambda at, data: (f"[{at}]", data.hex(":")), "  "),
    "tshark's fields": shapes.columns(lambda at, data: (at, data.hex()), "\t"),
    "tshark's fields with handles": shapes.columns(
        lambda at, data: ("10", at, "0x0010", data.hex(":")), "\t"
    ),
    "a table in quotes": shapes.columns(
        lambda at, data: (f'"{at}', "11", data.hex() + '"'), '","', '"Time","No.","Value"'
    ),
    "tshark -x": lambda pieces: "\n".join(
        shapes.wireshark(data, gap=2) for data in shapes.framed(pieces, 201)
    ).encode(),
    "btsnoop": shapes.snoop,
    "btsnoop without H4": lambda pieces: shapes.snoop(pieces, link=1001),
    "btmon": lambda pieces: shapes.snoop(pieces, link=2001),
    "btsnoop, small fragments": lambda pieces: shapes.snoop(pieces, most=11),
    "btsnoop, cut off": lambda pieces: shapes.snoop([*pieces, b"x" * 20])[:-70],
    "PacketLogger": shapes.apple,
    "PacketLogger, low byte first": lambda pieces: shapes.apple(pieces, "<"),
    **{
        f"pcap {link} {order} {magic:x}": lambda pieces, link=link, order=order, magic=magic: (
            shapes.pcap(shapes.framed(pieces, link), link, order, magic)
        )
        for link in LINKS
        for order in "<>"
        for magic in (0xA1B2C3D4, 0xA1B23C4D)
    },
    **{
        f"pcapng {link} {order} {kind}": lambda pieces, link=link, order=order, kind=kind: (
            shapes.pcapng(shapes.framed(pieces, link), link, order, kind)
        )
        for link, order, kind in ((187, "<", 6), (201, ">", 6), (201, "<", 3), (254, ">", 2))
    },
}


@pytest.mark.parametrize("piece", [7, 64 * 1024])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same(capsys, tmp_path, monkeypatch, shape, piece):
    path = tmp_path / "capture"
    path.write_bytes(SHAPES[shape](PIECES))
    if piece > 7 or path.stat().st_size < 20000:
        monkeypatch.setattr(captures, "PIECE", piece)
        rows = rows_of(capsys, path)
        times = len(rows) // 3
        assert [row[2] for row in rows] == AMPS * times and times == (40 if "long" in shape else 1)
        assert {row[-1] for row in rows} == {" ".join(f"{mv / 1000:.3f}" for mv in CELLS)}


@pytest.mark.parametrize("shape", ["colons", "dots", "0x", "C", "xxd", "hexdump -C", "hexdump"])
def test_a_chargery_in_hex(capsys, tmp_path, shape):
    """Whose packets are of any length, and stand between text."""
    data = bytes.fromhex((DATA / "chargery/pdf_v1.26_capture.hex").read_text())
    path = tmp_path / "capture"
    path.write_bytes(SHAPES[shape]([data[at : at + 31] for at in range(0, len(data), 31)]))
    expected = rows_of(capsys, DATA / "chargery/pdf_v1.26_capture.hex")
    assert len(expected) == 4 and rows_of(capsys, path) == expected


def test_what_was_handed_in(capsys):
    """tests/data/wild/README.md says what each is."""
    cells = " ".join(f"{3320 + i}"[0] + "." + f"{3320 + i}"[1:] for i in range(16))
    row = ["53.240", "0.0", "21.4", "80", "3.320", "3.335", "1", "16", cells]
    assert rows_of(capsys, WILD / "hex_esphome.txt") == [["1", *row]]
    assert rows_of(capsys, WILD / "hex_esphome.txt", hex=True) == [["1", *row]]
    assert rows_of(capsys, WILD / "jk_phone_hci.btsnoop") == [[n, *row] for n in "123"]
    found = rows_of(capsys, WILD / "bluenova_listener_r.txt")
    assert found == [["1", "53.250", "-1.5", "", "87", "3.325", "3.325", "1", "1", "3.325"]]


LINES = [
    "Vpack: 53250",
    "Current: -1.5",
    "SOC: 87",
    "C01) T: 23, V: 3325",
    "--- PO PARAMS --- (i=2",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "before",
    [
        "",
        "2021/01/09 10:11:12 RX: ",
        "2021-01-09T10:11:12.345Z RX: ",
        "[10:11:12] ",
        "[2021-01-09 10:11:12.345] < ",
        "< ",
        "09.01.2021 10:11:12, ",
        "RX: ",
        "2021-01-09 10:11:12\tRX\t",
        "05/31/2024 10:11:12 AM received: ",
        "Jan  9 10:11:12 ",
        "Jan  9 10:11:12 pi bluenova-listener[812]: ",
        "2021-01-09T10:11:12+0100 pi python3[812]: rx: ",
        "2021-01-09 10:11:12,345 - listener - DEBUG - ",
        "2021-01-09 10:11:12,345 INFO ",
        "[1714557600.123] RX: ",
        "1714557600 ",
        "[  123.456789] <- ",
    ],
)
def test_a_console_behind_a_listener(capsys, tmp_path, before, end, encoding):
    path = tmp_path / "console.txt"
    sent = before.replace("RX", "TX") + "Vpack: 99999" if "RX" in before else "INFO: heartbeat"
    text = "".join(before + line + end for line in LINES) + sent + end
    path.write_bytes(text.encode(encoding))
    expected = ["1", "53.250", "-1.5", "", "87", "3.325", "3.325", "1", "1", "3.325"]
    assert rows_of(capsys, path) == [expected]


@pytest.mark.parametrize(
    ("link", "head"),
    [(1, bytes(12) + b"\x08\0"), (101, b""), (113, bytes(14) + b"\x08\0"), (0, b"\2\0\0\0")],
)
@pytest.mark.parametrize("split", [9, 40, 1000])
def test_a_console_in_a_network_capture(capsys, tmp_path, link, head, split):
    lines = [line for n in range(5) for line in (f"Vpack: {53000 + n}", "SOC: 87", "x" * 200)]
    packets = [head + packet for packet in shapes.console(lines, split)]
    path = tmp_path / "capture.pcap"
    path.write_bytes(shapes.pcap(packets, link))
    rows = rows_of(capsys, path)
    assert [row[1] for row in rows] == [f"53.00{n}" for n in range(5)]
    path.write_bytes(shapes.pcapng(packets, link))
    assert rows_of(capsys, path) == rows


def test_a_lost_segment_costs_its_lines_only(capsys, tmp_path):
    lines = [f"Vpack: {53000 + n % 1000}" for n in range(6000)]
    packets = shapes.console(lines, 1000)
    del packets[40]
    path = tmp_path / "capture.pcap"
    path.write_bytes(shapes.pcap(packets, 101))
    assert 5850 < len(rows_of(capsys, path)) < 6000


def test_the_kind_is_found_and_said(capsys, tmp_path):
    for name, kind in (
        ("chargery/pdf_v1.22_capture.hex", "chargery"),
        ("jk/cells_24s.hex", "jk"),
        ("wild/bluenova_listener_r.txt", "bluenova"),
    ):
        assert replay(None, DATA / name) > 0
        assert capsys.readouterr().err == f"{DATA / name} is of a {kind}\n"
    raw = tmp_path / "capture"
    raw.write_bytes(b"".join(FRAMES * 100))
    assert replay(None, raw) == 300


def test_two_units_in_a_phone_s_log(capsys, tmp_path):
    mine = [packet for piece in PIECES for packet in shapes.notification(piece)]
    other = [packet for piece in PIECES[:15] for packet in shapes.notification(piece, connection=9)]
    packets = [p for pair in zip(mine, other, strict=False) for p in pair] + mine[len(other) :]
    path = tmp_path / "capture.pcap"
    path.write_bytes(shapes.pcap([bytes([kind]) + data for kind, data in packets], 187))
    assert replay("jk", path) == 3
    said = capsys.readouterr()
    assert said.err == f"left out: 1 readings of other units or copies in {path}\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\3\4 a bug report", "is a zip file: unpack it"),
        (b"\x1f\x8b\x08\0", "is a gzip file: unpack it"),
        (shapes.snoop(PIECES, cut=5), "switch the phone's HCI log from filtered to full"),
        (shapes.pcap([bytes(60)], 105), "packets of link type 105, but Bluetooth HCI or IP"),
        (shapes.pcap([], 187), "no reading of a BMS in .*: packlog knows chargery, jk, "),
        (b"some words\nof no BMS\n", "no reading of a BMS in .*: packlog knows chargery, jk, "),
        (
            shapes.snoop(PIECES)[:16] + struct.pack(">II", 1 << 31, 1 << 31) + bytes(99),
            "damaged at",
        ),
        (shapes.pcap([], 187) + struct.pack("<IIII", 0, 0, 1 << 30, 1 << 30), "damaged at byte 40"),
        (
            shapes.pcapng([], 187) + struct.pack("<II", 6, 0xFFFFFFF0) + bytes(8),
            "no packet has 4294967272 bytes",
        ),
    ],
)
def test_what_has_no_reading_says_why(tmp_path, data, words):
    path = tmp_path / "capture"
    path.write_bytes(data)
    with pytest.raises(PacklogError, match=words) as error:
        replay(None, path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_no_reading_is_exit_1(tmp_path):
    path = tmp_path / "capture"
    path.write_bytes(b"nothing of a BMS\n")
    done = packlog_here("replay", path)
    assert (done.returncode, done.stdout) == (1, "")
    *others, last = names("bms")
    known = f"{', '.join(others)} and {last}"
    assert known.startswith("chargery, jk, bluenova, jbd, daly, ")
    assert done.stderr == f"packlog: no reading of a BMS in {path}: packlog knows {known}\n"


def test_devices_and_pipes_without_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "WRITER_S", 0.05)
    with pytest.raises(PacklogError, match="is a device: copy what comes from it into a file"):
        replay(None, Path("/dev/zero"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(PacklogError, match="is a pipe to which nobody writes"):
        replay(None, pipe)


def test_a_pipe_with_a_writer(capsys, tmp_path):
    read, write = os.pipe()
    os.write(write, b"".join(FRAMES))
    os.close(write)
    try:
        assert [row[2] for row in rows_of(capsys, Path(f"/dev/fd/{read}"))] == AMPS
    finally:
        os.close(read)


@pytest.mark.parametrize("shape", SHAPES)
def test_passcodes_are_never_shown(capsys, tmp_path, shape):
    """Neither by what is decoded nor by what is refused, spoiled anywhere."""
    frames = [jk_wire.device_frame(), jk_wire.settings_frame(), FRAMES[0]]
    pieces = [frame[at : at + 150] for frame in frames for at in (0, 150)]
    data = SHAPES[shape](pieces)
    path = tmp_path / "capture"
    for spoiled in (data, data + b" oops", data[: len(data) // 2] + b"zz" + data[len(data) // 2 :]):
        path.write_bytes(spoiled)
        for options in ({}, {"hex": True}):
            try:
                replay("jk", path, stats=True, **options)
                said = ""
            except PacklogError as error:
                said = str(error)
            said += "".join(capsys.readouterr())
            for secret in (jk_wire.PASSCODE, jk_wire.SETUP_PASSCODE):
                for form in (secret, secret.encode().hex(), secret.encode().hex(" ")):
                    assert form not in said.lower()


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_whatever_is_in_it_a_line_says_what_is_wrong(capsys, tmp_path, seed):
    chance = random.Random(seed)
    whole = [make(PIECES) for name, make in SHAPES.items() if "long" not in name]
    path = tmp_path / "capture"
    read = 0
    for _ in range(60):
        path.write_bytes(mutated(chance.choice(whole), chance)[:20000])
        try:
            read += replay(None, path, hex=chance.random() < 0.2) > 0
        except PacklogError as error:
            assert "\n" not in str(error)
        capsys.readouterr()
    assert read > 10


def test_a_long_line_takes_no_memory(capsys, tmp_path):
    path = tmp_path / "capture"
    path.write_text(b"".join(FRAMES).hex() + "00" * (1 << 20))
    tracemalloc.start()
    try:
        assert replay("jk", path) == 3
        assert tracemalloc.get_traced_memory()[1] < 1500000
    finally:
        tracemalloc.stop()
