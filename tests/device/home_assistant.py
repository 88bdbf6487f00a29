"""What Home Assistant's documentation allows in a discovery message, by key.

https://www.home-assistant.io/integrations/sensor.mqtt/ and binary_sensor.mqtt/ (configuration
variables), mqtt/#discovery-messages (topic, abbreviations), sensor/#device-class with the units of
each, binary_sensor/#device-class, developers.home-assistant.io/docs/core/entity/sensor (which state
classes go with which device class).
"""

ABBREVIATIONS = {
    "sug_dsp_prc": "suggested_display_precision",
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "dev": "device",
    "dev_cla": "device_class",
    "en": "enabled_by_default",
    "ent_cat": "entity_category",
    "exp_aft": "expire_after",
    "o": "origin",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_cla": "state_class",
    "stat_t": "state_topic",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
DEVICE_ABBREVIATIONS = {
    "ids": "identifiers",
    "mf": "manufacturer",
    "mdl": "model",
    "sw": "sw_version",
}
ORIGIN_ABBREVIATIONS = {"sw": "sw_version"}

# Key: type of its value. Those that both platforms document
COMMON = {
    "availability": list,
    "availability_mode": str,
    "availability_template": str,
    "availability_topic": str,
    "device": dict,
    "device_class": str,
    "enabled_by_default": bool,
    "encoding": str,
    "entity_category": str,
    "entity_picture": str,
    "expire_after": int,
    "force_update": bool,
    "icon": str,
    "json_attributes_template": str,
    "json_attributes_topic": str,
    "name": str,
    "object_id": str,
    "origin": dict,
    "payload_available": str,
    "payload_not_available": str,
    "platform": str,
    "qos": int,
    "state_topic": str,
    "unique_id": str,
    "value_template": str,
}
SENSOR = {
    "last_reset_value_template": str,
    "options": list,
    "state_class": str,
    "suggested_display_precision": int,
    "unit_of_measurement": str,
}
BINARY_SENSOR = {"off_delay": int, "payload_off": str, "payload_on": str}
for _platform in (SENSOR, BINARY_SENSOR):
    _platform.update(COMMON)
PLATFORMS = {"sensor": SENSOR, "binary_sensor": BINARY_SENSOR}

DEVICE = {
    "configuration_url": str,
    "connections": list,
    "hw_version": str,
    "identifiers": (list, str),
    "manufacturer": str,
    "model": str,
    "model_id": str,
    "name": str,
    "serial_number": str,
    "suggested_area": str,
    "sw_version": str,
    "via_device": str,
}
AVAILABILITY = {
    "payload_available": str,
    "payload_not_available": str,
    "topic": str,
    "value_template": str,
}
ORIGIN = {"name": str, "sw_version": str, "support_url": str}

_ENERGY = ("J", "kJ", "MJ", "GJ", "mWh", "Wh", "kWh", "MWh", "GWh", "TWh")
_TOTALS = ("total", "total_increasing")
_ALL = ("measurement",) + _TOTALS
# Of the sensor's device classes those for batteries and boards: units, state classes
SENSOR_CLASSES = {
    "battery": (("%",), ("measurement",)),
    "current": (("A", "mA"), ("measurement",)),
    "data_size": (("bit", "kbit", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB"), _ALL),
    "duration": (("d", "h", "min", "s", "ms", "µs"), _ALL),
    "energy": (_ENERGY, _TOTALS),
    "energy_storage": (_ENERGY, ("measurement",)),
    "power": (("mW", "W", "kW", "MW"), ("measurement",)),
    "signal_strength": (("dB", "dBm"), ("measurement",)),
    "temperature": (("°C", "°F", "K"), ("measurement",)),
    "voltage": (("V", "mV", "µV", "kV", "MV"), ("measurement",)),
}
BINARY_CLASSES = (
    ("battery", "battery_charging", "carbon_monoxide", "cold", "connectivity", "door", "gas")
    + ("garage_door", "heat", "light", "lock", "moisture", "motion", "moving", "occupancy")
    + ("opening", "plug", "power", "presence", "problem", "running", "safety", "smoke", "sound")
    + ("tamper", "update", "vibration", "window")
)
TOPIC_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def spelled_out(config):
    """The config message with its abbreviations replaced, in the device and availability too."""
    config = {ABBREVIATIONS.get(key, key): config[key] for key in config}
    device = config["device"]
    config["device"] = {DEVICE_ABBREVIATIONS.get(key, key): device[key] for key in device}
    origin = config["origin"]
    config["origin"] = {ORIGIN_ABBREVIATIONS.get(key, key): origin[key] for key in origin}
    config["availability"] = [
        {ABBREVIATIONS.get(key, key): each[key] for key in each}
        for each in config.get("availability", ())
    ]
    return config


def check(topic, config):
    """AssertionError if Home Assistant would not take it. config is spelled out."""
    prefix, platform, object_id, last = topic.split("/")
    assert (prefix, last) == ("homeassistant", "config"), topic
    assert all(c in TOPIC_CHARACTERS for c in object_id), topic
    _check_types(config, PLATFORMS[platform])
    _check_types(config["device"], DEVICE)
    _check_types(config["origin"], ORIGIN)
    for each in config["availability"]:
        _check_types(each, AVAILABILITY)
        assert "topic" in each
    if "availability_topic" in config:  # of a state that holds until it changes
        assert not config["availability"] and config["state_topic"] != config["availability_topic"]
    else:
        assert config["availability_mode"] in ("all", "any", "latest")
        assert config["expire_after"] > 0
    assert config["unique_id"] and config["state_topic"] and config["device"]["identifiers"]
    assert config["origin"]["name"]
    assert config.get("entity_category", "diagnostic") == "diagnostic"  # the only one for sensors
    (_check_binary if platform == "binary_sensor" else _check_sensor)(config)


def _check_types(found, documented):
    for key in found:
        assert key in documented, key
        assert isinstance(found[key], documented[key]), key


def _check_binary(config):
    assert config.get("device_class", "problem") in BINARY_CLASSES
    assert config["payload_on"] != config["payload_off"]


def _check_sensor(config):
    unit, state_class = config.get("unit_of_measurement"), config.get("state_class")
    assert state_class in (None,) + _ALL
    if "device_class" in config:
        units, state_classes = SENSOR_CLASSES[config["device_class"]]
        assert unit in units, config
        assert state_class in state_classes, config
