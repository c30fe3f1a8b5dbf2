"""Where the connection is written: a configuration, and the env file beside it that holds the keys."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sluice.config import amend, document, envfile
from sluice.config.convert import convert
from sluice.config.keys import homes
from sluice.config.messages import LocatedError
from sluice.config.model import Provider
from sluice.config.references import References
from sluice.connect import files
from sluice.connect.files import Written
from sluice.connect.providers import ABOUT, Choice, Chosen, ProviderName
from sluice.errors import ConfigError

_VARIABLE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-.*)?\}")
_BEGINNING = """\
# What each key means, and all the others: docs/configuration.md
receivers:
  otlp:
    protocols:
      grpc: {endpoint: 127.0.0.1:4317}
      http: {endpoint: 127.0.0.1:4318}
policy:
  mode: observe    # changes no byte; then tag, then drop
verdicts:
  store: {path: sluice.db}
exporters:
  nop: {}          # records are judged and counted, not forwarded; to forward them:
  # otlp_grpc: {endpoint: collector:4317, tls: {insecure: true}}
"""
"""A configuration that runs as it is and does nothing to anybody's records."""


class Plan(NamedTuple):
    """What is to be written. `left_to_do`: lines for the configuration, where it is one that only its writer can edit;
    else empty."""

    files: list[Written]
    left_to_do: str


class Place:
    """Both files as they are now. Raises ConfigError when one cannot be used."""

    def __init__(self, config_file: str, environ: Mapping[str, str] = os.environ) -> None:
        self.config_file = Path(config_file)
        self.env_file = envfile.beside(config_file)
        if self.env_file == self.config_file:
            raise ConfigError(f"{config_file}: is the name of an env file: name the configuration, such as sluice.yaml")
        self._environ = environ
        self._config = files.read(self.config_file)
        self._env = files.read(self.env_file)
        envfile.parse(self._env or "", str(self.env_file))
        self._classification = self._read_classification()

    @property
    def is_new(self) -> bool:
        return self._config is None

    @property
    def provider(self) -> ProviderName | None:
        return self._named("provider")

    @property
    def fallback(self) -> ProviderName | None:
        return self._named("fallback")

    def settings(self, choice: Choice) -> Provider:
        """How `run` would ask this provider. Raises ConfigError for a value that cannot be one."""
        path, section = ("classification", choice.provider), self._classification.get(choice.provider) or {}
        try:
            if isinstance(section, dict):
                references = References(envfile.Environment(self._environ, self.env_file))
                section = references.expand({key: value for key, value in section.items() if key != "api_key"}, path)
                section |= _given(choice)
            config = convert({path[0]: {path[1]: section}, "exporters": {"nop": {}}}, homes())
        except LocatedError as error:
            raise ConfigError(f"{self.config_file}: {error}") from None
        settings = getattr(config.classification, choice.provider) or Provider()
        assert isinstance(settings, Provider)
        return msgspec.structs.replace(settings, api_key=choice.key)

    def variable(self, provider: ProviderName) -> str:
        """The one that holds its key: what the configuration calls it already, else the usual name."""
        section = self._classification.get(provider)
        given = section.get("api_key") if isinstance(section, dict) else None
        found = _VARIABLE.fullmatch(given) if isinstance(given, str) else None
        return found[1] if found else ABOUT[provider].variable

    def is_outdone(self, choice: Choice) -> bool:
        """Whether the environment has another key by that name, which goes before the env file."""
        return self._environ.get(self.variable(choice.provider), choice.key) != choice.key

    def plan(self, chosen: Chosen) -> Plan:
        """A configuration that would not change is no part of it."""
        values, env = self._values(chosen), self._env or ""
        for choice in (chosen.choice, chosen.fallback):
            if choice:
                env = envfile.with_variable(env, self.variable(choice.provider), choice.key)
        secret = Written(self.env_file, env, secret=True)
        config = amend.amend(_BEGINNING if self._config is None else self._config, values)
        if config is None:
            return Plan([secret], amend.block(values))
        written = [secret, Written(self.config_file, config, secret=False)]
        return Plan(written[: 1 if config == self._config else 2], "")

    def _values(self, chosen: Chosen) -> list[tuple[amend.KeyPath, str]]:
        top, (choice, fallback, alone) = "classification", chosen
        values: list[tuple[amend.KeyPath, str]] = [((top, "provider"), choice.provider)]
        if fallback:
            values.append(((top, "fallback"), fallback.provider))
        elif self.fallback and (alone or self.fallback == choice.provider):
            values.append(((top, "fallback"), "none"))
        for one in (choice, fallback):
            if one:
                section = {"api_key": self._reference(one.provider), **_given(one)}
                values += [((top, one.provider, key), value) for key, value in section.items()]
        return values

    def _reference(self, provider: ProviderName) -> str:
        """As it is written already, a default included, or a new one."""
        section = self._classification.get(provider)
        given = section.get("api_key") if isinstance(section, dict) else None
        if isinstance(given, str) and _VARIABLE.fullmatch(given):
            return given
        return f"${{env:{self.variable(provider)}}}"

    def _named(self, key: str) -> ProviderName | None:
        value = self._classification.get(key)
        return next((name for name in ABOUT if name == value), None)

    def _read_classification(self) -> dict[str, Any]:
        try:
            tree = document.parse(self._config or "").value
        except LocatedError as error:
            raise ConfigError(f"{self.config_file}: {error}") from None
        if tree is None:
            return {}
        section = tree.get("classification") if isinstance(tree, dict) else tree
        if section is not None and not isinstance(section, dict):
            where = "classification" if isinstance(tree, dict) else "it"
            raise ConfigError(f"{self.config_file}: {where} is not a mapping of keys to values: correct it first")
        return section or {}


def _given(choice: Choice) -> dict[str, str]:
    """What was chosen besides the key."""
    given = {"model": choice.model, "base_url": choice.base_url}
    return {key: value for key, value in given.items() if value is not None}


def is_connected(config_file: str) -> bool:
    """Whether the configuration names a provider behind an API. A file that cannot be read names none."""
    try:
        return Place(config_file).provider is not None
    except ConfigError:
        return False
