"""Which tests of tests/device run on RV32, in what pieces, and how a piece runs on a machine.

A file is a piece, what takes seconds another one, what is about time a third.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
DEVICE, VM = TESTS / "device", TESTS / "rv32" / "vm"

# What takes seconds here
SLOW = {
    "test_compaction": (
        "test_shards_make_the_budget_last_longer",
        "test_a_full_disk_is_tried_again_less_and_less_often",
        "test_retention_takes_the_segment_that_is_under_way",
        "test_switched_off_after_any_step",
        "test_what_cannot_be_compacted_is_left_alone",
    ),
    "test_history_trouble": ("test_the_reserve_of_the_disk_stays_free",),
    "test_ntp": (
        "test_the_crystal_is_learned_and_corrects_the_clock_without_a_server",
        "test_a_clock_that_is_right_is_left_alone",
        "test_a_server_that_insists_is_believed_in_the_end",
        "test_nothing_is_learned_from_a_jump",
    ),
    "test_jk_line": (
        "test_a_frame_that_is_broken_off_at_any_byte_and_started_again",
        "test_rubbish_between_frames",
    ),
    "test_sampler_bounds": (
        "test_a_day_in_a_house",
        "test_bounds_hold_on_random_walks",
        "test_charge_does_not_drift",
        "test_noise_writes_no_frames_and_changes_none",
        "test_the_names_of_the_cells_change_with_more_than_noise",
    ),
    "test_sampler_bursts": (
        "test_charge_stays_exact_with_bursts_at_any_time",
        "test_steps_are_followed_once_in_six_hours",
        "test_a_reading_that_is_held_up_leaves_no_dent",
    ),
    "test_checks": (
        "test_no_record_of_ours_looks_like_a_check",
        "test_each_block_of_flash_has_one_and_so_has_the_end",
        "test_damaged_records_are_an_event",
        "test_a_segment_that_is_full_has_one_at_its_end_before_it_is_closed",
        "test_a_damaged_block_is_left_out_and_a_run_says_when_the_next_begins",
        "test_more_checks_than_can_be_left_out_stay_as_marks",
    ),
    "test_shard": (
        "test_a_shard_that_does_not_read_back",
        "test_equal_records_cost_next_to_nothing",
        "test_it_is_done_in_many_steps_and_written_in_pieces",
        "test_marks_cost_little_however_many_they_are",
        "test_marks_of_any_kind_and_size_come_back",
    ),
    "test_shard_cost": ("test_heap_beyond_the_steady_state",),
    "test_gaps": (
        "test_random_loads_with_gaps_stay_within_the_tolerances",
        "test_a_frame_stands_in_the_file_of_its_gaps",
    ),
    "test_old_files": ("test_shards_are_made_that_hold_the_same_records",),
    "test_totals": (
        "test_they_never_go_back_and_lose_the_window_at_most",
        "test_the_hour_in_the_making_is_a_record_of_its_boot_once",
        "test_one_that_is_on_the_flash_is_not_written_again",
        "test_a_damaged_file_costs_the_hour_at_most_and_is_said",
    ),
    "test_hours": (
        "test_they_end_with_the_local_hour",
        "test_a_clock_that_jumps",
        "test_a_clock_that_drifts_makes_no_records_of_its_own",
    ),
    "test_days": (
        "test_the_power_may_go_at_any_time",
        "test_without_a_clock_they_are_of_24_hours_and_not_known",
        "test_boots_without_a_date_are_of_the_day_around_them",
        "test_boots_without_a_date_between_two_days_are_of_none",
        "test_days_without_readings_are_not_there",
        "test_it_is_the_same_however_often_it_is_done",
    ),
    "test_sampler": (
        "test_charge_stays_exact_with_readings_at_any_time",
        "test_readings_between_whole_seconds_do_not_distort_a_steady_current",
    ),
    "test_events": ("test_a_link_that_flaps_for_a_day_takes_no_more_than_a_few_hundred_events",),
    "test_cells": ("test_noise_is_filtered_out_of_what_a_record_says",),
    "test_deflate": ("test_random_planes",),
    "test_ds3231": ("test_without_a_network_the_board_goes_by_the_chip",),
    "test_half": ("test_every_half_comes_back",),
    "test_columns": ("test_every_half_with_every_unit_is_pinned",),
    "test_jk_doubt": ("test_what_a_pack_cannot_have_become_comes_twice",),
    "littlefs_store": ("test_adding_and_flushing_are_quick",),
}
# What has nothing to do with the width of a number runs with the campaigns, as a whole
OTHERS = (
    "test_access_point", "test_ble", "test_ble_links", "test_ble_trouble", "test_chargery_line",
    "test_compaction", "test_config_mutations", "test_discovery", "test_display", "test_draft",
    "test_hd44780", "test_hd44780_faults", "test_health", "test_history", "test_history_series",
    "test_history_trouble", "test_hold", "test_http_request", "test_jk_ask", "test_jk_line",
    "test_keepalive", "test_listen", "test_mqtt_pipe", "test_settings", "test_topics",
    "test_upkeep", "test_wifi", "littlefs_store",
)  # fmt: skip
# Of the tests on littlefs only these: the others wear a flash in RAM out, minutes each
LITTLEFS = (
    "test_every_flush_is_durable_without_closing",
    "test_a_disk_filled_by_others_while_logging",
    "test_a_disk_full_of_other_things_recovers_when_there_is_room",
    *SLOW["littlefs_store"],
)
# Where time is compared with time, it is that of the instructions
COUNTED = {
    "time_32": None,  # all of them
    "test_shard_cost": ("test_the_longest_step",),
}
MB = 1 << 20
# More heap than an ESP32 has, for tests that hold whole files; the costs are measured without
HEAP = {"test_shard_cost": MB // 4, "littlefs_store": 32 * MB}


def names_in(path):
    """The names of its tests that can run here."""
    names = re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    return [name for name in names if path.stem != "littlefs_store" or name in LITTLEFS]


def quick(path):
    """Those that take no seconds."""
    return [name for name in names_in(path) if name not in SLOW.get(path.stem, ())]


def parts(path):
    """(id, names, counting, marks): the tests of a file that run in one go."""
    names = names_in(path)
    slow = [name for name in names if name in SLOW.get(path.stem, ())]
    counted = COUNTED.get(path.stem, ())
    counted = names if counted is None else [name for name in names if name in counted]
    others = [name for name in names if name not in slow + counted]
    yield path.stem, others, False, [pytest.mark.slow] if path.stem in OTHERS else []
    yield path.stem + " (counted)", counted, True, []
    yield path.stem + " (slow)", slow, False, [pytest.mark.slow]


def units():
    """All that run, a file at a time."""
    files = [*DEVICE.glob("test_*.py"), DEVICE / "littlefs_store.py", *VM.glob("*_32.py")]
    return [
        pytest.param(path, names, counting, id=name, marks=marks)
        for path in sorted(files)
        for name, names, counting, marks in parts(path)
        if names
    ]


def sampled(stems):
    """All that run: the files named in any case, the rest with the campaigns."""
    for unit in units():
        marks = [] if unit.id in stems else [pytest.mark.slow]
        yield pytest.param(*unit.values, id=unit.id, marks=marks)


def run_device_tests(board, path, names, counting):
    """Run a piece; each of its tests passes."""
    heap = HEAP.get(path.stem, MB)
    script = f"rv32.add_heap({heap})\n" if heap else ""
    target = "/packlog/" + str(path.relative_to(TESTS.parent))
    script += "import fakes\nfakes.like_unix()\n"
    script += f"import run\nprint('failed:', run.run({target!r}, {names!r}))"
    said = board.run(script, counting)
    assert said.splitlines()[-1] == "failed: 0", said
    assert [f"ok {name}" for name in names] == re.findall("ok test_.*", said)
