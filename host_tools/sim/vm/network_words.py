"""The words of the virtual board's network: the ops of ops.NETWORK, read by both sides.

fd is a socket's number. Addresses are 4 bytes, an end is an address and a port (uint16, little-
endian). An answer's errno is the ESP32's (newlib), or one of those below for what is none there.
"""

# Sockets
SOCKET = 64  # a: TCP or UDP; the answer's value: fd
CLOSE = 65  # a: fd
CONNECT = 66  # a: fd, b: port, payload: address
BIND = 67  # a: fd, b: port
LISTEN = 68  # a: fd, b: how many may wait
ACCEPT = 69  # a: fd; the answer's value: fd of the connection, payload: the other end
SEND = 70  # a: fd, payload: data; the answer's value: bytes taken
SEND_TO = 71  # a: fd, b: port, payload: address and data
RECEIVE = 72  # a: fd, b: 0, PEEK or LINE, value: bytes at most; the answer's payload: what came
RECEIVE_FROM = 73  # the same of datagrams; the answer's payload: the other end and what came
POLL = 74  # a: fd, b: events; the answer's value: events
SOCKET_ERROR = 75  # a: fd; the answer's value: errno, forgotten then
RESOLVE = 76  # payload: name; the answer's payload: address

TCP, UDP = 1, 2
PEEK, LINE = 1, 2

# The WiFi station
ACTIVE = 80  # a: 1 on, 0 off
JOIN = 81  # payload: SSID, 0 byte, key
LEAVE = 82
STATUS = 83  # the answer's value: STAT_...
IS_CONNECTED = 84  # the answer's value: 0 or 1
RSSI = 85  # the answer's value: dBm
SCAN = 86  # the answer's payload: SCANNED records
ADDRESSES = 87  # the answer's payload: address, netmask, gateway, DNS server
SET_ADDRESSES = 88  # payload: the same; without: DHCP
SET_RECONNECTS = 89  # value: how often the chip tries again by itself, -1: forever

POINT = 90  # its own access point. a: 1 on, 0 off, payload: SSID, 0 byte, key
STATIONS = 91  # the answer's value: how many are in it

SCANNED = "<B32s6sBbB"  # length of the SSID, SSID, BSSID, channel, RSSI in dBm, security

# Not errnos: what the ESP32's modules raise otherwise
NO_SUCH_NAME = 1000
WIFI_NOT_STARTED = 1001
WIFI_NOT_CONNECTED = 1002
WIFI_STATE = 1003

# errnos of newlib that the network has (lwIP's err_to_errno)
EBADF = 9
EAGAIN = 11
ENOMEM = 12
EINVAL = 22
ENFILE = 23
ECONNRESET = 104
ENOBUFS = 105
EADDRINUSE = 112
ECONNABORTED = 113
ETIMEDOUT = 116
EHOSTUNREACH = 118
EINPROGRESS = 119
EALREADY = 120
EISCONN = 127
ENOTCONN = 128

# poll, as MicroPython numbers the events
POLLIN, POLLOUT, POLLERR, POLLHUP, POLLNVAL = 1, 4, 8, 16, 32

# What WLAN.status() says on an ESP32: the first three are MicroPython's, the others the chip's own
# reasons
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
REASON_LEFT = 8  # the station itself disconnected
REASON_HANDSHAKE = 15  # how most access points end a WPA2 handshake with a wrong password
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_CONNECT_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204
STAT_NO_AP_FOUND_W_COMPATIBLE_SECURITY = 210
STAT_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD = 211
STAT_NO_AP_FOUND_IN_RSSI_THRESHOLD = 212
