"""One event type as the rules read it: its constant words spelled evenly, and what may hide in its variables."""

from __future__ import annotations

import functools
import re

from sluice.classify.providers.rules import lexicon
from sluice.engine import Evidence

_LONGEST = 2048
"""Characters of a template that are read: what a line is about stands at its beginning."""

_MASK = re.compile(r"<(\*|[A-Za-z][\w-]*)>")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+(?:'[a-z]+)?|\*")
_WORD = re.compile(r"[^\W\d_]")
_FOREIGN = re.compile(r"[^\W\d_a-zA-Z]")
"""A letter that the lexicon cannot spell: a language that it does not read."""
_TELLING = (
    r"status|state|result|outcome|success|ok|code|rc|ret|retval|return|returned|exit|reason|cause|err|error|errno|"
    r"exception|verdict|response|decision|action|allowed|valid|healthy|ready|passed|approved|verified|upstream_status|"
    r"http_?status|response_?status"
)
_TELLING_KEY = re.compile(rf"(?i)(?<![a-z])({_TELLING})\s*[=:]\s*[\"'\[(]?\*")
_TELLING_PATH = re.compile(rf"(?i)(?:^|[.,_])({_TELLING}|exception\.[a-z]+|error\.[a-z]+)(?:=[^,]*)?:")
_KEY_PATHS = re.compile(r"^\{((?:[^\s{},]+:[sbnax0*](?:,|(?=\})))*\*?)\} ?")
"""How the engine begins the template of a structured body: sorted key paths, each with a letter for its type, and with
its value before that where this says how it went: `status=declined:s`."""
_TOLD = re.compile(r"=([^,=]+):s")
_NO_ERROR = re.compile(
    r"(?i)(?<![a-z])(?:err|error|errors|exception)\s*[=:]\s*(?:<nil>|(?:null|none|nil)(?![a-z])|\"\")"
)
_REQUEST = re.compile(r"(?<![A-Za-z])(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)(?![A-Za-z])")

_ANSWER = re.compile(r" (?:response|respond(?:ed)?|webhook|callback|returned|reply|replied) ")
_REQUESTED = re.compile(r" (?:requests?|completed|finished|response|respond(?:ed)?|webhook|callback|returned|reply) ")
_STATUS = re.compile(r"[1-5]\d\d")

_SETTING = re.compile(
    r" (?:negotiated|configured|default|maximum) timeout(?= )(?! (?:reached|hit|elapsed|passed|expired))"
)
"""A timeout that is agreed on, not one that happened."""


class Reading:
    """What the rules look at; each property is worked out once, when first asked for.

    `text` holds the constant words, lower case, compound identifiers taken apart (`blockMap` is `block map`), each
    variable as `*`, one blank between and around; `template` keeps case and punctuation, its masks as `*`; `keys` are
    the key paths of a structured body, whose message alone is `template`.
    """

    def __init__(self, evidence: Evidence) -> None:
        identity = evidence.identity
        self.evidence = evidence
        self.severity = identity.severity
        self.outcome = identity.outcome
        self.probe = identity.purpose == "probe"
        self.scope = identity.scope.lower()
        kinds = {"*", *(slot.kind for slot in evidence.slots)}
        template, masks = _unmask(evidence.template[:_LONGEST].strip(), kinds)
        structure = _KEY_PATHS.match(template) if identity.signal == "logs" else None
        self.keys = structure[1] if structure else ""
        self.template = _NO_ERROR.sub("", template[structure.end() :] if structure else template)
        self.variables = masks > 0 or bool(self.keys)
        self.text = spell(" ".join([self.template, *_TOLD.findall(self.keys)]))

    @property
    def wordless(self) -> bool:
        """No letter, of any script, outside the masks."""
        return _WORD.search(self.template) is None

    @property
    def quiet(self) -> bool:
        """Below warning, or without a severity."""
        return self.severity not in ("warn", "error", "fatal")

    @functools.cached_property
    def fault(self) -> str:
        return lexicon.FAULT.seen(self.text)

    @functools.cached_property
    def security(self) -> str:
        return lexicon.SECURITY.seen(self.text)

    @functools.cached_property
    def business(self) -> str:
        return lexicon.BUSINESS.seen(self.text)

    @functools.cached_property
    def transition(self) -> str:
        return lexicon.TRANSITION.seen(self.text)

    @functools.cached_property
    def subject(self) -> str:
        return lexicon.SUBJECT.seen(self.text)

    @functools.cached_property
    def performance(self) -> str:
        return lexicon.PERFORMANCE.seen(self.text)

    @functools.cached_property
    def doubt(self) -> str:
        return lexicon.DOUBT.seen(self.text)

    @functools.cached_property
    def guarded_scope(self) -> str:
        """A word of security in the name of the logger or library."""
        return lexicon.SECURITY.seen(self._scope_text)

    @functools.cached_property
    def realm(self) -> str:
        """A word of business or of a cluster's machinery in the name of the logger or library: what is routine
        elsewhere, such as a connection, is news there."""
        return lexicon.BUSINESS.seen(self._scope_text) or lexicon.CLUSTER.seen(self._scope_text)

    @functools.cached_property
    def method(self) -> str:
        """The HTTP method that the constant text names, or the empty string."""
        found = _REQUEST.search(self.template)
        return found[1] if found else ""

    @functools.cached_property
    def hides(self) -> str:
        """What may hide where the rules do not look: a result or a fault in a variable, words of another language, or
        the rest of a very long line.

        A line whose very variable tells success from failure is judged by none of its words, unless the engine read
        the outcome and made it part of the type.
        """
        if len(self.evidence.template) > _LONGEST:
            return "a line too long to read"
        if _FOREIGN.search(self.template):
            return "another language"
        if not self.outcome:
            key = _TELLING_KEY.search(self.template) or _TELLING_PATH.search(self.keys)
            if key:
                return key[1].lower()
        if not self.outcome and self._may_hold_status:
            return "a number where a status may stand"
        for value in self.values:
            spelled = spell(_NO_ERROR.sub("", value[:_LONGEST]))
            if word := lexicon.FAULT.seen(spelled) or lexicon.SECURITY.seen(spelled):
                return word
        return ""

    @functools.cached_property
    def _scope_text(self) -> str:
        return spell(self.evidence.identity.scope)

    @property
    def values(self) -> list[str]:
        """What was seen: samples, and values of the variables."""
        return [*self.evidence.samples, *self._slots]

    @property
    def _may_hold_status(self) -> bool:
        """A number of the size of a status in a line about requests; of any size where nobody has seen it, if the line
        is about an answer."""
        numbers = [slot for slot in self.evidence.slots if slot.kind == "num"]
        seen = any(_STATUS.fullmatch(value) for slot in numbers for value in slot.values)
        unseen = any(not slot.values for slot in numbers)
        return bool((seen and _REQUESTED.search(self.text)) or (unseen and _ANSWER.search(self.text)))

    @property
    def _slots(self) -> list[str]:
        return [value for slot in self.evidence.slots for value in slot.values]


def _unmask(template: str, kinds: set[str]) -> tuple[str, int]:
    """The template with `*` for its masks, and how many there were. `<error>` of an XML body is no mask."""
    masks = 0

    def star(found: re.Match[str]) -> str:
        nonlocal masks
        if found[1] not in kinds:
            return found[0]
        masks += 1
        return "*"

    return _MASK.sub(star, template), masks


def spell(text: str) -> str:
    """Even spelling for the lexicon: ` received block * of size * ` for `Received blockOfSize=<num>`-like text."""
    return _SETTING.sub("", f" {' '.join(_PART.findall(text)).lower()} ")
