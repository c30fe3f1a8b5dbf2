"""Types that differ in a word which turns out to be data become one: counts, decisions, replicas."""

from __future__ import annotations

import random
from collections.abc import Iterable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from sluice.engine import Decision, Engine, EventType, Evidence, Policy, Settings, Signal, evidence

NAMES = ["alice", "bob", "carol", "dave", "eve", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj", "olivia"]
ENOUGH = 4
"""Different words that make a place of wording a variable."""


def engine(**settings: int) -> Engine:
    made = Engine(Settings(min_records=settings.pop("min_records", 1), **settings))
    made.configure(Policy(logs="drop"))
    return made


def request(lines: Iterable[str], service: str = "shop") -> bytes:
    message = ExportLogsServiceRequest()
    block = message.resource_logs.add()
    pair = block.resource.attributes.add()
    pair.key, pair.value.string_value = "service.name", service
    records = block.scope_logs.add().log_records
    for line in lines:
        records.add().body.string_value = line
    return message.SerializeToString()


def feed(into: Engine, lines: Iterable[str]) -> list[Evidence]:
    told = into.process(Signal.LOGS, request(lines)).commit()
    return evidence(told) if told else []


def sessions(names: Iterable[str]) -> list[str]:
    return [f"session of {name} began" for name in names]


def skeletons(of: Engine) -> dict[str, int]:
    return {known.skeleton: known.records for known in of.types()}


def decision(of: EventType | Evidence, ruleset: str, action: str = "drop") -> Decision:
    return Decision(of.fingerprint, of.identity, of.skeleton, ruleset, action, "debug_noise")


def dropped(by: Engine, line: str) -> bool:
    outcome = by.process(Signal.LOGS, request([line]))
    outcome.commit()
    return outcome.dropped == 1


def test_a_word_that_takes_many_values_becomes_a_variable_and_nothing_is_counted_twice() -> None:
    mined = engine()
    feed(mined, sessions(NAMES[: ENOUGH - 1]) * 2)
    assert skeletons(mined) == dict.fromkeys(sessions(NAMES[: ENOUGH - 1]), 2)
    volumes = {volume.fingerprint: volume.records for volume in mined.drain_volumes().volumes}
    feed(mined, sessions(NAMES[ENOUGH - 1 :]))
    assert skeletons(mined) == {"session of <word> began": 2 * (ENOUGH - 1) + len(NAMES) - ENOUGH + 1}
    rest = mined.drain_volumes()
    assert rest.types == 1
    assert sum(volumes.values()) + sum(volume.records for volume in rest.volumes) == ENOUGH - 1 + len(NAMES)


def test_a_name_that_tells_of_a_fault_is_another_type_where_others_are_a_variable() -> None:
    mined = engine()
    told = feed(mined, [*sessions(NAMES[:ENOUGH]), *sessions(["dead_letters", "jobs.dead"])])
    assert skeletons(mined) == {"session of <word> began": ENOUGH, "session of <word:dead> began": 2}
    dead = [found for found in told if found.slots and found.slots[0].kind == "word:dead"]
    assert [found.template for found in dead] == ["session of <word:dead> began"]
    for is_dead in (False, True):
        own = [known for known in mined.types() if (":dead" in known.skeleton) is is_dead]
        mined.apply([decision(known, mined.ruleset) for known in own])
        assert dropped(mined, "session of alice began")
        assert dropped(mined, "session of dead_mail began") is is_dead
    other = engine()
    other.apply([decision(known, mined.ruleset) for known in mined.types()])
    assert dropped(other, "session of jobs.dead began"), "learnt from the verdict"
    assert not dropped(other, "session of jobs.failed began")


def test_a_merged_type_is_kept_until_it_is_judged_itself() -> None:
    mined = engine()
    feed(mined, sessions(NAMES[:2]))
    mined.apply([decision(known, mined.ruleset) for known in mined.types()])
    assert dropped(mined, "session of alice began")
    feed(mined, sessions(NAMES[:ENOUGH]))
    mined.drain_volumes()
    assert not dropped(mined, "session of alice began")
    (merged,) = mined.types()
    mined.apply([decision(merged, mined.ruleset)])
    assert dropped(mined, "session of alice began")
    assert dropped(mined, "session of someone began")


def test_its_evidence_has_the_words_as_values_and_names_the_types_that_became_parts_of_it() -> None:
    mined = engine()
    feed(mined, sessions(NAMES[:2]))
    parts = mined.types()
    mined.apply([decision(parts[0], mined.ruleset)])
    feed(mined, sessions(NAMES[:ENOUGH]))
    mined.drain_volumes()
    told = feed(mined, sessions(NAMES[:3]))
    assert {entry.template for entry in told} == {"session of <word> began"}
    last = told[-1]
    assert [(slot.kind, sorted(slot.values)) for slot in last.slots] == [("word", ["alice", "bob", NAMES[ENOUGH - 1]])]
    assert parts[0].fingerprint in last.covers


def test_a_word_that_says_how_it_went_makes_a_type_of_its_own() -> None:
    mined = engine()
    feed(mined, sessions(NAMES))
    mined.drain_volumes()
    mined.apply([decision(known, mined.ruleset) for known in mined.types()])
    assert dropped(mined, "session of peggy began")
    assert not dropped(mined, "session of failed began")
    assert not dropped(mined, "session of timeouts began")
    assert not dropped(mined, "session denied for began")


def test_what_was_under_way_while_types_merged_is_counted_where_they_went() -> None:
    mined = engine()
    under_way = mined.process(Signal.LOGS, request(sessions(NAMES[:2])))
    feed(mined, sessions(NAMES))
    mined.drain_volumes()
    under_way.commit()
    assert skeletons(mined) == {"session of <word> began": len(NAMES) + 2}


def test_a_replica_learns_from_a_verdict_what_another_one_generalised() -> None:
    one, other = engine(), engine()
    feed(one, sessions(NAMES))
    (merged,) = one.types()
    feed(other, sessions(NAMES[:2]))
    assert other.apply([decision(merged, other.ruleset)]) == 1
    assert skeletons(other) == {"session of <word> began": 2}
    assert [known.fingerprint for known in other.types()] == [merged.fingerprint]
    assert dropped(other, "session of zoe began")


def test_what_was_decided_of_a_part_has_no_effect_on_the_whole() -> None:
    one, other = engine(), engine()
    feed(one, sessions(NAMES))
    feed(other, sessions(NAMES[:1]))
    one.drain_volumes()
    assert one.apply([decision(known, one.ruleset) for known in other.types()]) == 0
    assert not dropped(one, "session of alice began")


def test_a_text_that_looks_like_a_general_skeleton_is_worth_what_a_masked_value_is() -> None:
    mined, numbered = engine(), engine()
    feed(mined, ["session of <word> began"])
    assert skeletons(mined) == {"session of <*> began": 1}
    feed(numbered, ["session of 17 began"])
    for lines in (sessions(NAMES[:1]), ["session of failures began"]):
        feed(mined, lines)
        feed(numbered, lines)
        assert skeletons(mined) == skeletons(numbered)
    assert skeletons(mined) == {"session of <word> began": 2, "session of failures began": 1}


def test_services_do_not_learn_from_each_other() -> None:
    mined = engine()
    for name in NAMES:
        mined.process(Signal.LOGS, request(sessions([name]), service=name)).commit()
    assert len(mined.types()) == len(NAMES)


def test_levels_and_outcomes_stay_apart_in_a_merged_type() -> None:
    mined = engine()
    feed(mined, [f"{level} session of {name} began" for name in NAMES for level in ("INFO", "ERROR")])
    types = mined.types()
    assert sorted(known.identity.severity for known in types) == ["error", "info"]
    assert len({known.skeleton for known in types}) == 1


def random_lines(chance: random.Random) -> list[str]:
    """Lines of a few kinds with words that vary at one to three places, some of them rarely."""
    lines = []
    for _ in range(600):
        one, two, three = chance.choice(NAMES), chance.choice(NAMES), chance.choice(NAMES[:3])
        kind = chance.choice("abcdef")
        lines.append(
            {
                "a": f"session of {one} began",
                "b": f"order {chance.randrange(999)} of {one} goes to {two}",
                "c": f"cache user={one} by {three} at 10.0.0.{chance.randrange(200)}",
                "d": f"batch for {three} written",
                "e": f"compaction of {one} {chance.choice(['failed', 'finished', 'started'])}",
                "f": f'{{"msg": "invoice of {one} for {two}", "id": {chance.randrange(99)}}}',
            }[kind]
        )
    return lines


def test_replicas_that_saw_the_same_skeletons_agree_whatever_the_order() -> None:
    for seed in range(10):
        chance = random.Random(seed)
        lines = random_lines(chance)
        shuffled = chance.sample(lines, len(lines))
        seen = []
        for order in (lines, shuffled):
            mined = engine()
            for start in range(0, len(order), 50):
                feed(mined, order[start : start + 50])
                mined.drain_volumes()
            feed(mined, lines)
            seen.append({(known.fingerprint, known.skeleton) for known in mined.types()})
        assert seen[0] == seen[1]
        assert any("<word>" in skeleton for _, skeleton in seen[0])


def test_replicas_that_saw_halves_agree_once_they_have_each_others_verdicts() -> None:
    for seed in range(10):
        chance = random.Random(seed)
        lines = random_lines(chance)
        replicas = [engine(), engine()]
        for replica, half in zip(replicas, (lines[::2], lines[1::2]), strict=True):
            feed(replica, half)
        for _ in range(2):
            told = [[decision(known, of.ruleset) for known in of.types()] for of in replicas]
            replicas[0].apply(told[1])
            replicas[1].apply(told[0])
        agreed = []
        for line in lines:
            types = []
            for replica in replicas:
                before = {known.fingerprint: known.records for known in replica.types()}
                feed(replica, [line])
                types.append({k.fingerprint for k in replica.types() if k.records > before.get(k.fingerprint, 0)})
            agreed.append(types[0] == types[1])
        assert sum(agreed) / len(agreed) >= 0.999


def test_a_first_fingerprint_is_the_last_one_or_its_type_became_a_part_of_the_last_one() -> None:
    """What came first and what holds in the end differ only where a more general type covers the first."""
    lines = random_lines(random.Random(3))
    mined = engine()
    first = {}
    for line in lines:
        known = {kind.fingerprint for kind in mined.types()}
        feed(mined, [line])
        first[line] = {kind.fingerprint: kind.skeleton for kind in mined.types() if kind.fingerprint not in known}
    last = {kind.fingerprint: kind.skeleton for kind in mined.types()}
    for minted in first.values():
        for fingerprint, skeleton in minted.items():
            assert fingerprint in last or any(covers(wider, skeleton) for wider in last.values()), skeleton


def covers(wider: str, skeleton: str) -> bool:
    pairs = list(zip(wider.split(), skeleton.split(), strict=False))
    return len(wider.split()) == len(skeleton.split()) and all(a == b or "<word>" in a for a, b in pairs)


def test_a_storm_of_new_types_of_one_service_leaves_room_for_the_others() -> None:
    mined = engine(max_event_types=4000)
    words = ["".join(random.Random(number).choices("bcdfghjklmnpqrstvwxz", k=9)) for number in range(3 * 3000)]
    storm = [f"{words[3 * n]} {words[3 * n + 1]} {words[3 * n + 2]}" for n in range(3000)]
    outcome = mined.process(Signal.LOGS, request(storm))
    outcome.commit()
    assert outcome.payload is not None
    volumes = mined.drain_volumes()
    assert (volumes.types, volumes.overflowed) == (2000, 1000)
    mined.process(Signal.LOGS, request(["all is calm"], service="other")).commit()
    assert mined.drain_volumes().types == 2001
