"""A sample of config_mutations.py; test_campaigns.py has many."""

import config_mutations


def test_of_any_config_comes_a_logger_and_one_line_at_most():
    tried = config_mutations.campaign(160, 1)
    for kind in ("bytes", "values"):
        for found in ("right", "refused"):
            assert tried[kind, found] >= 2, tried


def test_no_refusal_repeats_a_password():
    config_mutations.no_secret_is_said(60, 2)
