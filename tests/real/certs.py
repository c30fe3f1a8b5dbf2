"""Certificates made for one test run: an authority, a server on the loopback, a client, and a stranger's authority."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files. `stranger_*`: valid in itself, but of an authority that nobody here trusts."""

    ca: str
    server_cert: str
    server_key: str
    client_cert: str
    client_key: str
    stranger_ca: str
    stranger_cert: str
    stranger_key: str


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certs")
    ca, stranger = _Authority(folder, "ca"), _Authority(folder, "stranger_ca")
    server, client, intruder = ca.issue("server"), ca.issue("client"), stranger.issue("stranger")
    return Certificates(ca.path, *server, *client, stranger.path, *intruder)


def server_credentials(certs: Certificates, *, mutual: bool = False) -> grpc.ServerCredentials:
    pair = (Path(certs.server_key).read_bytes(), Path(certs.server_cert).read_bytes())
    return grpc.ssl_server_credentials([pair], Path(certs.ca).read_bytes() if mutual else None, mutual)


class _Authority:
    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        certificate = _builder(self._name, self._name, self._key).add_extension(constraints, critical=True)
        self.path = _write(folder / f"{name}.pem", certificate.sign(self._key, hashes.SHA256()))

    def issue(self, name: str) -> tuple[str, str]:
        """Paths of a certificate for localhost and 127.0.0.1, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        certificate = _builder(_name(name), self._name, key).add_extension(names, critical=False)
        key_path = self._folder / f"{name}.key"
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return _write(self._folder / f"{name}.pem", certificate.sign(self._key, hashes.SHA256())), str(key_path)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


def _write(path: Path, certificate: x509.Certificate) -> str:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return str(path)
