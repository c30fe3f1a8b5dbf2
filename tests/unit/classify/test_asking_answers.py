"""What of a reply is believed: entries one by one, canaries before all, and nothing that was not asked about."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asked import FAULT, PROBE, answered, reply, wire
from made_evidence import evidence
from sluice.classify.asking import compose
from sluice.classify.asking.answers import WASTE, entries
from sluice.verdicts.model import CATEGORIES, Facts

BATCH = [evidence(f"worker {name} took <dur>", values={"dur": ["3ms"]}) for name in ("one", "two", "three", "four")]
NAMES = {entry.fingerprint for entry in BATCH}


@pytest.fixture
def composed():
    return compose(BATCH, Random(4))


def label_of(composed, entry) -> str:
    return next(label for label, name in composed.asked.fingerprints.items() if name == entry.fingerprint)


def changed(composed, label, **fields):
    return [{**entry, **fields} if entry["l"] == label else entry for entry in answered(composed)]


def test_an_honest_reply_answers_all(composed):
    read = composed.read(reply(answered(composed)))
    assert set(read.facts) == NAMES
    assert set(read.facts.values()) == {Facts("health_check", "high", "probe answered")}
    assert (read.unanswered, read.void) == ((), "")


def test_the_order_of_the_entries_does_not_matter(composed):
    assert composed.read(reply(answered(composed)[::-1])) == composed.read(reply(answered(composed)))


@pytest.mark.parametrize(
    "fields",
    [{"c": "spam"}, {"c": ""}, {"s": "certain"}, {"c": 7}, {"d": None}, {"extra": 1}, {"l": "e 1"}],
)
def test_an_entry_outside_the_schema_leaves_only_its_own_type_unanswered(composed, fields):
    target = label_of(composed, BATCH[1])
    read = composed.read(reply(changed(composed, target, **fields)))
    assert read.unanswered == (BATCH[1].fingerprint,)
    assert set(read.facts) == NAMES - {BATCH[1].fingerprint}


def test_a_missing_label_is_unanswered(composed):
    target = label_of(composed, BATCH[2])
    read = composed.read(reply([entry for entry in answered(composed) if entry["l"] != target]))
    assert read.unanswered == (BATCH[2].fingerprint,)


@pytest.mark.parametrize("times", [2, 3])
def test_a_doubled_label_is_unanswered_even_when_both_say_the_same(composed, times):
    target = label_of(composed, BATCH[2])
    twice = [entry for entry in answered(composed) for _ in range(times if entry["l"] == target else 1)]
    assert composed.read(reply(twice)).unanswered == (BATCH[2].fingerprint,)


def test_an_unknown_label_is_passed_over(composed):
    read = composed.read(reply([*answered(composed), {"l": "e99999", **FAULT}, {"l": "", **FAULT}]))
    assert set(read.facts) == NAMES
    assert read.unanswered == ()


@pytest.mark.parametrize("category", sorted(WASTE))
def test_a_must_keep_canary_called_waste_voids_the_call(composed, category):
    read = composed.read(reply(changed(composed, composed.asked.must_keep, c=category, s="low")))
    assert (dict(read.facts), set(read.unanswered), read.void) == ({}, NAMES, "canary wasted")


@pytest.mark.parametrize("category", sorted({*CATEGORIES} - WASTE))
def test_any_category_that_is_kept_is_right_for_the_must_keep_canary(composed, category):
    read = composed.read(reply(changed(composed, composed.asked.must_keep, c=category)))
    assert (set(read.facts), read.void) == (NAMES, "")


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("fields", [{"l": "e99999"}, {"c": "spam"}])
def test_a_missing_must_keep_canary_voids_the_call(composed, fields, complete):
    read = composed.read(reply(changed(composed, composed.asked.must_keep, **fields), complete=complete))
    assert (dict(read.facts), read.void) == ({}, "canary missing")


@pytest.mark.parametrize("fields", [{"c": "fault"}, {"c": "unclassified"}, {"c": "security"}, {"s": "low"}])
def test_a_waste_canary_that_is_kept_voids_the_call(composed, fields):
    read = composed.read(reply(changed(composed, composed.asked.waste, **fields)))
    assert (dict(read.facts), read.void) == ({}, "canary kept")


def test_a_twin_becomes_its_fingerprint(composed):
    one, other = (label_of(composed, entry) for entry in BATCH[:2])
    read = composed.read(reply(changed(composed, one, c="duplicate", t=other)))
    assert read.facts[BATCH[0].fingerprint].twin == BATCH[1].fingerprint


@pytest.mark.parametrize("twin", ["itself", "unknown", "canary", None])
def test_a_twin_that_is_no_other_type_of_the_call_is_dropped(composed, twin):
    one = label_of(composed, BATCH[0])
    label = {"itself": one, "unknown": "e99999", "canary": composed.asked.waste, None: None}[twin]
    read = composed.read(reply(changed(composed, one, c="duplicate", t=label)))
    assert read.facts[BATCH[0].fingerprint] == Facts("duplicate", "high", "probe answered")


def test_a_twin_of_another_service_is_dropped():
    composed = compose([BATCH[0], evidence("worker one took <dur>", service="web")], Random(4))
    other = next(label for label in composed.asked.fingerprints if label != label_of(composed, BATCH[0]))
    read = composed.read(reply(changed(composed, label_of(composed, BATCH[0]), c="duplicate", t=other)))
    assert read.facts[BATCH[0].fingerprint].twin is None


def test_only_a_duplicate_has_a_twin(composed):
    one, other = (label_of(composed, entry) for entry in BATCH[:2])
    read = composed.read(reply(changed(composed, one, c="heartbeat", t=other)))
    assert read.facts[BATCH[0].fingerprint].twin is None


def test_a_label_with_two_twins_has_none(composed):
    one, other, third = (label_of(composed, entry) for entry in BATCH[:3])
    told = wire(changed(composed, one, c="duplicate", t=other))
    told["t"] = [{"l": one, "t": other}, {"l": one, "t": third}]
    assert composed.read(reply(json.dumps(told))).facts[BATCH[0].fingerprint].twin is None


def test_a_duplicate_whose_twin_was_cut_off_is_unanswered(composed):
    one, other = (label_of(composed, entry) for entry in BATCH[:2])
    text = json.dumps(wire(changed(composed, one, c="duplicate", t=other)))
    cut = composed.read(reply(text[: text.index('"t": [')], complete=False))
    assert (set(cut.facts), cut.unanswered) == (NAMES - {BATCH[0].fingerprint}, (BATCH[0].fingerprint,))
    assert set(composed.read(reply(text, complete=False)).facts) == NAMES


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("one two three four five six seven eight nine ten", "one two three four five six seven eight"),
        ("x" * 500, "x" * 79 + "…"),
        ("line\nbreak\u202e and\x00 control", "line break and control"),
        ("worker took 3ms to end", "worker took to end"),
    ],
)
def test_a_description_is_short_visible_and_holds_no_value(composed, said, kept):
    one = label_of(composed, BATCH[0])
    read = composed.read(reply(changed(composed, one, d=said)))
    assert read.facts[BATCH[0].fingerprint].description == kept


def test_a_description_holds_no_value_of_another_type_either():
    batch = [evidence("login of <str>", values={"str": ["quokka"]}), evidence("probe answered")]
    composed = compose(batch, Random(4))
    entries = changed(composed, label_of(composed, batch[1]), d="probe of quokka answered")
    facts = composed.read(reply(entries)).facts
    assert facts[batch[1].fingerprint].description == "probe of answered"


@given(st.data())
def test_what_parses_of_a_reply_that_was_cut_off_is_used(data):
    composed = compose(BATCH, Random(4))
    told = answered(composed)
    text = json.dumps(wire(told), indent=data.draw(st.sampled_from([None, 1])))
    at = data.draw(st.integers(0, len(text)))
    whole = [entry["l"] for entry in told if text[:at].find(entry["l"]) >= 0 and _closed(text[:at], entry["l"])]
    read = composed.read(reply(text[:at], complete=False))
    if composed.asked.must_keep not in whole:
        assert read.void == "canary missing"
        assert set(read.unanswered) == NAMES
    else:
        expected = {composed.asked.fingerprints[label] for label in whole if label in composed.asked.fingerprints}
        assert set(read.facts) == expected
        assert set(read.unanswered) == NAMES - expected


def _closed(text: str, label: str) -> bool:
    return "}" in text[text.index(label) :]


@given(st.one_of(st.text(), st.text('{}[]":,\\elcdst012 ', max_size=400)))
def test_no_text_breaks_the_reader(text):
    composed = compose(BATCH, Random(4))
    for complete in (True, False):
        read = composed.read(reply(text, complete=complete))
        assert set(read.facts) | set(read.unanswered) == NAMES


@given(st.text(), st.text())
def test_entries_are_found_whatever_their_texts_hold(description, label):
    told = {**PROBE, "l": label, "d": description, "t": label}
    found = list(entries(json.dumps(wire([told, told]))))
    spelled = label.encode("utf-8", "replace").decode()
    assert [(entry.l, entry.d) for entry in found[:2]] == [(spelled, description)] * 2
    assert [(twin.l, twin.t) for twin in found[2:]] == [(spelled, spelled)] * 2


def test_entries_are_found_between_fences_and_prose(composed):
    text = json.dumps(wire(answered(composed)), indent=2)
    assert set(composed.read(reply(f"Here it is:\n```json\n{text}\n```\n")).facts) == NAMES


def test_deep_and_long_replies_cost_no_more_than_they_are_long():
    assert list(entries("{" * 1_000_000)) == []
    assert list(entries('{"' * 500_000)) == []
    assert list(entries("[" * 100_000 + '{"l":"e1"}')) == []
