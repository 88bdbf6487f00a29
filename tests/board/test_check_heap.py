"""Checking a config on the board takes 20 KB of heap, and gives them back."""

from tests.helpers.boards import example


def test_checking_the_config_leaves_nothing_behind(bench):
    seen = bench(example(), settings={"chip": "s3"})  # config.json alone
    seen.board.run(30)
    checked = seen.count("heap")
    seen.board.power_off()
    seen.board.power_on()  # now its finished form is there
    seen.board.run(30)
    assert seen.board.starts == 2
    assert abs(seen.count("heap") - checked) < 1500
