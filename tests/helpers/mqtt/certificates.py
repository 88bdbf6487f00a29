"""A certification authority of our own, and what it certifies: a broker."""

import contextlib
import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def builder(subject: str, issuer: str, key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder(name(issuer), name(subject), key.public_key())
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - DAY).not_valid_after(now + DAY)


def write_key(path: Path, key):
    form = serialization.PrivateFormat.TraditionalOpenSSL
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    )


def names_of(host: str) -> x509.SubjectAlternativeName:
    """An address is certified as one, and as a name for clients that know only names."""
    names = [x509.DNSName(host)]
    with contextlib.suppress(ValueError):
        names.insert(0, x509.IPAddress(ipaddress.ip_address(host)))
    return x509.SubjectAlternativeName(names)


def make(folder: Path, host: str = "127.0.0.1") -> Path:
    """ca.pem, server.pem and server.key in the folder, for a broker of that name or address."""
    folder.mkdir()
    key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    basic = x509.BasicConstraints(ca=True, path_length=None)
    ca = builder("our CA", "our CA", key).add_extension(basic, critical=True)
    server = builder(host, "our CA", server_key)
    server = server.add_extension(names_of(host), critical=False)
    for stem, certificate in (("ca", ca), ("server", server)):
        signed = certificate.sign(key, hashes.SHA256())
        pem = signed.public_bytes(serialization.Encoding.PEM)
        (folder / f"{stem}.pem").write_bytes(pem)
    write_key(folder / "server.key", server_key)
    return folder
