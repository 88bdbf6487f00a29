"""TLS for a connection that wants it: who does not pays no RAM for this."""

import ssl
from binascii import a2b_base64

_said = False  # that nobody checks who the broker is: once a start


def context(ca_file):
    """An SSLContext; the broker's certificate is checked against the CA in that file, "": not at
    all. OSError and ValueError if the file cannot be used.
    """
    global _said
    if not ca_file and not _said:
        _said = True
        print("packlog: mqtt.tls without mqtt.ca_file: anybody on the way can listen in")
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.verify_mode = ssl.CERT_NONE
    if ca_file:
        found.verify_mode = ssl.CERT_REQUIRED
        with open(ca_file, "rb") as file:
            found.load_verify_locations(cadata=der(file.read()))
    return found


def der(certificate):
    """A certificate of either form in the one that every port's TLS takes."""
    begin = certificate.find(b"-----BEGIN")
    if begin < 0:
        return certificate
    begin = certificate.find(b"\n", begin)
    return a2b_base64(certificate[begin : certificate.find(b"-----END", begin)])
