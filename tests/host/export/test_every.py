"""packlog decode --every: the CSV of resampled rows, in blocks or at once, and what is refused."""

import io

import pytest
from host_tools.export import csv as csv_export
from host_tools.export import exporters
from host_tools.export.decode import How, decode
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.history import packed, resample
from host_tools.history.grids import grid
from host_tools.history.loading import Every
from tests.helpers.command_line import packlog_here
from tests.helpers.frame_bytes import a_frame
from tests.helpers.segment_bytes import NOON, frames, header, put, run
from tests.host.history.test_resample import history


@pytest.fixture
def minute(tmp_path):
    """60 s of 6 A and then 30 s of -12 A, from 12:00:00 on."""
    data = a_frame(60, volts=50, amps=6, soc=51), a_frame(90, volts=50, amps=-12, soc=51)
    return put(tmp_path, header(utc=NOON, clock=3) + b"".join(data))


def written(where, out, every, guess=False):
    decode([where], out, how=How(guess=guess, every=Every.of(every)))
    return out.read_text().splitlines()


def test_rows_to_the_letter(minute, tmp_path):
    assert written(minute, tmp_path / "out.csv", "1min") == [
        "time,seconds,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
        "min_voltage_cell,max_voltage_cell,charge_in,charge_out,energy_in,energy_out",
        "2026-06-01T12:00:00Z,60,50.000,6.000,23.50,51.00,3.3180,3.3410,4,12,"
        "0.100000,0.000000,5.0000,0.0000",
        "2026-06-01T12:01:00Z,30,50.000,-12.000,23.50,51.00,3.3180,3.3410,4,12,"
        "0.000000,0.100000,0.0000,5.0000",
    ]


def test_the_command_and_its_options(minute):
    done = packlog_here("decode", minute, "--every", "1d", "--zone", "Europe/Berlin", "--epoch",
                   "--values", "max,mean", "--decimals", "1")  # fmt: skip
    assert done.returncode == 0, done.stderr
    head, row = done.stdout.splitlines()
    assert head.startswith("time,seconds,voltage,voltage_max,current,current_max,temperature,")
    assert row.startswith("2026-06-01,90,50.0,50.0,0.0,6.0,23.50,")
    assert done.stderr.splitlines()[0] == (
        "house, frames: 2 records, 2026-06-01T12:01:00Z to 2026-06-01T12:01:30Z, as rows of 1d"
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("guess", [False, True])
def test_in_blocks_is_as_at_once(tmp_path, monkeypatch, seed, guess):
    where = history(tmp_path, seed)
    at_once, in_blocks = io.StringIO(), io.StringIO()
    source = packed.load([where])
    if guess:
        source.guess()
    rows = resample.whole(resample.frames(source, grid("1min"), ("mean", "max")))
    csv_export.write(rows, at_once.write)
    monkeypatch.setattr(packed, "ROWS", 9)
    monkeypatch.setattr(resample, "_PIECES", 8)
    done = []
    blocks = resample.frames(source, grid("1min"), ("mean", "max"))
    csv_export.write_blocks(blocks, in_blocks.write, progress=done.append)
    assert done[-1] == len(rows) and len(done) > 3
    assert in_blocks.getvalue().splitlines() == at_once.getvalue().splitlines()


def test_undated_rows_have_boot_and_uptime_and_a_guess_dates_them(tmp_path):
    data = header(utc=NOON, clock=3) + frames(0, 60) + run(2, 0) + frames(0, 30)
    where = put(tmp_path, data)
    plain = written(where, tmp_path / "a.csv", "1min")
    assert plain[0].endswith(",energy_out,boot,uptime,not_before,not_after")
    assert plain[-1].startswith(",30,") and plain[-1].endswith(",2,0,2026-06-01T12:01:00Z,")
    guessed = written(where, tmp_path / "b.csv", "1min", guess=True)
    assert guessed[0].endswith(",not_after,guessed,error_s")
    assert guessed[-1].startswith("2026-06-01T12:01:00Z,30,")


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (("10m",), "--every '10m': a number with s, min, h or d"),
        (("1h", "Europe/Nowhere"), "no time zone 'Europe/Nowhere'"),
        (("1h", None, "median"), "--values 'median': there are mean, min and max"),
    ],
)
def test_what_cannot_be_asked_for_is_wrong_usage(asked, line):
    with pytest.raises(UsageError, match=line):
        Every.of(*asked)


def test_events_are_not_resampled(minute, tmp_path):
    with pytest.raises(UsageError, match="--every is for pack and cells: leave it out for events"):
        decode([minute], tmp_path / "out.csv", series="events", how=How(every=Every.of("1h")))
    assert not (tmp_path / "out.csv").exists()


def test_values_go_with_every(minute):
    done = packlog_here("decode", minute, "--values", "max")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--values goes with --every" in done.stderr


def test_a_picture_of_resampled_rows_is_refused_and_nothing_is_written(minute, tmp_path):
    with pytest.raises(PacklogError, match="leave --series and --every out"):
        decode([minute], tmp_path / "day.png", how=How(every=Every.of("1h")))
    assert not (tmp_path / "day.png").exists()


def test_values_are_those_there_are():
    assert Every.of("5min", values="min,mean").values == ("min", "mean")
    with pytest.raises(UsageError):
        Every.of("5min", values="")
    assert "write_blocks" in vars(exporters.get("csv"))
