"""What packlog capture has written, read again."""

import csv

import pytest
from host_tools.capture.captures import read_streams
from host_tools.capture.replay import replay
from host_tools.ground.errors import PacklogError
from host_tools.sim.units import jbd_wire as wire

HEAD = "# packlog capture 1, 2026-12-01T10:00:00Z, shed is a jbd\n"
CELLS = wire.cells_frame([3300, 3310, 3320, 3330])
BASIC = wire.basic_frame(1326, -520, 5000, 10000, 50, [214], cells=4)


def written(tmp_path, text):
    path = tmp_path / "capture.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def said(data, way="<", pack="shed", at="0.100"):
    return f"{at} {pack} {way} {data.hex()}\n"


def streams(path):
    found = {}
    for pack, data in read_streams(path):
        found[pack] = found.get(pack, b"") + data
    return found


def test_what_the_bms_has_sent_is_read_by_pack(tmp_path):
    text = HEAD + said(b"\xdd\xa5", ">") + said(b"\x01\x02") + "# 13.2 V on its app\n"
    text += said(b"\x03", pack="van") + "12.000 shed ! 40\n" + HEAD + said(b"\x04")
    assert streams(written(tmp_path, text)) == {"shed": b"\x01\x02\x04", "van": b"\x03"}
    with_crlf = text.replace("\n", "\r\n")
    assert streams(written(tmp_path, with_crlf)) == {"shed": b"\x01\x02\x04", "van": b"\x03"}


def test_its_readings(tmp_path):
    text = HEAD + "".join(said(CELLS[:9]) + said(CELLS[9:]) + said(BASIC) for _ in range(3))
    out = tmp_path / "out.csv"
    assert replay(None, written(tmp_path, text), out=out) == 3
    row = list(csv.DictReader(out.open()))[-1]
    assert (row["voltage"], row["current"], row["soc"]) == ("13.260", "-5.2", "50")
    assert row["cell_voltages"] == "3.300 3.310 3.320 3.330"


@pytest.mark.parametrize(
    "line", ["0.100 shed < 0\n", "0.100 shed < xx\n", "0.1 shed < 00\n", "0.100 a shed < 00\n",
             "shed < 00\n", "0.100 shed ? 00\n"]
)  # fmt: skip
def test_a_damaged_line_is_named_and_not_shown(tmp_path, line):
    path = written(tmp_path, HEAD + said(b"\x01") + line + said(b"\x02"))
    with pytest.raises(PacklogError, match=r"capture\.txt, line 3: not s, pack") as error:
        streams(path)
    assert line.strip() not in str(error.value)


def test_a_capture_whose_end_is_cut_off(tmp_path):
    text = HEAD + said(b"\x01\x02") + said(b"\x03\x04")
    for size in range(len(HEAD) + len(said(b"\x01\x02")), len(text)):
        found = streams(written(tmp_path, text[:size]))["shed"]
        assert found in (b"\x01\x02", b"\x01\x02\x03", b"\x01\x02\x03\x04"), text[:size]


def test_a_line_without_an_end_is_refused(tmp_path):
    with pytest.raises(PacklogError, match="line 2: longer than 65536 bytes"):
        streams(written(tmp_path, HEAD + "0.100 shed < " + "00" * 70000))
