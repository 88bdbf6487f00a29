"""The page's feed of new readings, in node."""

from pathlib import Path

from tests.helpers import node


def test_a_reading_is_not_undone_by_a_status_that_was_asked_for_before():
    assert node.run_json(Path(__file__).with_name("feed.mjs")) == [61, 41]
