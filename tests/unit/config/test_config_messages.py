"""Every way to get a configuration wrong is told with its line, its key, its value and what to do."""

import pytest

WRONG = {
    "a typo is corrected": (
        "policy:\n  moed: drop\n",
        ":3: policy.moed: unknown key: did you mean policy.mode?",
    ),
    "a key of another section is sent home": (
        "policy: {min_records: 3}",
        ":2: policy.min_records: unknown key: it belongs to mining.min_records (known here: mode,",
    ),
    "an unknown section names the known ones": (
        "processors: {}",
        ":2: processors: unknown key: remove it (known at the top: receivers, mining,",
    ),
    "a key under a section without keys": (
        "exporters: {nop: {endpoint: x}}",
        ":1: exporters.nop.endpoint: unknown key: there are none here",
    ),
    "keys without effect are not offered": (
        "verdicts: {kafka: {brokers: [a:1], topics: {claim: c}}}",
        "known here: verdicts, overrides, services, claims)",
    ),
    "nor is a word without effect": ("policy: {spans: none}", "policy.spans: 'none' is not one of observe, tag"),
    "an item of a list has its index": (
        "policy:\n  protect:\n    - {service: payments}\n    - {min_severity: critical}\n",
        ":5: policy.protect[1].min_severity: 'critical' is not one of debug, error, fatal, info, trace, warn",
    ),
    "a word that is nearly right": (
        "policy: {mode: dorp}",
        "policy.mode: 'dorp' is not one of drop, observe, tag: did",
    ),
    "a mapping where a text belongs": ("verdicts: {store: {path: {}}}", "verdicts.store.path: a mapping is not text"),
    "a text where a mapping belongs": (
        "verdicts: {store: sluice.db}",
        "verdicts.store: 'sluice.db' is not a mapping with the keys path",
    ),
    "a text where a list belongs": (
        "verdicts: {kafka: {brokers: localhost:9092}}",
        "verdicts.kafka.brokers: 'localhost:9092' is not a list: write [localhost:9092]",
    ),
    "a list where a mapping belongs": ("policy: {actions: [drop]}", "policy.actions: a list is not a mapping"),
    "no value where a number belongs": (
        "mining:\n  min_records:\n",
        ":3: mining.min_records: no value is not a whole number from 1 to 1000000000, in plain digits",
    ),
    "a number in quotes": ("mining: {min_records: '3'}", "mining.min_records: '3' is not a whole number"),
    "a number too small": ("mining: {min_records: 0}", "mining.min_records: 0 is not a whole number from 1 to"),
    "a number too large": (
        "receivers: {otlp: {protocols: {grpc: {max_recv_msg_size_mib: 4096}}}}",
        "receivers.otlp.protocols.grpc.max_recv_msg_size_mib: 4096 is not a whole number from 1 to 2047",
    ),
    "a switch that is no boolean": ("policy: {tag_all: yes}", "policy.tag_all: 'yes' is not true or false"),
    "a number where a text belongs": (
        "policy: {protect: [{service: 7}]}",
        "policy.protect[0].service: 7 is not text (put it in quotes)",
    ),
    "an empty text": ("verdicts: {store: {path: ''}}", "verdicts.store.path: '' is not text that is not empty"),
    "a duration without unit": (
        "policy: {probation: 60}",
        "policy.probation: 60 is not a duration such as 500ms, 5s, 1h30m or 30d",
    ),
    "a lease of nothing": ("policy: {lease: 0s}", "policy.lease: '0s' is not a duration such as 500ms, 5s, 1h30m or"),
    "a duration beyond a century": ("policy: {lease: 99999d}", "policy.lease: '99999d' is not a duration"),
    "a share without percent sign": ("policy: {canary: 0.1}", "policy.canary: 0.1 is not a percentage from 0% to 100%"),
    "a share above the whole": ("policy: {canary: 101%}", "policy.canary: '101%' is not a percentage"),
    "an action that is none": (
        "policy: {actions: {heartbeat: limit 1/d}}",
        "policy.actions.heartbeat: 'limit 1/d' is not keep, drop, sample N% (0 < N < 100) or limit N/m",
    ),
    "a category that is none": (
        "policy: {actions: {healthcheck: drop}}",
        "policy.actions.healthcheck: 'healthcheck' is no category of health_check, heartbeat, debug_noise,",
    ),
    "a protected category that is none": (
        "policy: {protect: [{category: faults}]}",
        "policy.protect[0].category: 'faults' is no category of",
    ),
    "a protect rule without condition": (
        "policy: {protect: [{service: a}, {}]}",
        "policy.protect[1]: holds no condition: give at least one of signal, service,",
    ),
    "no broker": ("verdicts: {kafka: {brokers: []}}", "verdicts.kafka.brokers: is empty: at least 1 is needed"),
    "a broker without port": (
        "verdicts: {kafka: {brokers: [localhost:9092, other]}}",
        "verdicts.kafka.brokers[1]: 'other' is not HOST:PORT with a port from 1 to 65535",
    ),
    "kafka without brokers": ("verdicts: {kafka: }", "verdicts.kafka.brokers: is missing: it is required"),
    "a mechanism left out": (
        "verdicts: {kafka: {brokers: [a:1], sasl: {username: u, password: p}}}",
        "verdicts.kafka.sasl.mechanism: is missing: give one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
    ),
    "a topic for two kinds": (
        "verdicts: {kafka: {brokers: [a:1], topics: {overrides: sluice.verdicts}}}",
        "verdicts.kafka.topics.overrides: 'sluice.verdicts' is taken by verdicts.kafka.topics.verdicts",
    ),
    "a topic with a blank": (
        "verdicts: {kafka: {brokers: [a:1], topics: {verdicts: my topic}}}",
        "verdicts.kafka.topics.verdicts: 'my topic' is not a topic name",
    ),
    "a port too high": (
        "service: {health: {endpoint: 127.0.0.1:70000}}",
        "service.health.endpoint: '127.0.0.1:70000' is not HOST:PORT with a port from 0 to 65535",
    ),
    "an IPv6 address without brackets": (
        "service: {health: {endpoint: '::1:13133'}}",
        "service.health.endpoint: '::1:13133' is not HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4317; "
        "an IPv6 address goes in brackets: [::1]:13133",
    ),
    "an address to listen on with a scheme": (
        "service: {health: {endpoint: 'http://127.0.0.1:13133'}}",
        "service.health.endpoint: 'http://127.0.0.1:13133' is not HOST:PORT",
    ),
    "two listeners on one port": (
        "receivers: {otlp: {protocols: {grpc: , http: {endpoint: 127.0.0.1:4317}}}}",
        "receivers.otlp.protocols.http.endpoint: '127.0.0.1:4317' is taken by receivers.otlp.protocols.grpc.endpoint",
    ),
    "no protocol": (
        "receivers: {otlp: {protocols: {}}}",
        "receivers.otlp.protocols: none is given: name grpc, http or",
    ),
    "a request larger than all that may be in flight": (
        "receivers: {otlp: {limits: {bytes_in_flight_mib: 32}}}",
        "receivers.otlp.limits.bytes_in_flight_mib: 32 MiB are less than one request may have: raise it to 64, or "
        "lower receivers.otlp.protocols.grpc.max_recv_msg_size_mib",
    ),
    "a certificate that is not there": (
        "receivers: {otlp: {protocols: {grpc: {tls: {cert_file: /nonexistent/a.pem, key_file: /nonexistent/b.pem}}}}}",
        "receivers.otlp.protocols.grpc.tls.cert_file: '/nonexistent/a.pem' is not a readable file (no such file or "
        "directory): correct the path or create it",
    ),
    "a client certificate without its key": (
        "exporters: {otlp_grpc: {endpoint: a:1, tls: {cert_file: /dev/null}}}",
        "exporters.otlp_grpc.tls.key_file: is missing: cert_file '/dev/null' needs it",
    ),
    "no TLS, but an authority": (
        "exporters: {otlp_grpc: {endpoint: a:1, tls: {insecure: true, ca_file: /dev/null}}}",
        "exporters.otlp_grpc.tls.insecure: true means no TLS, yet files for it are given: remove either",
    ),
    "a header that gRPC cannot carry": (
        "exporters: {otlp_grpc: {endpoint: a:1, headers: {'x y': z}}}",
        "exporters.otlp_grpc.headers[\"x y\"]: 'x y' is not a gRPC metadata key",
    ),
    "a header in two spellings": (
        "exporters: {otlp_grpc: {endpoint: a:1, headers: {X-Key: a, x-key: b}}}",
        "exporters.otlp_grpc.headers.x-key: given twice, the other as 'x-key' in other letters: keep one",
    ),
    "a mask with look-around": (
        "mining: {masks: [{name: order, pattern: '(?<=ORD-)\\d+'}]}",
        "mining.masks[0].pattern: '(?<=ORD-)\\d+' is not a regular expression of RE2's syntax, without look-around and "
        "back-references ((?<=)",
    ),
    "a mask with a back-reference": (
        "mining: {masks: [{name: order, pattern: '(a)\\1'}]}",
        "mining.masks[0].pattern: '(a)\\1' is not a regular expression of RE2's syntax",
    ),
    "a mask without pattern": (
        "mining: {masks: [{name: order}]}",
        "mining.masks[0].pattern: is missing: it is required",
    ),
    "a mask named like no placeholder": (
        "mining: {masks: [{name: Order ID, pattern: a}]}",
        "mining.masks[0].name: 'Order ID' is not a name of a-z, 0-9, _ and -",
    ),
    "two masks of one name": (
        "mining: {masks: [{name: a, pattern: b}, {name: a, pattern: c}]}",
        "mining.masks[1].name: 'a' is taken by mining.masks[0].name: give each mask its own name",
    ),
    "no exporter": ("exporters: {}", ":1: exporters: none is given: exactly one of otlp_grpc, nop is needed"),
    "no exporter by omission": ("# exporters\npolicy: {}", ": exporters: is missing: give one of otlp_grpc, nop"),
    "two exporters": (
        "exporters: {otlp_grpc: {endpoint: a:1}, nop: {}}",
        ":1: exporters: otlp_grpc and nop are given: exactly one of otlp_grpc, nop is needed",
    ),
    "an exporter without address": ("exporters: {otlp_grpc: }", "exporters.otlp_grpc.endpoint: is missing: it is requ"),
    "a fallback that is the provider": (
        "classification: {provider: openai, fallback: openai}",
        ":2: classification.fallback: 'openai' is the provider itself: use anthropic or none",
    ),
    "a fallback for rules": (
        "classification: {fallback: openai}",
        ":2: classification.fallback: 'openai' would never be asked, for rules do not fail: name it as the provider",
    ),
    "a judge that nobody knows": (
        "classification: {provider: gemini}",
        "classification.provider: 'gemini' is not one of anthropic, openai, rules",
    ),
    "a negative budget": ("classification: {budget: {tokens_per_day: -1}}", "classification.budget.tokens_per_day: -1"),
    "whole traces": ("policy: {spans: drop}", "policy.spans: 'drop' is not yet built: use observe or tag"),
    "a topic without use": (
        "verdicts: {kafka: {brokers: [a:1], topics: {stats: c}}}",
        "verdicts.kafka.topics.stats: has no effect, it is not yet built: remove it",
    ),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_key_value_and_remedy(refused, text, expected):
    assert expected in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "verdicts: {kafka: {brokers: [a:1], sasl: {mechanism: PLAIN, username: u, password: [hunter2]}}}",
        "verdicts: {kafka: {brokers: [a:1], sasl: {mechanism: PLAIN, username: u, password: 1234567}}}",
        "classification: {anthropic: {api_key: 1234567}}",
        "exporters: {otlp_grpc: {endpoint: a:1, headers: {authorization: 1234567}}}",
        "exporters: {otlp_grpc: {endpoint: a:1, headers: {authorization: 'hünter2'}}}",
        "exporters: {otlp_grpc: {endpoint: a:1, headers: {authorization: '${env:KEY}'}}}",
    ],
)
def test_a_secret_is_never_shown(refused, text):
    message = refused(text, KEY="hünter2")
    assert not any(secret in message for secret in ("hunter2", "1234567", "hünter2"))


def test_a_long_or_odd_value_stays_on_one_short_line(refused):
    message = refused(f'policy: {{mode: "drop\\n\\e[31m{"x" * 5000}"}}')
    assert "\\n\\x1b[31mxxx" in message
    assert len(message) < 300
