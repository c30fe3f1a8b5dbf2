"""What must not leave memory: credentials, tokens, keys, and what tells of people, found in text by its form.

Two uses. The words of an event type (skeleton, template, names) are stored verbatim or not at all: when redaction
would change one of them the type is unlisted. Samples are redacted before a provider outside this process sees them.
Both ask the same forms: what the miner masked is `<ip>` or `<*>` by then, and clean. The word `password` is no secret
and `password=<*>` has none left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from sluice.classify.redaction.built_in import BUILT_IN
from sluice.classify.redaction.form import Form
from sluice.classify.redaction.scanner import Finding, Scanner
from sluice.config.model import Redaction
from sluice.engine import EventType, Evidence, Slot
from sluice.errors import ConfigError


class Redactor:
    """Built-in forms and the configured ones. Raises `ConfigError` for a mask that is no regular expression."""

    def __init__(self, settings: Redaction) -> None:
        self._enabled = settings.enabled
        self._scanner = Scanner((*BUILT_IN, *_configured(settings)))

    def redact(self, text: str) -> str:
        """The text with `<kind>` for each form found."""
        encoded = _encoded(text)
        findings = self._scanner.find(encoded)
        return b"".join(_replaced(encoded, findings)).decode(errors="replace") if findings else text

    def clean(self, text: str) -> bool:
        """Redaction would leave the text as it is."""
        return not self._scanner.any(_encoded(text))

    def findings(self, text: str) -> list[tuple[str, str]]:
        """What redaction would take out, in order: kind and wording. For measuring alone: these are the secrets."""
        encoded = _encoded(text)
        return [(kind, encoded[start:end].decode(errors="replace")) for kind, start, end in self._scanner.find(encoded)]

    def listable(self, kind: Evidence | EventType) -> bool:
        """The type's constant words may be stored, published and asked about.

        Holds whatever `redaction.enabled` says: that key is about samples, which are shown and forgotten, while these
        words would stay on disk and on Kafka.
        """
        identity = kind.identity
        words = (kind.skeleton, kind.template, identity.scope, identity.namespace, identity.service)
        return all(self.clean(text) for text in words)

    def shown(self, evidence: Evidence) -> Evidence:
        """The evidence as a provider outside this process may see it: values and samples redacted, if enabled."""
        if not self._enabled:
            return evidence
        slots = [Slot(slot.kind, self._all(slot.values)) for slot in evidence.slots]
        return msgspec.structs.replace(evidence, slots=slots, samples=self._all(evidence.samples))

    def _all(self, texts: Sequence[str]) -> list[str]:
        return [self.redact(text) for text in texts]


def _configured(settings: Redaction) -> Iterator[Form]:
    """A mask's whole match is the secret, whatever groups it has. Each is compiled alone first, to name its key."""
    for position, mask in enumerate(settings.masks):
        form = Form(mask.name, f"({mask.pattern})")
        try:
            Scanner([form])
        except ValueError as error:
            key = f"classification.redaction.masks[{position}].pattern"
            raise ConfigError(f"{key}: {mask.pattern!r} is no regular expression: {error}") from None
        yield form


def _encoded(text: str) -> bytes:
    """Half a surrogate pair, which no text that leaves could hold, as a question mark."""
    return text.encode(errors="replace")


def _replaced(text: bytes, findings: Sequence[Finding]) -> Iterator[bytes]:
    position = 0
    for kind, start, end in findings:
        yield text[position:start]
        yield f"<{kind}>".encode()
        position = end
    yield text[position:]
