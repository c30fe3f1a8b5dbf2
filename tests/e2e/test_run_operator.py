"""What an operator does while the processor runs: overrule from the command line, reload the policy."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from real.otlp import NextHop, Sender, logs
from real.sluice import Sluice, forwarding_to, run_command
from real.waiting import wait_until
from sluice.engine import Signal
from traffic import PROBE, listed, order, teach, teach_probe


@pytest.fixture
def sluice(next_hop: NextHop, tmp_path: Path) -> Iterator[Sluice]:
    with Sluice(tmp_path, {"exporters": forwarding_to(next_hop.endpoint)}) as sluice:
        yield sluice


@pytest.fixture
def passes(sluice: Sluice, next_hop: NextHop) -> Iterator[Callable[[str], bool]]:
    """Sends one record and tells whether it reached the next hop."""
    with Sender(sluice.grpc_port) as sender:

        def passed(body: str) -> bool:
            before = len(next_hop.arrivals)
            sender.export(logs(body))
            return len(next_hop.arrivals) > before

        yield passed


def fingerprint(sluice: Sluice, category: str) -> str:
    [row] = listed(sluice, 1, "--category", category)
    found: str = row["fingerprint"]
    return found


def done(sluice: Sluice, *arguments: str) -> str:
    """The command's output; it must succeed."""
    command = sluice.command(*arguments)
    assert (command.returncode, command.stderr) == (0, "")
    return command.stdout


def test_an_operator_overrules_revokes_and_returns_to_what_was_judged(
    sluice: Sluice, passes: Callable[[str], bool]
) -> None:
    teach(sluice, (Signal.LOGS, logs(PROBE)), (Signal.LOGS, logs(order(1))))
    assert not passes(PROBE)
    probe, business = fingerprint(sluice, "health_check"), fingerprint(sluice, "business_event")

    done(sluice, "verdicts", "revoke", probe[:12], "--reason", "looking into it")
    wait_until(lambda: passes(PROBE), "the probe kept")
    done(sluice, "verdicts", "set", probe, "auto")
    wait_until(lambda: not passes(PROBE), "the probe dropped again")
    assert passes(order(2))
    done(sluice, "verdicts", "set", business, "drop")
    wait_until(lambda: not passes(order(3)), "the order dropped")
    assert "drop" in done(sluice, "verdicts", "explain", business)
    done(sluice, "verdicts", "set", business, "auto")
    wait_until(lambda: passes(order(4)), "the order kept again")
    assert sluice.metrics()("sluice_classify_judged") == 2, "nobody was asked again"


def test_an_override_outlives_a_restart(sluice: Sluice, passes: Callable[[str], bool]) -> None:
    teach_probe(sluice)
    done(sluice, "verdicts", "revoke", fingerprint(sluice, "health_check"))
    wait_until(lambda: passes(PROBE), "the probe kept")
    sluice.stop()
    sluice.start()
    wait_until(lambda: reaches(sluice), "a connection")
    assert passes(PROBE)


def reaches(sluice: Sluice) -> bool:
    with Sender(sluice.grpc_port) as sender:
        return sender.export(b"") == b""


def test_a_reloaded_policy_decides_anew_and_asks_nobody(sluice: Sluice, passes: Callable[[str], bool]) -> None:
    teach(sluice, (Signal.LOGS, logs(PROBE)), (Signal.LOGS, logs(order(1))))
    assert not passes(PROBE)
    assert passes(order(2))
    sluice.write({"policy": {"actions": {"health_check": "keep", "business_event": "drop"}, "min_confidence": "low"}})
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: passes(PROBE), "the probe kept")
    wait_until(lambda: not passes(order(3)), "the order dropped")
    sluice.write({"policy": {"mode": "observe"}})
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: passes(order(4)), "nothing dropped")
    assert sluice.metrics()("sluice_classify_judged") == 2


def test_of_no_service_goes_more_than_its_share(sluice: Sluice, passes: Callable[[str], bool]) -> None:
    sluice.write({"policy": {"max_drop_share": "90%"}})
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: "policy reloaded" in sluice.log(), "the reload")
    teach_probe(sluice)
    with Sender(sluice.grpc_port) as sender:
        sender.export(logs(*[PROBE] * 200))
    wait_until(lambda: sluice.metrics()("sluice_verdicts_guarded", guard="max_drop_share") == 1, "the guard")
    assert passes(PROBE)
    probe = fingerprint(sluice, "health_check")
    too_much = "because too much of its service would go: policy.max_drop_share"
    wait_until(lambda: too_much in done(sluice, "verdicts", "explain", probe), "the guard in the store")
    explained = done(sluice, "verdicts", "explain", probe)
    assert "to let it go: less waste in its service, or a policy.max_drop_share above 90%" in explained
    sluice.write({"policy": {"max_drop_share": "100%"}})
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: not passes(PROBE), "the probe dropped again")
    assert sluice.metrics()("sluice_classify_judged") == 1, "nobody was asked again"


@pytest.mark.parametrize(
    ("content", "says"),
    [("policy: {mode: dorp}", "policy.mode"), ("policy: [", "sluice.yaml"), ("", "sluice.yaml"), (None, "sluice.yaml")],
    ids=["wrong value", "no YAML", "empty", "gone"],
)
def test_a_file_that_cannot_be_used_changes_nothing_and_is_named(
    sluice: Sluice, passes: Callable[[str], bool], content: str | None, says: str
) -> None:
    teach_probe(sluice)
    assert not passes(PROBE)
    if content is None:
        sluice.file.unlink()
    else:
        sluice.file.write_text(content)
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: complaints(sluice), "a word in the log")
    [complaint] = complaints(sluice)
    assert says in complaint
    assert not passes(PROBE)
    assert sluice.status() == 200


def complaints(sluice: Sluice) -> list[str]:
    return [line["msg"] for line in sluice.messages() if line["level"] == "error" and "not reloaded" in line["msg"]]


def test_what_only_a_restart_can_change_is_said_at_reload(sluice: Sluice, passes: Callable[[str], bool]) -> None:
    sluice.write({"mining": {"min_records": 5}, "policy": {"mode": "observe"}})
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: "only policy is reloaded" in sluice.log(), "a word in the log")
    wait_until(lambda: "policy reloaded" in sluice.log(), "the reload")


def by_category(sluice: Sluice, types: int) -> dict[str, dict[str, Any]]:
    """Rows of `list`, once there are so many."""
    return {row["verdict"]["category"]: row for row in listed(sluice, types)}


def test_the_list_of_a_running_process_ranks_by_what_has_passed(sluice: Sluice) -> None:
    """A verdict is written when three records have been seen; what it says of volume is old at once."""
    teach(sluice, (Signal.LOGS, logs(PROBE)), (Signal.LOGS, logs(order(1))))
    with Sender(sluice.grpc_port) as sender:
        for number in range(200):
            sender.export(logs(order(number), PROBE, PROBE))

    def counted() -> list[tuple[str, float]]:
        return [(category, row["per_day"]) for category, row in by_category(sluice, 2).items()]

    ranked = [("health_check", 403), ("business_event", 203)]
    wait_until(lambda: counted() == ranked, "all records counted")
    sluice.stop()
    assert counted() == ranked


def test_what_is_said_while_the_process_is_away_is_what_it_does_afterwards(
    sluice: Sluice, passes: Callable[[str], bool]
) -> None:
    teach_probe(sluice)
    probe = fingerprint(sluice, "health_check")
    assert not passes(PROBE)
    sluice.stop()
    done(sluice, "verdicts", "revoke", probe)
    assert by_category(sluice, 1)["health_check"]["action"] == "keep"
    assert "action keep, by the operator's word\n" in done(sluice, "verdicts", "explain", probe)
    assert json.loads(done(sluice, "verdicts", "show", probe, "--json"))["verdict"]["action"] == "keep"
    sluice.start()
    wait_until(lambda: reaches(sluice), "a connection")
    assert passes(PROBE)
    assert by_category(sluice, 1)["health_check"]["action"] == "keep"


def test_a_protected_type_is_said_to_be_kept_against_the_operator(
    sluice: Sluice, passes: Callable[[str], bool]
) -> None:
    sluice.write({"policy": {"protect": [{"category": "business_event"}]}})
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: "policy reloaded" in sluice.log(), "the reload")
    teach(sluice, (Signal.LOGS, logs(order(1))))
    business = fingerprint(sluice, "business_event")
    done(sluice, "verdicts", "set", business, "drop")
    wait_until(lambda: sluice.metrics()("sluice_verdicts_guarded", guard="protect") == 1, "the override noticed")
    assert passes(order(2))
    for place in (("-c", str(sluice.file)), ("--store", str(sluice.store))):
        explained = run_command("verdicts", "explain", business, *place).stdout
        assert "kept although an operator decided drop, because a rule of policy.protect covers it" in explained
        [row] = json.loads(run_command("verdicts", "list", "--json", *place).stdout)
        assert (row["action"], row["decided"]["kept_by"]) == ("keep", ["protect"])


def test_an_action_without_effect_is_said_at_the_start_and_at_reload(
    sluice: Sluice, passes: Callable[[str], bool]
) -> None:
    assert not warnings(sluice)
    sluice.write({"policy": {"actions": {"fault": "drop"}}})
    sluice.signal(signal.SIGHUP)
    wait_until(lambda: warnings(sluice), "a word in the log")
    sluice.stop()
    sluice.start()
    at_reload, at_start = warnings(sluice)
    assert at_reload == at_start
    assert "policy.actions.fault: 'drop' has no effect, fault is always kept" in at_start


def warnings(sluice: Sluice) -> list[str]:
    return [line["msg"] for line in sluice.messages() if line["level"] == "warn" and "policy." in line["msg"]]
