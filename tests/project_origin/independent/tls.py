"""An authority of the tests' own, and certificates by it."""

import datetime
import ipaddress
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

DAY = datetime.timedelta(days=1)
HOST = "127.0.0.1"  # "localhost" may be two addresses, and somebody else at the other one's port


def named(name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


class Authority:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.made("authority", self.key, x509.BasicConstraints(True, 0))
        self.directory = tempfile.TemporaryDirectory()
        self.file = self.write("ca.pem", self.pem)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def write(self, name, data):
        path = Path(self.directory.name) / name
        path.write_bytes(data)
        return path

    @property
    def pem(self):
        return self.certificate.public_bytes(Encoding.PEM)

    def made(self, name, key, *extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (x509.CertificateBuilder().subject_name(named(name))
                   .issuer_name(named("authority")).public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now - DAY).not_valid_after(now + DAY))  # fmt: skip
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def vouch_for(self, name=None):
        """Key and certificate, in PEM: of a server of this machine, or of whoever is named."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.DNSName(name) if name else x509.IPAddress(ipaddress.IPv4Address(HOST))
        certificate = self.made(name or HOST, key, x509.SubjectAlternativeName([subject]))
        return (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
                certificate.public_bytes(Encoding.PEM))  # fmt: skip
