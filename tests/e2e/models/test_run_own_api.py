"""Without a `base_url` the API itself is asked: by its name, by TLS, through the proxy that the environment names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from model_runs import KEYS, listed, send
from real.certificates import make_certificates
from real.models import ModelServer
from real.otlp import NextHop
from real.sluice import Sluice, forwarding_to
from real.tls_proxy import TlsProxy
from traffic import PROBE, judged, order

HOSTS = {"anthropic": "api.anthropic.com", "openai": "api.openai.com"}


@pytest.fixture(params=HOSTS)
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def proxy(provider: str, claude: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsProxy]:
    """In the environment of what is started, with the authority that its certificate can be told by."""
    (tmp_path / "certificates").mkdir()
    certificates = make_certificates(tmp_path / "certificates", server_name=HOSTS[provider])
    with TlsProxy(certificates.server, claude.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        yield proxy


def test_without_a_base_url_the_providers_own_api_judges(
    provider: str, proxy: TlsProxy, claude: ModelServer, next_hop: NextHop, tmp_path: Path
) -> None:
    claude.key = KEYS[provider]
    section = {"provider": provider, provider: {"api_key": KEYS[provider]}}
    with Sluice(tmp_path, {"exporters": forwarding_to(next_hop.endpoint), "classification": section}) as sluice:
        send(sluice, PROBE, order(1))
        judged(sluice, 2)
        assert {verdict["source"]["provider"] for verdict in listed(sluice, 2).values()} == {provider}
    assert set(proxy.targets) == {f"{HOSTS[provider]}:443"}
    assert {asked.headers["host"] for asked in claude.asked} == {HOSTS[provider]}
    assert {asked.wire for asked in claude.asked} == {"anthropic" if provider == "anthropic" else "responses"}


def test_without_a_base_url_validate_tries_the_providers_own_api(
    provider: str, proxy: TlsProxy, claude: ModelServer, tmp_path: Path
) -> None:
    claude.key = KEYS[provider]
    claude.play({"readable": True})
    section = {"provider": provider, provider: {"api_key": KEYS[provider]}}
    sluice = Sluice(tmp_path, {"exporters": {"nop": {}}, "classification": section})
    tried = sluice.command("validate", "--connect")
    assert f"provider {provider}: reached" in tried.stdout.splitlines()
    assert tried.returncode == 0
    assert proxy.targets == [f"{HOSTS[provider]}:443"]
