"""Prints the WiFi networks in reach, a line each, or why it cannot listen."""


def wifi_scan():
    try:
        import binascii
        import json

        import network

        wlan = network.WLAN(network.STA_IF)
        was_active = wlan.active()
        wlan.active(True)
        for ssid, _, _, rssi, security, _ in wlan.scan():
            print("heard", json.dumps([binascii.hexlify(ssid).decode(), rssi, security]))
        if not was_active:
            wlan.active(False)
    except ImportError as e:
        print("radio", e)
    except (OSError, RuntimeError) as e:
        print("radio", repr(e))
