"""packlog fits the heap and the flash that host_tools/install/room.json gives it, config by config.

A trial at the budget's size for each: heap.py searches for the smallest. A trial of a config runs
always, the rest with the campaigns, and so do those that warn before a budget is used up.
"""

import pytest
from tests.bench import budgets, heap, heap_trial
from tests.rv32 import machine

COMPACTS = "Chargery+LCD"  # in every run; the others take a minute each
LIKE_A_JK = ("JBD+LCD", "Daly+LCD")  # they take less
# Others have what they have, and more; and three of everything takes as long as all others
LONG = ("JK+LCD", "Chargery+LCD+WiFi+MQTT", "three-packs", *LIKE_A_JK)


def is_quick(name, kind):
    """Is it the trial of that config that runs always?"""
    return name not in LONG and kind == ("compaction" if name == COMPACTS else "start")


def trials():
    """(config, kind) of each budget."""
    for name in heap_trial.CONFIGS:
        for kind in budgets.of("heap_kb", name):
            marks = [] if is_quick(name, kind) else [pytest.mark.slow]
            yield pytest.param(name, kind, id=f"{name} {kind}", marks=marks)


@pytest.mark.parametrize(("name", "kind"), list(trials()))
def test_it_works_in_the_heap_of_its_budget(name, kind, built, tmp_path):
    budget = budgets.of("heap_kb", name)[kind]
    outcome = heap.Trials(built, name, kind, False, tmp_path).run(budget * heap.KB)
    assert not outcome.why, f"{outcome.said}\n{name}, {kind} in {budget} KB: {outcome.why}"


@pytest.mark.slow
@pytest.mark.parametrize("name", heap_trial.CONFIGS)
def test_a_heap_that_is_nearly_used_up_warns(name, built, tmp_path):
    for kind, budget in budgets.of("heap_kb", name).items():
        size = budgets.below(budget) * heap.KB
        if heap.Trials(built, name, kind, False, tmp_path).run(size).why:
            budgets.warn(f"{name}: {kind} in {budget} KB of heap")


@pytest.mark.parametrize("name", LIKE_A_JK)
def test_other_bmss_by_radio_take_no_more_than_a_jk(name):
    for kind, kb in budgets.of("heap_kb", name).items():
        assert kb <= budgets.of("heap_kb", "JK+LCD")[kind]


def test_a_heap_that_is_too_small_is_found_out(built, tmp_path):
    outcome = heap.Trials(built, "Chargery+LCD", "start", False, tmp_path).run(64 * heap.KB)
    assert outcome.why.startswith("MemoryError")  # its text needs memory, too


@pytest.mark.slow
@pytest.mark.parametrize("name", heap_trial.CONFIGS)
def test_frozen_it_works_in_less(name, built, tmp_path):
    for kind, budget in budgets.of("heap_kb", name).items():
        size = budget * heap.KB * 3 // 4
        assert not heap.Trials(built, name, kind, True, tmp_path).run(size).why


@pytest.mark.parametrize("name", heap_trial.CONFIGS)
def test_it_fits_the_blocks_of_flash_of_its_budget(name):
    files = heap_trial.installed(heap_trial.CONFIGS[name])
    taken = sum(-(-len(data) // machine.BLOCK) for data in files.values())
    budgets.check("flash_blocks", name, taken)


def test_a_budget_warns_before_it_fails():
    budget = budgets.of("flash_blocks", "Chargery+LCD")
    with pytest.warns(UserWarning, match="less than 5 % left: Chargery.LCD: .* flash_blocks"):
        budgets.check("flash_blocks", "Chargery+LCD", budget)
    with pytest.raises(AssertionError, match=f"{budget + 1} of {budget} flash_blocks"):
        budgets.check("flash_blocks", "Chargery+LCD", budget + 1)


@pytest.mark.parametrize("least", (1, 20, 57, 118, 131, 350))
@pytest.mark.parametrize("guess", (16, 57, 128, 300))
def test_the_search_finds_the_smallest(least, guess):
    tried = []

    def works(size):
        tried.append(size)
        return size >= least * heap.KB

    assert heap.smallest(works, guess * heap.KB) == least * heap.KB
    assert len(tried) < 20


def test_the_search_ends_where_nothing_works():
    assert heap.smallest(lambda size: False, 128 * heap.KB) is None
