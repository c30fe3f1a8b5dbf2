"""Certificates for one test: an authority, a server on this machine, a client; all as PEM files."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Pair(NamedTuple):
    """Certificate, its key, and both in one file (key first)."""

    certificate: Path
    key: Path
    both: Path


class Certificates(NamedTuple):
    authority: Path
    server: Pair
    client: Pair


def make_certificates(directory: Path, *, server_name: str = "localhost") -> Certificates:
    """`server_name`: what the server's certificate is for, beside 127.0.0.1 for `localhost`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    authority = _builder(name, name, key.public_key(), ca=True).sign(key, hashes.SHA256())
    path = directory / "authority.pem"
    path.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    server = _issue(directory / "server", server_name, name, key)
    return Certificates(path, server, _issue(directory / "client", "client", name, key))


def _issue(stem: Path, name: str, issuer: x509.Name, issuer_key: ec.EllipticCurvePrivateKey) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = (
        _builder(subject, issuer, key.public_key(), ca=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pair = Pair(stem.with_suffix(".crt"), stem.with_suffix(".key"), stem.with_suffix(".pem"))
    for path, content in zip(pair, (public, private, private + public), strict=True):
        path.write_bytes(content)
    return pair


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
