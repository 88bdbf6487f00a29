"""The frame in the making survives a power cut too, once, as far as the window promises."""

import plain_reader
import temporary
from a_pack import Pack

from store.draft import Draft
from store.hours import Hours


def long_frames(folder):
    return Pack(folder, interval_s=900, gap_s=15, window_s=30)


def frames_of(pack):
    """(boot, uptime, start of coverage, voltage, current, ...) of each frame on the flash."""
    return plain_reader.read(pack.path)


def last_second(pack):
    """(boot, uptime) of the last frame on the flash."""
    return frames_of(pack)[-1][:2]


def test_a_power_cut_costs_the_window_and_not_the_long_frame():
    with temporary.Folder() as folder:
        pack = long_frames(folder)
        pack.readings(300, flush=True)
        assert last_second(pack) == (1, 0)
        pack.start()  # the power was away
        boot, uptime = last_second(pack)
        assert boot == 1 and 300 - 31 <= uptime < 300


def test_it_is_taken_up_once():
    with temporary.Folder() as folder:
        pack = long_frames(folder)
        pack.readings(300, flush=True)
        pack.start()
        count = len(frames_of(pack))
        pack.start()
        pack.start()
        assert len(frames_of(pack)) == count


def test_its_current_is_the_mean_so_far():
    with temporary.Folder() as folder:
        pack = long_frames(folder)
        pack.readings(61, current=10000, flush=True)
        pack.readings(60, current=20000, flush=True)
        pack.start()
        frame = frames_of(pack)[-1]
        until = frame[1]
        mean = (60 * 10 + (until - 60) * 20) / until
        assert abs(frame[4] - mean) < 0.02


def test_one_that_the_log_has_gone_past_is_not_taken_up():
    with temporary.Folder() as folder:
        pack = long_frames(folder)
        pack.readings(300, flush=True)
        pack.history.close()
        count = len(frames_of(pack))
        pack.start()
        assert len(frames_of(pack)) == count


def test_a_damaged_one_is_as_good_as_none():
    with temporary.Folder() as folder:
        pack = long_frames(folder)
        pack.readings(300, flush=True)
        path = folder + "/house/now/draft"
        with open(path, "rb") as file:
            data = bytearray(file.read())
        for damaged in (data[:-1], data[:5], b"", data[:8] + b"\xff" + data[9:], data + b"\0"):
            with open(path, "wb") as file:
                file.write(damaged)
            found = Draft(folder + "/house")
            assert not found.load(Hours(None, None, 15)) and found.damaged == 1
        count = len(frames_of(pack))
        pack.start()
        assert len(frames_of(pack)) == count


def test_frames_that_wait_are_written_before_it():
    with temporary.Folder() as folder:
        pack = Pack(folder, interval_s=1, window_s=30)
        pack.readings(27, flush=True)
        assert last_second(pack) == (1, 26)
        found = Draft(folder + "/house")
        assert found.load(Hours(None, None, 15))
        assert (found.boot, found.end, found.begin) == (1, 0, 0)  # no frame, but an hour
