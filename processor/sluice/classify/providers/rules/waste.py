"""The forms of log lines that are surely waste, each with what tells it from its twin that is not.

A form answers what it saw, or the empty string. Every form but a probe's and an access log's holds only for a `plain`
line: below warning, and with no word, seen or hidden in a variable, that speaks of a fault, of security or of business.
"""

from __future__ import annotations

import re

from sluice.classify.providers.rules import items, lexicon
from sluice.classify.providers.rules.reading import Reading, spell

_SUCCESS = re.compile(r" (?:succeeded|successful|successfully|completed|finished|done) ")

_BEAT = lexicon.Lexicon(
    stems="heartbeat keepalive",
    phrases=("heart beat", "keep alive", "keep alives", "still alive", "is alive", "i'm alive"),
    words="ping pong",
)
_MISSED = lexicon.Lexicon(
    stems="miss lost absen silen stop", words="no not never last late since without interval period set"
)
_IDLE = re.compile(
    r" (nothing to do|nothing new|no work to do|no changes?|no updates|up to date|(?:not|isn't) due|waiting for work|"
    r"no (?:new|pending|further) (?:messages|events|tasks|jobs|work|items|records|requests|updates|changes)|"
    r"waiting for (?:the )?(?:next|new|more) [a-z]+|sleeping for|polling for) "
)
_TOO_LONG = re.compile(r" (?:since|after|minutes?|hours?|days?) ")
_PROGRESS = re.compile(r" progress (?:[a-z]+ ){0,3}(?:\* )*\*")
_SHARE_DONE = re.compile(r" \* (?:percent )?(?:complete|completed|done) ")

_TRACE = re.compile(
    r" ((?:enter(?:ing|ed)?|exit(?:ing|ed)?|leav(?:e|ing)|begin(?:ning)?|end) (?:of )?(?:the )?(?:method|function)|"
    r"called with|(?:was|got) called|dump(?:ing)? (?:of )?(?:the )?(?:request|response|headers|payload|variables)|"
    r"(?:request|response|payload) dump) "
)
_CODE = re.compile(
    r"^[\W\d]*(?:\w+:\s[\W\d]*){0,2}"
    r"(?:[A-Za-z_]\w*(?:::~?\w+)+|[A-Za-z_][\w.]*\(\)|[a-z]+(?:_[a-z0-9]+){2,}|_*[a-z]+(?:[A-Z][a-z0-9]+)+)(?![\w.*])"
)
_SCOPED = re.compile(r"^[\W\d]*(?:\w+:\s[\W\d]*){0,2}[A-Za-z_]\w*(?:::~?\w+)+(?![\w.*])")
_CHECKING = re.compile(r"^ (?:\* )*(?:checking|check) |: checking\W*$| checking $")
_DEFAULTING = re.compile(
    r" (?:not|isn't|aren't|un) ?(?:specified|set|configured|given|provided|enabled|supplied|defined)[a-z* ]* default"
)
_SKIPPING = re.compile(
    r" (?:skip|skips|skipping|skipped|ignoring|ignored) (?:[a-z*]+ )?(?:current|existing|unchanged|duplicate|cached) "
    r"| (?:already|unchanged|pending) [a-z* ]*(?:skip|skipping|skipped|ignoring|ignored) $"
)

_DIGIT = re.compile(r"\d")

_TELEMETRY = lexicon.Lexicon(
    stems="telemetr opentelemetr otel otlp scrap prometheus statsd datapoint",
    words="span spans metric metrics exporter exporters collector jaeger zipkin",
    phrases=("data points", "data point", "log records"),
)
_SHIPPED = lexicon.Lexicon(
    words="export exported exporting exports flushed flushing scraped scrape scraping collected collecting shipped "
    "sent sending pushed pushing reported reporting emitted emitting published uploaded ok success successfully",
)
_PART_OF = re.compile(r" \* of \* | behind | blocked |%")
"""A count that falls short, or a share: a reading that somebody watches."""

_CRAWLER = re.compile(
    r"(?i)(?:googlebot|bingbot|yandexbot|baiduspider|duckduckbot|ahrefsbot|semrushbot|mj12bot|petalbot|"
    r"censysinspect|zgrab|masscan|nmap scripting engine|nikto|sqlmap|expanse)"
)
_SCANNED = re.compile(
    r"(?i)/(?:wp-login\.php|xmlrpc\.php|wp-admin|phpmyadmin|\.env|\.git/|cgi-bin/|boaform|hnap1|vendor/phpunit|"
    r"solr/admin|manager/html|_ignition|autodiscover|owa/auth|\.aws/|etc/passwd|actuator/gateway)"
)
_BEFORE_LOGIN = re.compile(r"(?i)\[preauth\]|before (?:authentication|login|handshake)")
_LEFT = re.compile(r" (?:received disconnect|disconnected|connection closed|closed connection|connection reset) ")


def plain(r: Reading) -> bool:
    """No word of fault, security or business, and nothing hidden in a variable."""
    return r.quiet and not (r.fault or r.security or r.business or r.guarded_scope or r.hides)


def access_log(r: Reading) -> str:
    """A read (GET, HEAD, OPTIONS) that the engine saw succeed. A write may be what the company counts."""
    if r.quiet and r.outcome == "ok" and r.method in ("GET", "HEAD", "OPTIONS") and not (r.fault or r.security):
        return f"{r.method} with outcome ok"
    return ""


def bot(r: Reading) -> str:
    """Knocking on doors: it was turned away, or got what all get."""
    if not r.quiet or r.outcome == "error":
        return ""
    for form, seen, applies in (
        (_CRAWLER, "a crawler's user agent", r.method in ("GET", "HEAD")),
        (_SCANNED, "a scanner's path, refused", r.method and r.outcome == "client_error"),
    ):
        rest = spell(form.sub(" ", r.template))
        if applies and form.search(r.template) and not (lexicon.FAULT.seen(rest) or lexicon.SECURITY.seen(rest)):
            return seen
    return ""


def left_before_login(r: Reading) -> str:
    """Connected and left without trying to log in; a try that failed says so and is security."""
    if r.quiet and _BEFORE_LOGIN.search(r.template) and _LEFT.search(r.text):
        rest = _LEFT.sub(" ", _BEFORE_LOGIN.sub("", r.text.replace(" preauth ", " ")))
        if not (lexicon.FAULT.seen(rest) or lexicon.SECURITY.seen(rest) or " user * " in rest):
            return "left before authentication"
    return ""


def separator(r: Reading) -> str:
    """Rules and boxes drawn with punctuation. A lone value may be a reading, so nothing that varies, no digit."""
    if r.wordless and not r.variables and len(r.template) >= 3 and not _DIGIT.search(r.template):
        return "punctuation only"
    return ""


def debug_level(r: Reading) -> str:
    """The developer's own level, naming no fault."""
    return f"severity {r.severity}" if r.severity in ("trace", "debug") and plain(r) else ""


def telemetry_on_itself(r: Reading) -> str:
    """Agents, exporters and SDKs that say that they did their work."""
    if not plain(r) or r.transition:
        return ""
    # The scope says nothing: bridges from other logging libraries send an application's lines under their own name.
    if r.performance or r.doubt or _PART_OF.search(r.text):
        return ""
    subject, work = _TELEMETRY.seen(r.text), _SHIPPED.seen(r.text)
    return f"{subject} {work}" if subject and work else ""


def heartbeat(r: Reading) -> str:
    """Said in time and as always; how long a ping took is a measurement."""
    beat = _BEAT.seen(r.text)
    measured = any(slot.kind == "dur" for slot in r.evidence.slots)
    news = r.transition or r.doubt or r.subject or _MISSED.seen(r.text) or _PART_OF.search(r.template.lower() + r.text)
    if beat and plain(r) and not (measured or news):
        return beat
    return ""


def idle_tick(r: Reading) -> str:
    """A loop that looked and found nothing to do; nothing for minutes is another matter."""
    found = _IDLE.search(r.text)
    news = r.subject or _TOO_LONG.search(r.text) or _PART_OF.search(r.text)
    return found[1] if found and plain(r) and not news else ""


def progress_tick(r: Reading) -> str:
    if not plain(r) or r.performance or r.transition:
        return ""
    shares = any(value.endswith("%") for slot in r.evidence.slots for value in slot.values)
    measured = _PROGRESS.search(r.text) or (shares and _SHARE_DONE.search(r.text))
    return "progress" if measured else ""


def code_trace(r: Reading) -> str:
    """A function that says its own name and what it holds; told by the form of the name, not by its words."""
    if not plain(r) or r.doubt or r.transition or r.performance or r.subject:
        return ""
    if found := _TRACE.search(r.text):
        return found[1]
    return "a scoped identifier of code" if _SCOPED.search(r.template) else ""


def code_name(r: Reading) -> str:
    """A line that begins with an identifier of code. Names of business events look alike, so it is never sure."""
    if not plain(r) or r.doubt or r.transition or r.performance or r.subject:
        return ""
    return "an identifier of code and its values" if _CODE.search(r.template) else ""


def aside(r: Reading) -> str:
    """A remark on a path of the code: a check begun, a default taken, a known thing passed over."""
    if not plain(r) or r.transition or r.subject:
        return ""
    if _CHECKING.search(r.text):
        return "" if r.doubt else "checking"
    if _DEFAULTING.search(r.text):
        return "a default taken"
    return "passed over" if _SKIPPING.search(r.text) else ""


def item_done(r: Reading) -> str:
    """One more item worked off, with nothing in the line that raises doubt."""
    if not plain(r) or not r.variables or r.doubt or r.transition or r.performance or r.realm:
        return ""
    if items.worked_off(r.text):
        return "an item worked off"
    return "success said" if _SUCCESS.search(r.text) and not r.subject else ""


def data_flow(r: Reading) -> str:
    """Begins with what is done to data; what the data is stays unknown, so this never comes with high confidence."""
    if plain(r) and not (r.doubt or r.transition or r.performance or r.subject or r.realm) and items.flows(r.text):
        return "data on its way"
    return ""
