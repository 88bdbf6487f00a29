"""The long campaigns of device code; a sample of each is in the default run."""

import config_mutations
import pytest
import request_noise
from tests.helpers.device_runs import passes

MANY = [name for name in dir(config_mutations) if name.startswith("slow_")]


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_many_configs(name):
    tried = getattr(config_mutations, name)()
    assert sum(tried.values()) == 3000 and len(tried) > 2


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_many_configs_on_micropython(name, tmp_path):
    said = passes(tmp_path, "config_mutations.py", name, timeout=600)
    print(said)
    assert f"ok {name}" in said


@pytest.mark.slow
def test_much_noise_on_the_console(tmp_path):
    assert "ok slow_noise" in passes(tmp_path, "test_listen.py", "slow_noise", timeout=600)


@pytest.mark.slow
def test_many_damaged_requests(tmp_path):
    assert "ok slow_noise" in passes(tmp_path, "request_noise.py", "slow_noise", timeout=600)
    request_noise.slow_noise()
