"""What has to stand twice is the same: in modules that cannot import each other, or must not.

Native code takes numbers only from its own file. boot.py goes with the modules of any version.
config_rules.py is loaded before all else.
"""

import ast

import pytest
from host_tools.ground.firmware import FIRMWARE, constants
from host_tools.history import events as naming

import config
import config_rules
from lib import uptime
from store import events, segment, upkeep

NATIVE = sorted(FIRMWARE.glob("store/*_viper.py"))


def numbers(path):
    """{name: value} of a module's numbers, also those in const() and those of a tuple."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.Assign):
            continue
        (target,), value = node.targets, node.value
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
            (value,) = value.args
        names = [each.id for each in getattr(target, "elts", [target])]
        try:
            values = eval(compile(ast.Expression(value), str(path), "eval"), {})
        except NameError:  # not made of numbers alone
            continue
        found.update(zip(names, values if len(names) > 1 else [values], strict=True))
    return {name: value for name, value in found.items() if isinstance(value, int)}


def beside(path):
    """The modules that a native one stands beside: its reference, whose loops both are, and what of
    the store these import.
    """
    stem = path.stem.removesuffix("_viper")
    found = [path.with_name(f"{stem}_plain.py"), path.with_name(f"{stem}.py")]
    for node in [node for each in found for node in ast.walk(ast.parse(each.read_text()))]:
        if isinstance(node, ast.ImportFrom) and node.module.startswith("store."):
            found.append(path.with_name(node.module.removeprefix("store.") + ".py"))
    return found


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.stem)
def test_native_code_has_the_numbers_of_what_it_stands_beside(path):
    said = [numbers(other) for other in beside(path)]
    for name, value in numbers(path).items():
        assert {each[name] for each in said if name in each} == {value}, name


def test_there_are_numbers_to_compare():
    assert sum(len(numbers(path)) for path in NATIVE) >= 6


def test_a_name_of_a_pack_is_the_same_to_the_checker_and_to_the_store():
    assert config_rules._NAME == segment._NAME
    for name in ("a" * segment._NAME_LENGTH, "", "a" * (segment._NAME_LENGTH + 1), "a b", "A-z_9"):
        try:
            is_name = segment.check_name(name) == name
        except segment.SegmentError:
            is_name = False
        assert bool(config_rules._is_name(name, ())) == is_name, name


def test_boot_py_knows_the_file_of_a_planned_restart():
    boot = constants("boot.py")
    assert boot["PLANNED"] == upkeep.ASKED
    assert f'_text(PLANNED) != "{upkeep.PLANNED}"' in (FIRMWARE / "boot.py").read_text()


def test_update_and_boot_py_know_the_same_files():
    boot, update = constants("boot.py"), constants("update.py")
    assert (boot["BUNDLE"], boot["TRIAL"]) == (update["BUNDLE"], update["TRIAL"])


def test_the_words_of_health_are_in_the_order_of_the_numbers():
    said = constants("health.py")
    assert said["CAUSES"][events.PLANNED] == "planned"
    assert said["CAUSES"][1:3] == ("power on", "reset")  # machine.PWRON_RESET, HARD_RESET
    clocks = {uptime.NO_CLOCK: "not set", uptime.KEPT: "kept", uptime.PC: "PC", uptime.NTP: "NTP"}
    clocks[uptime.DS3231] = "DS3231"
    clocks[uptime.BROWSER] = "browser"
    assert dict(enumerate(said["CLOCKS"])) == clocks
    assert len(naming.CAUSES) == len(said["CAUSES"]) and len(naming.CLOCKS) == len(clocks)
    for own, of_board in zip(naming.CAUSES, said["CAUSES"], strict=True):
        assert of_board in own  # a PC says more


def test_the_defaults_of_the_store_are_those_of_config_json():
    """Who makes a History by hand, as tests do, has what a board has."""
    from inspect import signature

    from store.bounds import Tolerances
    from store.history import History

    by_key = {key: row[2] for key, row in config.STORE.items()}
    by_key.pop("budget_kb")
    for function in (History, Tolerances):
        for name, parameter in signature(function).parameters.items():
            if name in by_key and parameter.default is not parameter.empty:
                assert parameter.default == by_key[name], name
    permille = signature(Tolerances).parameters["current_permille"].default
    assert permille == config_rules.tenths(by_key["current_percent"])
