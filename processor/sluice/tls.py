"""Certificates and keys of servers and clients, read and checked before anything is opened."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from sluice.config.model import ClientTls, ServerTls
from sluice.errors import ConfigError


class Material(NamedTuple):
    """PEM. `ca`: whom to trust; `certificate` and `key`: who we are. None where not configured."""

    ca: bytes | None
    certificate: bytes | None
    key: bytes | None


def server_material(tls: ServerTls, key: str) -> Material:
    """Checked as `server_context` checks; `key` is the configuration path of the `tls` section."""
    server_context(tls, key)
    return Material(
        _read(f"{key}.client_ca_file", tls.client_ca_file),
        _read(f"{key}.cert_file", tls.cert_file),
        _read(f"{key}.key_file", tls.key_file),
    )


def server_context(tls: ServerTls, key: str) -> ssl.SSLContext:
    """With `client_ca_file`, a client without a certificate of that authority is refused (mTLS)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_pair(context, key, tls.cert_file, tls.key_file)
    if tls.client_ca_file is not None:
        _load_ca(context, f"{key}.client_ca_file", tls.client_ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_material(tls: ClientTls, key: str) -> Material:
    """Without `ca_file` the system's authorities are trusted; None for `ca` where the system has no such file."""
    if (tls.cert_file is None) != (tls.key_file is None):
        missing = "cert_file" if tls.cert_file is None else "key_file"
        raise ConfigError(f"{key}.{missing}: missing; a client certificate needs both cert_file and key_file")
    context = ssl.create_default_context()
    if tls.cert_file is not None and tls.key_file is not None:
        _load_pair(context, key, tls.cert_file, tls.key_file)
    ca_file = tls.ca_file
    if ca_file is None:
        ca_file = ssl.get_default_verify_paths().cafile
    else:
        _load_ca(context, f"{key}.ca_file", ca_file)
    return Material(
        _read(f"{key}.ca_file", ca_file),
        _read(f"{key}.cert_file", tls.cert_file),
        _read(f"{key}.key_file", tls.key_file),
    )


def _read(key: str, path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{key}: {path} cannot be read: {(error.strerror or str(error)).lower()}") from None


def _load_pair(context: ssl.SSLContext, key: str, cert_file: str, key_file: str) -> None:
    _read(f"{key}.cert_file", cert_file)
    _read(f"{key}.key_file", key_file)
    try:
        context.load_cert_chain(cert_file, key_file, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(
            f"{key}.cert_file: {cert_file} and key_file {key_file} are no pair of PEM certificate and unencrypted key: "
            f"{getattr(error, 'reason', None) or error}"
        ) from None


def _no_password() -> str:
    """A server has no terminal to ask at: OpenSSL would stop there for an encrypted key."""
    raise ValueError("the key is encrypted")


def _load_ca(context: ssl.SSLContext, key: str, path: str) -> None:
    _read(key, path)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise ConfigError(f"{key}: {path} holds no PEM certificate: {error.reason or error}") from None
