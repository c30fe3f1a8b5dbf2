"""For any request and verdicts: the output is the input less what the verdicts drop, plus tags; counts add up."""

from __future__ import annotations

import random
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from otlp_messages import CONTAINERS, REQUESTS, TAGS_FIELD, encoded_oddly, requests
from sluice.engine import Decision, Engine, Evidence, Policy, Settings, Signal, evidence

SIGNALS = pytest.mark.parametrize("signal", [0, 1, 2], ids=lambda signal: Signal(signal).label)
DECIDED = ("sluice.verdict", "sluice.category", "sluice.fingerprint", "sluice.canary")


def records(signal: int, request: Any) -> list[tuple[Any, Any, Any]]:
    """Every record with the containers it stands in."""
    outer, middle, inner = CONTAINERS[signal]
    return [
        (block, scope, record)
        for block in getattr(request, outer)
        for scope in getattr(block, middle)
        for record in getattr(scope, inner)
    ]


def types_of(signal: int, request: Any) -> list[Evidence]:
    """The event type of each record, asked of an engine one record at a time."""
    outer, middle, inner = CONTAINERS[signal]
    found = []
    for block, scope, record in records(signal, request):
        alone = REQUESTS[signal]()
        around = getattr(alone, outer).add()
        around.resource.CopyFrom(block.resource)
        near = getattr(around, middle).add()
        near.scope.CopyFrom(scope.scope)
        getattr(near, inner).add().CopyFrom(record)
        committed = Engine(Settings(min_records=1)).process(signal, alone.SerializeToString()).commit()
        assert committed is not None
        found += evidence(committed)
    return found


def decided(engine: Engine, types: list[Evidence], actions: dict[str, str]) -> None:
    decisions = [
        Decision(
            fingerprint=known.fingerprint,
            identity=known.identity,
            skeleton=known.skeleton,
            ruleset=engine.ruleset,
            action=actions[known.fingerprint],
            category="debug_noise",
        )
        for known in types
        if known.fingerprint in actions
    ]
    assert engine.apply(decisions) == len(decisions)


def expected(
    signal: int, mode: str, request: Any, types: list[Evidence], actions: dict[str, str]
) -> tuple[Any, int, int]:
    """What must come out by the documents' words, made from the decoded message; and what was dropped and tagged."""
    outer, middle, inner = CONTAINERS[signal]
    result = REQUESTS[signal]()
    result.CopyFrom(request)
    kinds = iter(types)
    dropped = tagged = 0
    for block in list(getattr(result, outer)):
        gone_of_block = 0
        for scope in list(getattr(block, middle)):
            held = getattr(scope, inner)
            had, gone = len(held), 0
            for record in list(held):
                kind = next(kinds)
                waste = actions.get(kind.fingerprint) == "drop"
                if mode == "observe":
                    continue
                if waste and mode == "drop" and signal != Signal.SPANS:
                    _cut(held, record)
                    gone += 1
                    continue
                tags = getattr(record, TAGS_FIELD[signal])
                for pair in [pair for pair in tags if pair.key in DECIDED]:
                    tags.remove(pair)
                if waste:
                    tagged += 1
                    for key, value in zip(DECIDED, ("drop", "debug_noise", kind.fingerprint), strict=False):
                        pair = tags.add()
                        pair.key, pair.value.string_value = key, value
            dropped += gone
            gone_of_block += gone
            if had and had == gone:
                _cut(getattr(block, middle), scope)
        if gone_of_block and not any(getattr(scope, inner) for scope in getattr(block, middle)):
            _cut(getattr(result, outer), block)
    return result, dropped, tagged


def _cut(container: Any, item: Any) -> None:
    """Removes the very element: `remove` would take the first that is equal."""
    del container[next(index for index, held in enumerate(container) if held is item)]


@SIGNALS
@pytest.mark.parametrize("mode", ["observe", "tag", "drop"])
@given(data=st.data())
@settings(max_examples=60)
def test_the_output_is_the_input_less_the_dropped_plus_tags(signal: int, mode: str, data: st.DataObject) -> None:
    request = data.draw(requests(signal))
    chance = random.Random(data.draw(st.integers(0, 2**32)))
    raw = encoded_oddly(request, chance) if chance.random() < 0.6 else request.SerializeToString()
    request = REQUESTS[signal].FromString(raw)
    types = types_of(signal, request)
    fingerprints = sorted({kind.fingerprint for kind in types})
    actions = {fingerprint: chance.choice(["drop", "keep"]) for fingerprint in fingerprints if chance.random() < 0.8}
    engine = Engine(Settings(min_records=1))
    engine.configure(Policy(logs=mode, metrics=mode, spans=mode))
    decided(engine, types, actions)

    outcome = engine.process(signal, raw)
    want, dropped, tagged = expected(signal, mode, request, types, actions)

    assert (outcome.received, outcome.dropped, outcome.tagged) == (len(types), dropped, tagged)
    if outcome.payload is None:
        assert dropped == len(types) > 0
    else:
        got = REQUESTS[signal].FromString(outcome.payload)
        assert got == want
        assert got.SerializeToString(deterministic=True) == want.SerializeToString(deterministic=True)
        if not dropped and got == request:
            assert outcome.payload is raw
    outcome.commit()
    volumes = engine.drain_volumes().volumes
    assert sum(volume.records for volume in volumes) == len(types)
    assert sum(volume.dropped_records for volume in volumes) == dropped
    items = sum(points(signal, record) for _, _, record in records(signal, request))
    assert outcome.items_received == items


@pytest.mark.parametrize("mode", ["tag", "drop"])
@pytest.mark.parametrize("novel", [0, 1, 31, 32, 33, 70, 199], ids=lambda place: f"novel-{place}")
def test_records_of_one_scope_are_told_apart_wherever_a_novel_one_stands(mode: str, novel: int) -> None:
    """Types are looked up for many records at a time, of which any may be the first of its kind."""
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    chance = random.Random(novel)
    for place in range(200):
        body = "a novel line" if place == novel else chance.choice(["order {} shipped", "cache {} flushed", "{}"])
        scope.log_records.add().body.string_value = body.format(chance.randrange(10_000)) + " and so on" * (place % 12)
    types = types_of(Signal.LOGS, request)
    known = [kind for place, kind in enumerate(types) if place != novel]
    actions = {kind.fingerprint: "drop" for kind in known[::3]}
    engine = Engine(Settings(min_records=1))
    engine.configure(Policy(logs=mode))
    decided(engine, known, actions)
    raw = request.SerializeToString()
    for _ in range(4):  # mined, met, remembered, found
        outcome = engine.process(Signal.LOGS, raw)
        outcome.commit()

        want, dropped, tagged = expected(Signal.LOGS, mode, request, types, actions)
        assert (outcome.received, outcome.dropped, outcome.tagged) == (200, dropped, tagged)
        assert outcome.payload is not None
        assert ExportLogsServiceRequest.FromString(outcome.payload) == want


def test_a_large_request_is_spliced_as_a_small_one() -> None:
    engine = Engine(Settings(min_records=1))
    engine.configure(Policy(logs="tag"))
    small = ExportLogsServiceRequest()
    scope = small.resource_logs.add().scope_logs.add()
    for body in ("order 17 shipped", "cache 4 flushed"):
        scope.log_records.add().body.string_value = body
    first, _ = types = types_of(Signal.LOGS, small)
    decided(engine, types, {first.fingerprint: "drop"})
    large = ExportLogsServiceRequest()
    for _ in range(30_000):
        large.MergeFrom(small)
    raw = large.SerializeToString()

    tagged_small = engine.process(Signal.LOGS, small.SerializeToString()).payload
    outcome = engine.process(Signal.LOGS, raw)

    assert tagged_small is not None
    assert outcome.payload is not None
    assert len(outcome.payload) > 2 << 20
    assert outcome.tagged == 30_000
    assert outcome.payload == tagged_small * 30_000


def points(signal: int, record: Any) -> int:
    if signal != Signal.METRICS:
        return 1
    kind = record.WhichOneof("data")
    return len(getattr(record, kind).data_points) if kind else 0


@SIGNALS
@given(data=st.data())
@settings(max_examples=60)
def test_every_legal_encoding_has_the_same_event_types(signal: int, data: st.DataObject) -> None:
    request = data.draw(requests(signal))
    chance = random.Random(data.draw(st.integers(0, 2**32)))
    plain, odd = Engine(Settings(min_records=1)), Engine(Settings(min_records=1))
    for engine, raw in ((plain, request.SerializeToString()), (odd, encoded_oddly(request, chance))):
        assert REQUESTS[signal].FromString(raw) is not None
        engine.process(signal, raw).commit()
    assert {known.fingerprint: known.records for known in plain.types()} == {
        known.fingerprint: known.records for known in odd.types()
    }


@SIGNALS
@given(raw=st.binary(max_size=300))
@settings(max_examples=300)
def test_what_protobuf_reads_the_core_reads(signal: int, raw: bytes) -> None:
    engine = Engine(Settings(min_records=1))
    try:
        REQUESTS[signal].FromString(raw)
    except DecodeError:
        return  # the core may still read it: it does not look into what it passes on
    engine.process(signal, raw).commit()


@SIGNALS
@given(data=st.data())
@settings(max_examples=60)
def test_truncated_requests_are_refused_or_were_whole_messages(signal: int, data: st.DataObject) -> None:
    request = data.draw(requests(signal))
    raw = request.SerializeToString()
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    engine = Engine(Settings(min_records=1))
    try:
        engine.process(signal, cut).commit()
    except ValueError:
        with pytest.raises(DecodeError):
            REQUESTS[signal].FromString(cut)
