"""How the brokers are reached: addresses, TLS, SASL, deadlines."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import ssl
from typing import Any

import msgspec
from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from sluice.config.model import ClientTls, KafkaConfig
from sluice.errors import BrokerError, ConfigError


class Deadlines(msgspec.Struct, frozen=True):
    """Seconds. `dial`: until a broker has accepted us; `request`: until it answers, a slow one too; `fetch`: how long
    it may hold a fetch back while there is nothing new."""

    dial: float = 5.0
    request: float = 10.0
    fetch: float = 0.5


class Connection(AIOKafkaConnection):  # type: ignore[misc]
    """Closes at once. The polite close waits for what a stopped peer never sends (over TLS for 30 s), and nothing that
    is still unsent is worth it: a connection is closed because it failed or because no one needs it any more."""

    def close(self, reason: Any = None, exc: BaseException | None = None) -> asyncio.Future[None]:
        writer = self._writer
        closed: asyncio.Future[None] = super().close(reason, exc)
        if writer is not None:
            writer.transport.abort()
            # A connection that the peer reset tells so a second time here, where aiokafka does not listen, and
            # asyncio would complain of it when it is collected.
            self._protocol._get_close_waiter(writer).add_done_callback(_heard)
        return closed


def _heard(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()


class Access:
    """Dials brokers as the configuration says. ConfigError when an address or a certificate cannot be used."""

    def __init__(self, config: KafkaConfig, deadlines: Deadlines | None = None) -> None:
        self.deadlines = deadlines or Deadlines()
        self._brokers = [_address(broker) for broker in config.brokers]
        if not self._brokers:
            raise ConfigError("verdicts.kafka.brokers: is empty; name at least one host:port")
        self._sasl = config.sasl
        self._context = _context(config.tls) if config.tls is not None and not config.tls.insecure else None
        # What it warns of at every attempt is told once here, by the error.
        logging.getLogger("aiokafka").setLevel(logging.ERROR)

    async def first(self) -> tuple[Connection, tuple[str, int]]:
        """A connection to the first broker that answers, and its address; in a new order every time.

        BrokerError tells of every broker that was tried, in the order of the configuration.
        """
        failures: dict[tuple[str, int], BrokerError] = {}
        for broker in random.sample(self._brokers, len(self._brokers)):
            try:
                return await self.dial(*broker), broker
            except BrokerError as error:
                failures[broker] = error
        told = [failures[broker] for broker in self._brokers]
        raise BrokerError("; ".join(map(str, told)), reason=told[0].reason)

    async def dial(self, host: str, port: int) -> Connection:
        """One broker, authenticated."""
        at = f"{host}:{port}"
        connection = self._connection(host, port)
        try:
            async with asyncio.timeout(self.deadlines.dial):
                await connection.connect()
        except UnsupportedSaslMechanismError as error:
            asked = self._sasl.mechanism if self._sasl else "none"
            raise BrokerError(
                f"{at} does not offer verdicts.kafka.sasl.mechanism: {asked}; give one that the listener has enabled",
                reason="auth",
            ) from error
        except (SaslAuthenticationFailed, AuthenticationFailedError) as error:
            raise BrokerError(f"{at}: {words(error)}; check verdicts.kafka.sasl", reason="auth") from error
        except ssl.SSLError as error:
            raise BrokerError(f"{at}: no TLS: {_tls_cause(error)}; check verdicts.kafka.tls", reason="tls") from error
        except TimeoutError as error:
            raise BrokerError(f"{at} did not answer within {self.deadlines.dial:g} s", reason="unreachable") from error
        except OSError as error:
            raise BrokerError(f"{at} cannot be reached: {_cause(error)}", reason="unreachable") from error
        except (KafkaError, ValueError) as error:
            ask = "does this listener expect other verdicts.kafka.tls or sasl settings?"
            raise BrokerError(f"{at} broke the handshake off; {ask}", reason="unreachable") from error
        return connection

    def _connection(self, host: str, port: int) -> Connection:
        tls = "SSL" if self._context else "PLAINTEXT"
        sasl = self._sasl
        return Connection(
            host,
            port,
            client_id="sluice",
            request_timeout_ms=int(self.deadlines.request * 1000),
            ssl_context=self._context,
            security_protocol=f"SASL_{tls}" if sasl else tls,
            sasl_mechanism=sasl.mechanism if sasl else None,
            sasl_plain_username=sasl.username if sasl else None,
            sasl_plain_password=sasl.password if sasl else None,
        )


class _NamedContext(ssl.SSLContext):
    """Verifies `name` instead of the host that is dialled, for brokers behind a tunnel."""

    name: str | None = None

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        return super().wrap_bio(*args, **{**kwargs, "server_hostname": self.name or kwargs.get("server_hostname")})


def _address(broker: str) -> tuple[str, int]:
    try:
        [(host, port, _)] = collect_hosts([broker])
    except ValueError as error:
        raise ConfigError(f"verdicts.kafka.brokers: {broker}: is no address; give host:port") from error
    return host, port


def _context(tls: ClientTls) -> ssl.SSLContext:
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.name = tls.server_name_override
    key = "verdicts.kafka.tls"
    try:
        if tls.ca_file is not None:
            context.load_verify_locations(tls.ca_file)
        else:
            context.load_default_certs()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{key}.ca_file: {tls.ca_file}: {_cause(error)}; give a PEM file of certificates") from error
    if tls.key_file is not None and tls.cert_file is None:
        raise ConfigError(f"{key}.key_file: {tls.key_file}: has no certificate; give {key}.cert_file too")
    if tls.cert_file is not None:
        try:
            context.load_cert_chain(tls.cert_file, tls.key_file)
        except (OSError, ValueError) as error:
            files = " and ".join(file for file in (tls.cert_file, tls.key_file) if file)
            raise ConfigError(
                f"{key}.cert_file: {files}: {_cause(error)}; give a PEM certificate and its key"
            ) from error
    return context


def words(error: KafkaError) -> str:
    """What the broker said, else the name of the error."""
    said = next((argument for argument in error.args if isinstance(argument, str)), "")
    return (said or type(error).__name__).rstrip(".").lower()


def _tls_cause(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".").lower()
    return (error.reason or str(error)).replace("_", " ").lower()


def _cause(error: Exception) -> str:
    """The system's words without asyncio's and Python's around them."""
    if isinstance(error, ssl.SSLError):
        return _tls_cause(error)
    if isinstance(error, OSError) and error.errno and not isinstance(error, socket.gaierror):
        return os.strerror(error.errno).lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).lower()
