"""config.json: what is accepted, and the one line that says what is not."""

import config

GOOD = '{"packs": [{"name": "house", "bms": "chargery", "cells": 16}]}'


def complaint(text):
    try:
        config.parse(text)
    except config.ConfigError as error:
        return str(error)
    raise AssertionError("accepted: " + text)


def pack_with(pair):
    return '{"packs": [{"name": "house", "bms": "chargery", ' + pair + "}]}"


def test_defaults_are_filled_in():
    settings = config.parse(GOOD)
    assert settings["packs"][0]["rx"] == 16
    assert settings["packs"][0]["timeout_s"] == 10
    assert settings["lcd"]["kind"] == "i2c"
    assert settings["lcd"]["scl"] == 22
    assert settings["store"]["window_s"] == 10


def test_a_decimal_has_steps_of_a_tenth_and_the_device_gets_integers():
    for text, permille in (("2", 20), ("0.5", 5), ("0.7", 7), ("0", 0), ("99.9", 999)):
        settings = config.parse(GOOD[:-1] + ', "store": {"current_percent": ' + text + "}}")
        assert settings["packs"][0]["tolerances"]["current_permille"] == permille
        assert config.again(config.finish(settings))["packs"] == settings["packs"]
    for text in ("0.55", "-0.1", "100.1", "true", '"2"'):
        try:
            config.parse(GOOD[:-1] + ', "store": {"current_percent": ' + text + "}}")
            raise AssertionError(text)
        except config.ConfigError as error:
            assert "a number from 0 to 100 in steps of 0.1" in str(error)


def test_the_example_is_right():
    here = __file__.rsplit("/", 1)[0]
    settings, checksum = config.load(here + "/../../firmware/config.json")
    assert 0 < checksum < 1 << 32 and settings["checksum"] != checksum
    assert settings["packs"][0]["name"] == "house"


def test_broken_json():
    assert complaint('{"packs": [').startswith("config.json: not JSON")


def test_missing_file_says_what_to_do():
    try:
        config.load("no-such-folder/config.json")
    except config.ConfigError as error:
        assert "not found: copy the example" in str(error)
        return
    raise AssertionError


def test_unknown_keys_name_the_known_ones():
    text = complaint('{"packs": [{"name": "a", "bms": "chargery"}], "lcd": {"colums": 20}}')
    assert text.startswith("config.json: lcd.colums: unknown key; known here: address, columns")
    assert complaint('{"wlan": {}, "packs": [{"name": "a", "bms": "chargery"}]}').startswith(
        "config.json: wlan: unknown key"
    )


def test_values_out_of_bounds():
    text = complaint(pack_with('"rx": 99'))
    assert text == "config.json: packs[0].rx: 99 is not a whole number from 0 to 48"
    text = complaint(pack_with('"rx": "16"'))
    assert text == "config.json: packs[0].rx: '16' is not a whole number from 0 to 48"
    assert "cells: 25 is not" in complaint(pack_with('"cells": 25'))
    assert "rx: True is not" in complaint(pack_with('"rx": true'))


def test_kinds():
    text = complaint('{"packs": [{"name": "a", "bms": "toy"}]}')
    assert text.startswith("config.json: packs[0].bms: 'toy' is not one of chargery, jk, bluenova")
    text = complaint(pack_with('"link": "ble"'))
    assert text == "config.json: packs[0].link: 'ble' is not uart"
    text = complaint('{"packs": [{"name": "a"}]}')
    missing = "config.json: packs[0].bms: is missing; it takes one of chargery, jk, bluenova"
    assert text.startswith(missing)


def test_packs_share_a_line_if_each_has_a_unit():
    def with_second(more):
        first = '"name": "a", "bms": "jbd", "link": "serial"'
        return '{"packs": [{%s}, {"name": "b", "bms": "jbd", %s}]}' % (first, more)

    good = config.parse(with_second('"link": "serial", "unit": 2'))
    assert [pack["unit"] for pack in good["packs"]] == [1, 2]
    config.parse(with_second('"link": "serial", "uart": 1, "rx": 4, "tx": 5'))
    for more, said in (
        ('"link": "serial"', "packs[1]: is the battery of packs[0]: uart and unit are the same"),
        ('"link": "serial", "unit": 2, "tx": 5',
         "packs[1].tx: is not that of packs[0], which has the same uart"),
        ('"link": "serial", "unit": 2, "direction": 4',
         "packs[1].direction: is not that of packs[0], which has the same uart"),
        ('"link": "serial", "uart": 1', "packs[1].rx: 16 is taken by packs[0].rx"),
        ('"bms": "chargery", "rx": 4, "tx": 5', "packs[1].uart: 2 is taken by packs[0].uart"),
    ):  # fmt: skip
        assert complaint(with_second(more)) == "config.json: " + said


def test_names_are_folder_names():
    for name in ('""', '"a b"', '"../x"', '"seventeen-letters"', "5"):
        text = complaint('{"packs": [{"name": ' + name + ', "bms": "chargery"}]}')
        assert "is not 1 to 16 letters" in text


def test_shapes():
    assert complaint("[]") == "config.json: this must be an object in { }"
    assert "at least one pack" in complaint("{}")
    assert "at least one pack" in complaint('{"packs": {}}')
    assert complaint('{"packs": [5]}') == "config.json: packs[0]: this must be an object in { }"
    assert "lcd: this must be an object" in complaint(GOOD[:-1] + ', "lcd": 3}')


def test_two_packs_need_two_uarts():
    one = '{"name": "a", "bms": "chargery", "uart": 1, "rx": 4}'
    two = '{"name": "b", "bms": "chargery", "uart": 1, "rx": 5}'
    text = complaint('{"packs": [' + one + "," + two + "]}")
    assert text == "config.json: packs[1].uart: 1 is taken by packs[0].uart"
    both = '{"packs": [' + one + "," + two.replace("1,", "2,") + "]}"
    assert complaint(both) == "config.json: packs[1].tx: 17 is taken by packs[0].tx"
    assert len(config.parse(both.replace('"rx": 5', '"rx": 5, "tx": 18'))["packs"]) == 2


def test_no_pin_does_two_things():
    text = complaint(GOOD[:-1] + ', "lcd": {"sda": 16}}')
    assert text == "config.json: lcd.sda: 16 is taken by packs[0].rx"


def test_display_sizes():
    for size in ('"columns": 18', '"columns": 16', '"rows": 2'):
        assert "16 columns and 2 rows, or" in complaint(GOOD[:-1] + ', "lcd": {' + size + "}}")
    assert config.parse(GOOD[:-1] + ', "lcd": {"columns": 16, "rows": 2}}')["lcd"]["rows"] == 2


def test_pins_of_a_wired_display_have_no_default():
    text = complaint(GOOD[:-1] + ', "lcd": {"kind": "gpio", "rs": 4}}')
    assert text == "config.json: lcd.d4: is missing; it takes a whole number from 0 to 48"


def with_section(name, text):
    return GOOD[:-1] + ', "' + name + '": ' + text + "}"


def test_a_jk_is_found_by_its_name_or_address():
    jk = '{"packs": [{"name": "van", "bms": "jk", "device": "JK-B2A24S"}]}'
    pack = config.parse(jk)["packs"][0]
    assert (pack["device"], pack["address"], pack["timeout_s"]) == ("JK-B2A24S", "", 15)
    text = complaint('{"packs": [{"name": "van", "bms": "jk"}]}')
    assert text == (
        "config.json: packs[0]: a jk needs its device (the name) or its address: packlog scan"
    )
    twins = jk[:-2] + ', {"name": "b", "bms": "jk", "device": "JK-B2A24S"}]}'
    assert complaint(twins) == (
        "config.json: packs[1].device: 'JK-B2A24S' is taken by packs[0].device"
    )


def test_a_bluenova_has_its_factory_address():
    alone = '{"packs": [{"name": "b", "bms": "bluenova"}]}'
    assert complaint(alone) == "config.json: packs[0]: a bluenova needs wifi.networks"
    pack = config.parse(alone[:-1] + ', "wifi": {"networks": [{"ssid": "home"}]}}')["packs"][0]
    assert (pack["host"], pack["port"], pack["path"]) == ("10.0.0.2", 9000, "/ws/")
    assert pack["timeout_s"] == 30


def test_networks():
    assert config.parse(GOOD)["wifi"]["networks"] == []
    wifi = with_section("wifi", '{"networks": [{"ssid": "home", "password": "12345678"}]}')
    network = config.parse(wifi)["wifi"]["networks"][0]
    assert network == {"ssid": "home", "password": "12345678", "hidden": False}
    short = complaint(wifi.replace("12345678", "secret7"))
    assert short.startswith("config.json: wifi.networks[0].password: has fewer than the 8")
    assert "secret7" not in short
    assert complaint(with_section("wifi", '{"networks": [{}]}')) == (
        "config.json: wifi.networks[0].ssid: is missing; it takes a text of at most 32 characters"
    )


def test_passwords_are_not_repeated():
    text = complaint(with_section("mqtt", '{"password": 12345}'))
    assert text == ("config.json: mqtt.password: this value is not a text of at most 63 characters")


def test_true_or_false():
    assert config.parse(with_section("mqtt", '{"tls": true}'))["mqtt"]["tls"] is True
    text = complaint(with_section("mqtt", '{"tls": 1}'))
    assert text == "config.json: mqtt.tls: 1 is not true or false"


def test_topics_without_wildcards():
    assert complaint(with_section("mqtt", '{"base": "a/#"}')) == (
        "config.json: mqtt.base: a topic has neither + nor #"
    )


def test_wifi_without_power_saving_and_bluetooth_do_not_go_together():
    text = '{"packs": [{"name": "v", "bms": "jk", "device": "x"}], "wifi": {"power_save": false, '
    assert complaint(text + '"networks": [{"ssid": "home"}]}}') == (
        "config.json: wifi.power_save: has to be true with a jk: both radios are one"
    )


def test_addresses_of_a_jk():
    jk = '{"packs": [{"name": "van", "bms": "jk", "address": "%s"}]}'
    assert config.parse(jk % "C8:47:8C:00:00:01")["packs"][0]["address"] == "c8:47:8c:00:00:01"
    for wrong in ("foo", "c8:47:8c:00:00", "C8-47-8C-00-00-01", "c8:47:8c:00:00:0g"):
        assert complaint(jk % wrong).endswith(" is not like c8:47:8c:00:00:01")


def test_no_control_character_gets_into_a_topic_or_a_name():
    for text in ('{"base": "a\\nb"}', '{"user": "\\u0000"}', '{"client_id": "x\\u001b[2J"}'):
        said = complaint(with_section("mqtt", text))
        assert said.endswith("has a control character, such as a tab or the end of a line"), said
    assert "mqtt.base: has a control" in complaint(with_section("mqtt", '{"base": "a\\u007f"}'))
    hidden = complaint(with_section("mqtt", '{"password": "sec\\tret"}'))
    assert "password: has a control" in hidden and "sec" not in hidden


def test_what_is_said_has_one_line_of_printable_characters():
    for text in (
        '{"\\u001b[2J\\n": 1}',
        '{"x' + 500 * "y" + '": 1}',
        '{"qos": "' + 900 * "z" + '"}',
    ):
        said = complaint(with_section("mqtt", text))
        assert all(" " <= c != "\x7f" for c in said) and len(said) < 400, said


def test_tls_is_needed_where_somebody_counts_on_it():
    ca = complaint(with_section("mqtt", '{"ca_file": "ca.pem"}'))
    assert ca.startswith("config.json: mqtt: needs mqtt.tls: without it all goes out in clear")
    port = complaint(with_section("mqtt", '{"port": 8883}'))
    assert port.startswith(
        "config.json: mqtt: needs mqtt.tls: port 8883 is for TLS: set it to true"
    )
    for right in ('{"port": 8883, "tls": true}', '{"tls": true, "ca_file": "x"}', '{"port": 8884}'):
        assert config.parse(with_section("mqtt", right))["mqtt"]


def test_no_pack_has_a_name_of_a_part():
    for name in ("wifi", "ntp", "lcd", "mqtt"):
        assert complaint(GOOD.replace("house", name)) == (
            "config.json: packs[0].name: '"
            + name
            + "' is what the logger calls a part of its own: "
            "choose another"
        )
    assert config.parse(GOOD.replace("house", "mqtt2"))


def host_complaint(host):
    """Of a broker's, which may be left out."""
    return complaint(with_section("mqtt", '{"host": "' + host + '"}'))


def test_a_host_is_a_name_or_an_address():
    wifi = ', "wifi": {"networks": [{"ssid": "home"}]}}'
    for host in ("10.0.0.2", "broker", "a_pi.local", "a-b.c9.example", "10.de", "BROKER.local"):
        text = GOOD[:-1] + ', "mqtt": {"host": "' + host + '"}' + wifi
        assert config.parse(text)["mqtt"]["host"] == host.lower()


def test_what_cannot_be_a_host_is_refused_with_the_remedy():
    no_host = "config.json: mqtt.host: 'x' is not a host: ".replace
    url = "ws://10.0.0.2:9000/ws/"
    remedy = "write it without ws://, as 10.0.0.2; port and path have keys of their own"
    assert host_complaint(url) == no_host("x", url) + remedy
    for host, bare in (
        ("192.168.1.10:1883", "192.168.1.10"),
        ("broker/mqtt", "broker"),
        ("broker ", "broker"),
        (" broker", "broker"),
        ("//broker", ""),
    ):
        remedy = "write it without blanks, port and path" + (", as " + bare if bare else ";")
        assert host_complaint(host).startswith(no_host("x", host) + remedy), host
    for host in (
        "10.0.0.256",
        "10.0.0",
        "1",
        "0.0.0.0",
        "255.255.255.255",
        "239.0.0.1",
        "10.0.0.02",
    ):
        assert host_complaint(host) == no_host("x", host) + "an address is like 192.168.1.77"
    for host in (
        "a b",
        "broker.",
        ".broker",
        "a..b",
        "-a",
        "a-",
        "br\u00fccke",
        "a,b",
        "fe80::1",
        "::",
    ):
        assert host_complaint(host).endswith(" is not a host: write a name or an IPv4 address"), (
            host
        )
    assert " is not a text of at most 63" in host_complaint("a" * 64)


def test_a_password_in_a_url_is_not_repeated():
    for host in (
        "mqtt://us:hush@broker",
        "us:hush@broker",
        "us:hush@",
        "us:hush@mqtt://broker",
        "us:x:hush/y@broker",
        "hush/y@broker",
    ):
        text = host_complaint(host)
        assert "hush" not in text and text.startswith("config.json: mqtt.host: this value")


def test_topics_that_brokers_or_subscribers_cannot_have():
    for key in ("base", "chargery_base", "discovery_prefix"):
        for topic, words in (
            ("$SYS", "begins with $"),
            ("/a", "begins or ends with a /"),
            ("a/", "begins or ends with a /"),
            ("a ", "or a blank"),
            (" a", "or a blank"),
            ("a/+", "neither + nor #"),
            ("#", "neither + nor #"),
        ):
            text = complaint(with_section("mqtt", '{"' + key + '": "' + topic + '"}'))
            assert text.startswith("config.json: mqtt." + key + ": ") and words in text
    for key in ("base", "discovery_prefix"):
        assert "is empty: topics" in complaint(with_section("mqtt", '{"' + key + '": ""}'))
    good = '{"base": "old house/cellar", "chargery_base": "", "discovery_prefix": "ha"}'
    assert config.parse(with_section("mqtt", good))["mqtt"]["base"] == "old house/cellar"


def two_packs(one, other):
    wired = '{"name": "%s", "bms": "jk", "device": "%s"}'
    return '{"packs": [' + wired % (one, one) + ", " + wired % (other, other + "x") + "]}"


def test_names_that_share_a_folder_on_some_pcs():
    text = complaint(two_packs("house", "House"))
    assert text == (
        "config.json: packs[1].name: 'House' is taken by packs[0].name, "
        "small and capital letters are one folder on some PCs"
    )
    assert len(config.parse(two_packs("house", "houses"))["packs"]) == 2


def test_names_that_something_else_has():
    for name in ("health", "extra"):
        assert "what the logger calls lines of its own" in complaint(two_packs(name, "a"))
    for name in ("con", "NUL", "com1", "LPT9", "aux", "prn"):
        assert "cannot be a folder on Windows" in complaint(two_packs(name, "a"))
    for name in ("com", "com10", "comx", "console", "Health"):
        config.parse(two_packs(name, "a"))


def test_addresses_of_the_wifi():
    for key in ("address", "netmask", "gateway", "dns"):
        for wrong in ("10.0.0", "10.0.0.256", "10.0.0.1 ", "router", "10.0.0.01", "1.2.3.4.5"):
            text = complaint(with_section("wifi", '{"' + key + '": "' + wrong + '"}'))
            assert text.endswith("'" + wrong + "' is not like 192.168.1.77")
    assert "hostname: 'the board' is not 1 to 32" in complaint(
        with_section("wifi", '{"hostname": "the board"}')
    )
    assert "ssid: '' is not" in complaint(with_section("wifi", '{"networks": [{"ssid": ""}]}'))


def test_a_console_needs_a_host_and_a_path():
    blue = (
        '{"packs": [{"name": "b", "bms": "bluenova", %s}], "wifi": {"networks": [{"ssid": "h"}]}}'
    )
    assert "host: '' is not a host" in complaint(blue % '"host": ""')
    for path in ("", "ws/", "/a b", "/a\\r\\nX: 1"):
        assert "begins with / and has no blanks" in complaint(blue % ('"path": "' + path + '"'))
    assert config.parse(blue % '"host": "Cabin.local"')["packs"][0]["host"] == "cabin.local"
