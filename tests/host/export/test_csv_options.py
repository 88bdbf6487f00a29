"""packlog decode's options for which rows a CSV has, and how it is written: each by hand."""

import csv
import io
import re

import pytest
from host_tools.cli import cli
from host_tools.export import csv as csv_export
from host_tools.export.dialect import Dialect
from host_tools.ground.errors import UsageError
from host_tools.history import loading
from host_tools.history.ranges import Range
from tests.helpers import node
from tests.helpers.command_line import ROOT, packlog_here
from tests.helpers.frame_bytes import a_frame
from tests.helpers.segment_bytes import NOON, header, put, run
from typer.testing import CliRunner

OLD = ROOT / "tests/data/0.1.0"


@pytest.fixture
def minutes(tmp_path):
    """Frames at 12:01 to 12:04, one of them without SoC and one without anything, and at 13:00."""
    data = (
        a_frame(60, volts=52.5, amps=6, soc=50),
        a_frame(120, volts=52.25, amps=-12, soc=None),
        a_frame(180, None, None, None, None, None, None),
        a_frame(240, volts=52, amps=0.5, soc=49),
    )
    return put(
        tmp_path, header(utc=NOON, clock=3) + b"".join(data) + run(1, 3540) + a_frame(60, soc=48.5)
    )


def output(where, *options):
    """What packlog decode writes to stdout, in this process."""
    asked = ["decode", *map(str, (where, *options))]
    done = CliRunner().invoke(cli.application(["decode"]), asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def decoded(where, *options):
    """The lines of the CSV."""
    return output(where, *options).splitlines()


def times_of(where, *options):
    """The times of the rows, as HH:MM:SS."""
    return [line[11:19] for line in decoded(where, *options)[1:]]


def test_from_is_part_of_it_and_to_is_not(minutes):
    assert times_of(minutes) == ["12:01:00", "12:02:00", "12:03:00", "12:04:00", "12:04:01",
                                 "13:00:00"]  # fmt: skip
    assert times_of(minutes, "--from", "2026-06-01T12:02", "--to", "2026-06-01T12:04") == [
        "12:02:00",
        "12:03:00",
    ]
    assert times_of(minutes, "--from", NOON + 241) == ["12:04:01", "13:00:00"]
    local = "--zone", "Europe/Berlin", "--from", "2026-06-01 15:00"
    assert decoded(minutes, *local)[1].startswith("2026-06-01T15:00:00+02:00,")
    assert times_of(minutes, "--from", "-7d") == []


def test_the_times(minutes):
    def first(*options):
        return decoded(minutes, "--columns", "time", *options)[1]

    assert first("--time", "iso") == first() == "2026-06-01T12:01:00Z"
    assert first("--time", "epoch") == first("--epoch") == str(NOON + 60)
    assert first("--time", "mysql") == "2026-06-01 12:01:00"
    assert first("--time", "human") == "01.06.2026-12:01:00"
    zone = "--zone", "America/St_Johns"
    assert first(*zone) == "2026-06-01T09:31:00-02:30"
    assert first(*zone, "--time", "mysql") == "2026-06-01 09:31:00"
    assert first(*zone, "--time", "epoch") == str(NOON + 60)


def test_when_clocks_are_put_back_iso_tells_the_hours_apart(tmp_path):
    before = 1792888200  # 2026-10-25T00:30:00Z: 02:30 in Berlin, an hour later again
    where = put(tmp_path, header(utc=before, clock=3) + a_frame(0) + a_frame(3600))
    rows = decoded(where, "--zone", "Europe/Berlin", "--columns", "time")[1:]
    assert rows == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


def test_separator_quote_decimal_header_and_columns(minutes):
    chosen = "--columns", "soc,time,voltage", "--to", "2026-06-01T12:02:30"
    assert decoded(minutes, *chosen, "--separator", ";", "--decimal", ",") == [
        "soc;time;voltage",
        "50;2026-06-01T12:01:00Z;52,50",
        ";2026-06-01T12:02:00Z;52,25",
    ]
    assert decoded(minutes, *chosen, "--separator", "tab", "--quote", "'", "--no-header") == [
        "'50'\t'2026-06-01T12:01:00Z'\t'52.50'",
        "''\t'2026-06-01T12:02:00Z'\t'52.25'",
    ]
    assert decoded(minutes, *chosen, "--quote", '"', "--decimal", ",")[1] == (
        '"50","2026-06-01T12:01:00Z","52,50"'
    )


def test_texts_with_the_separator_in_them_are_quoted():
    rows = loading.SERIES["events"]([OLD / "house"])
    for dialect in (Dialect(separator=";"), Dialect(separator=";", quote="'"), Dialect()):
        out = io.StringIO()
        csv_export.write(rows, out.write, dialect=dialect)
        out.seek(0)
        quote = dialect.quote or '"'
        read = list(csv.reader(out, delimiter=dialect.separator, quotechar=quote))[1:]
        assert [row[2] for row in read] == [each.decode() for each in rows.details.tolist()]
    assert any(b";" in each for each in rows.details)


def test_how_many_values_must_be_known(minutes):
    """A frame has eight: the second lacks SoC, the third all, and so does the gap."""
    counts = {None: 6, 0: 6, 1: 4, 7: 4, 8: 3, -1: 3, -2: 4, -8: 4, -9: 6}
    for least, count in counts.items():
        asked = () if least is None else ("--min-known", least)
        assert len(times_of(minutes, *asked)) == count, least
    assert times_of(minutes, "--columns", "time,soc", "--min-known", "-1") == [
        "12:01:00",
        "12:04:00",
        "13:00:00",
    ]


def test_rows_of_one_length_from_where_the_range_begins(minutes):
    def rows(*options):
        return decoded(minutes, "--every", "2min", "--columns", "time,seconds,current", *options)[
            1:
        ]

    whole = "2026-06-01T12:02:00Z,120,"
    middle = "--from", "2026-06-01T12:03:00", "--to", "2026-06-01T12:04"
    assert rows(*middle) == []  # the row that begins at 12:02 is not from 12:03 on
    (row,) = rows(*middle, "--align")
    assert row.startswith(whole)


def test_rows_that_readings_cover_too_little_of_are_empty(minutes):
    """13:00 ends a frame that begins at 12:59: of the hour from 12:00 on, 5 min are covered."""
    usual = decoded(minutes, "--every", "1h", "--no-header")[0]
    assert usual.startswith("2026-06-01T12:00:00Z,300,52.")
    (empty,) = decoded(minutes, "--every", "1h", "--no-header", "--share", "50")
    assert empty == "2026-06-01T12:00:00Z,300" + "," * 12
    assert decoded(minutes, "--every", "1h", "--no-header", "--share", "8") == [usual]
    assert decoded(minutes, "--every", "1h", "--share", "50", "--min-known", "1")[1:] == []


@pytest.mark.parametrize(
    ("setting", "rows"),
    [
        ("de", ["time;voltage", "2026-06-01 12:01:00;52,50"]),
        ("us", ["time,voltage", "2026-06-01 12:01:00,52.50"]),
    ],
)
def test_excel(minutes, tmp_path, setting, rows):
    out = tmp_path / "out.csv"
    decoded(minutes, "--excel", setting, "--columns", "time,voltage", "-o", out)
    data = out.read_bytes()
    assert data.startswith(b"\xef\xbb\xbftime") and data.count(b"\xef\xbb\xbf") == 1
    assert data.decode("utf-8-sig").splitlines()[:2] == rows


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--separator", "ab"), "--separator 'ab': one character"),
        (("--separator", "1"), "--separator '1': one character"),
        (("--decimal", ","), "are both ','"),
        (("--quote", ","), "--quote ','"),
        (("--time", "swatch"), "--time 'swatch': there are iso, epoch, mysql and human"),
        (("--time", "mysql", "--epoch"), "--epoch and --time mysql"),
        (("--excel", "fr"), "--excel 'fr': there are de and us"),
        (("--excel", "de", "--separator", ","), "leave those out"),
        (("--columns", "time,colour"), "no column 'colour': there are time, voltage"),
        (("--from", "yesterday"), "'yesterday' is not a moment"),
        (("--from", "2026-06-02", "--to", "2026-06-01"), "--from is the earlier"),
        (("--zone", "Europe/Nowhere"), "no time zone"),
        (("--align",), "--align goes with --every"),
        (("--share", "50"), "--share goes with --every"),
    ],
)
def test_what_cannot_be_right_is_wrong_usage(minutes, options, line):
    with pytest.raises(UsageError, match=re.escape(line)):
        decoded(minutes, *options)


def test_wrong_usage_is_one_line_and_exit_code_2(minutes):
    done = packlog_here("decode", minutes, "--separator", "ab")
    assert done.returncode == 2 and not done.stdout
    assert done.stderr == "packlog: --separator 'ab': one character, such as ; or tab\n"


def test_a_format_without_these_options_says_so(minutes, tmp_path):
    with pytest.raises(UsageError, match="the format png has no options of a CSV"):
        decoded(minutes, "-o", tmp_path / "a.png", "--separator", ";")


def test_a_range_is_the_same_bytes_as_the_pages():
    """A view of the page: with a row at its begin, none at its end, none without a date."""
    for folder, series in (
        (OLD / "house", "pack"),
        (OLD / "boat", "cells"),
        (OLD / "house", "events"),
    ):
        times = loading.SERIES[series]([folder]).time
        dated = times[times > 0]
        for begin, end in ((dated[7], dated[-5]), (dated[0], dated[3]), (dated[-1], dated[-1] + 1)):
            span = Range(int(begin), int(end))
            script = ROOT / "tests/host/page/decode.mjs"
            page = node.run(script, "range", folder, series, span.begin, span.end)
            asked = ("--series", series, "--from", span.begin, "--to", span.end)
            assert output(folder, *asked) == page
            assert page.count("\n") > 1
