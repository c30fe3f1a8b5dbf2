"""What must not leave memory: credentials, tokens, keys and addresses of people, found in text by their form.

Two uses. The words of an event type (skeleton, template, names) are stored verbatim or not at all: when redaction
would change one of them the type is unlisted. Samples are redacted before a provider outside this process sees them.
The word `password` is no secret and `password=<*>` has none left: both are clean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from sluice.config.model import Redaction
from sluice.engine import Evidence, Slot
from sluice.errors import ConfigError

_KEY = (
    r"(?<![\w.-])[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|secret[_-]?key|"
    r"private[_-]?key|authorization|credentials?|session[_-]?id|cookie|set-cookie)"
)
_PROSE = (
    r"(?:password|secret|token|required|invalid|incorrect|wrong|expired|missing|empty|changed|updated|reset|rejected|"
    r"accepted|refused|denied|failed|failure|error|unknown|none|null|nil|true|false|yes|no|ok|set|unset|not|is|was|has|"
    r"for|bearer|basic|digest|negotiate|redacted|hidden|masked)(?![\w-])"
)
"""Words that follow `password:` in prose: it is spoken of, not told."""

_BUILT_IN: tuple[tuple[str, str], ...] = (
    ("private_key", r"-----BEGIN [A-Z0-9 ]+-----(?:[\s\S]*?-----END [A-Z0-9 ]+-----)?"),
    (
        "credential",
        rf"(?i)(?P<keep>{_KEY}[\"']?\s*[=:]\s*[\"']?)(?![<*\[{{(/$%]|{_PROSE})[^\s\"',;&}})\]]{{2,}}",
    ),
    ("bearer", r"(?P<keep>(?i:bearer)\s+)(?=[^\s<]*(?:\d|[a-z][A-Z])|[^\s<]{24})[A-Za-z0-9._~+/=-]{8,}"),
    ("basic", r"(?P<keep>(?i:basic)\s+)(?=[^\s<]*(?:\d|=|[a-z][A-Z])|[^\s<]{24})[A-Za-z0-9+/=]{8,}"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"),
    ("aws_key", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b"),
    ("github_token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("google_key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("api_key", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("url_credential", r"(?P<keep>://)(?!<)[^\s/:@<>]+:(?!<)[^\s/@<>]+(?=@)"),
    (
        "email",
        r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@(?:[A-Za-z0-9-]+\.)+"
        r"(?!(?:service|socket|timer|mount|slice|target|device|scope|path)\b)[A-Za-z]{2,24}\b",
    ),
)
"""Name and form; what a group `keep` matches stays. systemd's `getty@tty.service` is no address."""


class Redactor:
    """Built-in forms and the configured ones. Raises `ConfigError` for a mask that is no regular expression."""

    def __init__(self, settings: Redaction) -> None:
        self._enabled = settings.enabled
        self._forms = [(name, re.compile(form)) for name, form in _BUILT_IN]
        for position, mask in enumerate(settings.masks):
            try:
                self._forms.append((mask.name, re.compile(mask.pattern)))
            except re.error as error:
                key = f"classification.redaction.masks[{position}].pattern"
                raise ConfigError(f"{key}: {mask.pattern!r} is no regular expression: {error}") from None

    def redact(self, text: str) -> str:
        """The text with `<name>` for each form found."""
        for name, form in self._forms:
            keeps = "keep" in form.groupindex
            text = form.sub(rf"\g<keep><{name}>" if keeps else f"<{name}>", text)
        return text

    def clean(self, text: str) -> bool:
        """Redaction would leave the text as it is."""
        return not any(form.search(text) for _, form in self._forms)

    def listable(self, evidence: Evidence) -> bool:
        """The type's constant words may be stored, published and asked about.

        Holds whatever `redaction.enabled` says: that key is about samples, which are shown and forgotten, while these
        words would stay on disk and on Kafka.
        """
        identity = evidence.identity
        words = (evidence.skeleton, evidence.template, identity.scope, identity.namespace, identity.service)
        return all(self.clean(text) for text in words)

    def shown(self, evidence: Evidence) -> Evidence:
        """The evidence as a provider outside this process may see it: values and samples redacted, if enabled."""
        if not self._enabled:
            return evidence
        slots = [Slot(slot.kind, self._all(slot.values)) for slot in evidence.slots]
        return msgspec.structs.replace(evidence, slots=slots, samples=self._all(evidence.samples))

    def _all(self, texts: Sequence[str]) -> list[str]:
        return [self.redact(text) for text in texts]
