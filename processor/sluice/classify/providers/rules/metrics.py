"""The rules for metrics: by the metric's name, since that is all that says what it measures.

Whether anybody reads a metric cannot be told by its name; what surely goes is what the telemetry says of itself while
it works. What it drops or fails to send is kept, as is `up`, on which alerts stand.
"""

from __future__ import annotations

import re

from sluice.classify.providers.rules.lexicon import Lexicon
from sluice.classify.providers.rules.reading import Reading
from sluice.classify.providers.rules.rule import Rule

_ITSELF = re.compile(
    r"scrape_(?:duration_seconds|samples_scraped|samples_post_metric_relabeling|series_added|timeout_seconds|"
    r"sample_limit|body_size_bytes)|promhttp_metric_handler_\w+|"
    r"otel\.sdk\.(?:span\.(?:live|started)|log\.created|metric_reader\.collection\.duration)|"
    r"otel_sdk_(?:span_(?:live|started_total)|log_created_total|metric_reader_collection_duration\w*)"
)
_SIGN = Lexicon(stems="duration latenc request queue backlog lag saturat utiliz usage memory cpu heap throughput")


def _name(r: Reading) -> str:
    return r.template.split()[0] if r.template else ""


def _itself(r: Reading) -> str:
    return "a metric of the telemetry itself" if _ITSELF.fullmatch(_name(r)) else ""


def _up(r: Reading) -> str:
    return "up" if _name(r) == "up" else ""


METRICS: tuple[Rule, ...] = (
    Rule("security words", "security", "high", "counts access or audit", lambda r: r.security),
    Rule("fault words", "fault", "high", "counts faults", lambda r: r.fault),
    Rule("availability", "diagnostic", "high", "whether a target answers", _up),
    Rule("telemetry on itself", "instrumentation", "high", "measures the telemetry itself", _itself),
    Rule("business words", "business_event", "medium", "what the company counts", lambda r: r.business),
    Rule("golden sign", "performance", "high", "how much, how long, how full", lambda r: _SIGN.seen(r.text)),
    Rule("performance words", "performance", "medium", "how much, how long, how full", lambda r: r.performance),
)
