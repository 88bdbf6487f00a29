"""Events in words: what a number of 0.1.0 means today."""

from host_tools.history.events import in_words

from sample import EXTRAS
from store import events


def test_the_lifetime_counter_of_old_files_says_what_it_is():
    # 0.1.0 called number 6 charge_in; what the JK counts is the charge that went out.
    assert in_words(events.VALUE, 6, 9059419, 0) == ("value", "charge_out 9059419")
    assert EXTRAS.index("charge_out") == 6 and "charge_in" not in EXTRAS
