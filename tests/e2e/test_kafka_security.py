"""TLS, SASL and rights: what the configuration says reaches the broker, and what it refuses is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from kafka_peers import BRISK, Peer, own_topics, running, until
from real.certificates import Certificates, make_certificates
from real.kafka import Kafka, compact, start_kafka
from sluice.config.model import ClientTls, KafkaConfig, Sasl
from sluice.errors import BrokerError, ConfigError
from sluice.verdicts.kafka.oneshot import probe

pytestmark = pytest.mark.usefixtures("nothing_left_open")

PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


class Guarded(NamedTuple):
    """A broker with a SASL and a TLS listener; `trusted` may do everything, `nobody` nothing."""

    broker: Kafka
    certificates: Certificates


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    directory = tmp_path_factory.mktemp("kafka-guarded")
    certificates = make_certificates(directory)
    settings = {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.sasl.plain.sasl.jaas.config": (f'{PLAIN} required user_trusted="secret" user_nobody="secret";'),
        "listener.name.sasl.scram-sha-256.sasl.jaas.config": f"{SCRAM} required;",
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": f"{SCRAM} required;",
        "listener.name.tls.ssl.keystore.type": "PEM",
        "listener.name.tls.ssl.keystore.location": str(certificates.server.both),
        "listener.name.tls.ssl.truststore.type": "PEM",
        "listener.name.tls.ssl.truststore.location": str(certificates.authority),
        "listener.name.tls.ssl.client.auth": "required",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:trusted;User:CN=client",
    }
    broker = await start_kafka(directory, settings, users={"trusted": "secret"})
    yield Guarded(broker, certificates)
    broker.remove()


async def publishes_and_reads(peer: Peer) -> None:
    peer.outbox.put("verdicts", "a", b"one")
    await until(lambda: peer.table == {("verdicts", "a"): b"one"} and peer.works())


def by_sasl(guarded: Guarded, mechanism: str, username: str = "trusted", password: str = "secret") -> KafkaConfig:
    sasl = Sasl(mechanism=mechanism, username=username, password=password)  # type: ignore[arg-type]
    return KafkaConfig(brokers=(guarded.broker.listeners["SASL"],), topics=own_topics(), sasl=sasl)


def by_tls(guarded: Guarded, tls: ClientTls) -> KafkaConfig:
    return KafkaConfig(brokers=(guarded.broker.listeners["TLS"],), topics=own_topics(), tls=tls)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_sasl_logs_in(guarded: Guarded, mechanism: str) -> None:
    async with running(by_sasl(guarded, mechanism)) as peer:
        await publishes_and_reads(peer)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_a_wrong_password_is_named_without_being_told(guarded: Guarded, mechanism: str) -> None:
    async with running(by_sasl(guarded, mechanism, password="wr0ng-password")) as peer:
        await until(lambda: "verdicts.kafka.sasl" in peer.trouble)
        assert "wr0ng-password" not in peer.trouble
        await until(lambda: peer.failures("reader", "auth"))


async def test_a_mechanism_that_the_listener_does_not_offer_is_named(tmp_path: Path) -> None:
    only_plain = {
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl.plain.sasl.jaas.config": f'{PLAIN} required user_trusted="secret";',
    }
    broker = await start_kafka(tmp_path, only_plain)
    try:
        sasl = Sasl(mechanism="SCRAM-SHA-512", username="trusted", password="secret")
        config = KafkaConfig(brokers=(broker.listeners["SASL"],), topics=own_topics(), sasl=sasl)
        async with running(config) as peer:
            await until(lambda: "verdicts.kafka.sasl.mechanism: SCRAM-SHA-512; give one" in peer.trouble)
    finally:
        broker.remove()


async def test_tls_with_a_client_certificate(guarded: Guarded) -> None:
    authority, _, client = guarded.certificates
    tls = ClientTls(ca_file=str(authority), cert_file=str(client.certificate), key_file=str(client.key))
    async with running(by_tls(guarded, tls)) as peer:
        await publishes_and_reads(peer)


async def test_stop_over_tls_does_not_wait_for_a_broker_that_hangs(guarded: Guarded) -> None:
    authority, _, client = guarded.certificates
    tls = ClientTls(ca_file=str(authority), cert_file=str(client.certificate), key_file=str(client.key))
    async with running(by_tls(guarded, tls), BRISK) as peer:
        await publishes_and_reads(peer)
        guarded.broker.pause()
        try:
            peer.outbox.put("verdicts", "b", b"two")
            async with asyncio.timeout(30):  # a broker that is waited for does not come at all
                await peer.link.stop()
        finally:
            guarded.broker.resume()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_authority_that_is_not_trusted_is_named(guarded: Guarded, tmp_path: Path) -> None:
    other = make_certificates(tmp_path)
    async with running(by_tls(guarded, ClientTls(ca_file=str(other.authority)))) as peer:
        await until(lambda: "verdicts.kafka.tls" in peer.trouble)
        await until(lambda: peer.failures("reader", "tls"))


async def test_another_name_than_the_certificate_s_is_refused_unless_it_is_asked_for(guarded: Guarded) -> None:
    authority, _, client = guarded.certificates
    tls = ClientTls(
        ca_file=str(authority),
        cert_file=str(client.certificate),
        key_file=str(client.key),
        server_name_override="kafka.example",
    )
    async with running(by_tls(guarded, tls)) as peer:
        await until(lambda: "kafka.example" in peer.trouble)


async def test_a_listener_that_expects_tls_is_told_from_one_that_is_away(guarded: Guarded) -> None:
    config = KafkaConfig(brokers=(guarded.broker.listeners["TLS"],), topics=own_topics())
    async with running(config) as peer:
        await until(lambda: "verdicts.kafka.tls" in peer.trouble)


async def test_topics_that_the_user_may_not_see_are_named(guarded: Guarded) -> None:
    config = by_sasl(guarded, "PLAIN", username="nobody")
    await guarded.broker.create(config.topics.verdicts, **compact())
    async with running(config) as peer:
        peer.outbox.put("verdicts", "a", b"one")
        await until(lambda: "permission denied" in peer.trouble)
        assert config.topics.verdicts in peer.trouble or config.topics.overrides in peer.trouble
        await until(lambda: peer.failures("reader", "denied"))
        assert not peer.outbox.empty


async def test_a_probe_says_what_a_run_would_meet(guarded: Guarded) -> None:
    await probe(by_sasl(guarded, "SCRAM-SHA-256"))
    with pytest.raises(BrokerError, match=r"verdicts\.kafka\.sasl"):
        await probe(by_sasl(guarded, "PLAIN", password="wrong"))
    with pytest.raises(BrokerError, match="permission denied"):
        await probe(by_sasl(guarded, "PLAIN", username="nobody"))


@pytest.mark.parametrize("brokers", [(), ("127.0.0.1:port",)])
def test_addresses_that_cannot_be_used_are_known_before_anything_starts(brokers: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"verdicts\.kafka\.brokers: .*host:port"):
        Peer(KafkaConfig(brokers=brokers))


@pytest.mark.parametrize("key", ["ca_file", "cert_file"])
def test_a_certificate_that_cannot_be_read_is_known_before_anything_starts(tmp_path: Path, key: str) -> None:
    missing = str(tmp_path / "missing.pem")
    config = KafkaConfig(brokers=("127.0.0.1:9092",), tls=ClientTls(**{key: missing}))
    with pytest.raises(ConfigError, match=rf"verdicts\.kafka\.tls\.{key}: .*missing\.pem: no such file"):
        Peer(config)
