"""`sluice verdicts` as a process, over a real store."""

import asyncio
import json
import subprocess
import sys
import time

import pytest
from msgspec import to_builtins

from sluice.config.units import Action
from sluice.verdicts.model import Override, Source
from sluice.verdicts.store import SpendingRow, VerdictRow
from stored import overrides, row_of_override, save, save_rows, volumes, with_store
from verdict_values import HEALTH, ORDERS, PAYMENTS, at, verdict

VERDICTS = (
    verdict(HEALTH),
    verdict(
        ORDERS,
        template="POST /orders <num> [bold]\x1b[31m",
        purpose="",
        category="routine_success",
        action="keep",
        guards=("rarity",),
        per_day=3.0,
    ),
    verdict(
        PAYMENTS,
        signal="spans",
        template="charge",
        category="diagnostic",
        confidence="medium",
        action="sample",
        keep_percent=10.0,
        mode="observe",
        not_before=at(hours=1),
        source=Source("llm", "sluice-2", "anthropic", "sonnet"),
    ),
)


@pytest.fixture
def store(tmp_path):
    save(tmp_path / "sluice.db", *VERDICTS)
    save_rows(tmp_path / "sluice.db", *volumes({HEALTH: 4680, ORDERS: 12, PAYMENTS: 468}))
    return tmp_path / "sluice.db"


@pytest.fixture
def config(tmp_path, store):
    """Of the Sluice that the store belongs to."""

    def write(policy="{mode: drop}"):
        text = f"exporters: {{nop: }}\nverdicts: {{store: {{path: {store}}}}}\npolicy: {policy}\n"
        (tmp_path / "a.yaml").write_text(text)
        return "a.yaml"

    return write


def test_list_ranks_by_what_was_counted(run, store):
    """Not by what a verdict said when it was written."""
    ended = run("verdicts", "list", "--store", "sluice.db")
    assert (ended.status, ended.err) == (0, "")
    heading, *lines, total = ended.out.splitlines()
    assert [line.split()[0] for line in lines] == [HEALTH[:12], PAYMENTS[:12], ORDERS[:12]]
    assert "  per day  " in heading
    assert all(f"  {count}  " in line for line, count in zip(lines, (4680, 468, 12), strict=True))
    assert "sample 10%" in lines[1]
    assert "rarity" in lines[2]
    assert "\x1b" not in ended.out
    assert total == "3 of 3 verdicts"
    as_json = json.loads(run("verdicts", "list", "--store", "sluice.db", "--json").out)
    assert [row["per_day"] for row in as_json] == [4680, 468, 12]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--service", "shop/web"), ("--category", "diagnostic"), ("--action", "sample"), ("--signal", "spans")],
)
def test_list_shows_only_what_is_asked_for(run, store, option, value):
    listed = json.loads(run("verdicts", "list", "--store", "sluice.db", "--json", option, value).out)
    assert PAYMENTS in [row["fingerprint"] for row in listed]
    assert len(listed) == (3 if option == "--service" else 1)


@pytest.mark.parametrize(
    ("option", "remedy"),
    [("--category", "'heartbeat', "), ("--action", "'keep', 'drop', "), ("--signal", "'logs', 'metrics', 'spans'")],
)
def test_a_word_that_is_none_is_named_with_those_that_are(run, store, option, remedy):
    ended = run("verdicts", "list", "--store", "sluice.db", option, "nonsense")
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"'{option}': 'nonsense' is not one of " in ended.err
    assert remedy in ended.err


def test_explain_names_category_policy_and_lease(run, config):
    out = run("verdicts", "explain", HEALTH, "-c", config()).out
    assert "GET /healthz <num> (logs of shop/web, severity info, outcome ok, purpose probe)" in out
    assert "health_check: a probe that succeeded; judged with high confidence by rule, by sluice-1" in out
    assert "action drop, by policy.actions.health_check of a.yaml\n" in out
    assert "the mode is drop: what is waste is removed" in out
    assert "it holds until 20" in out


def test_explain_names_the_guards_and_what_they_prevented(run, config):
    out = run("verdicts", "explain", ORDERS, "-c", config("{mode: drop, protect: [{service: web}]}")).out
    assert (
        "it is kept although policy.actions.routine_success of a.yaml is sample 10%, because it has fewer records a "
        "day than policy.rare_per_day and a rule of policy.protect covers it\n"
    ) in out
    assert "the mode is" not in out


def test_explain_names_who_judged_and_probation(run, config):
    out = run("verdicts", "explain", PAYMENTS, "-c", config("{actions: {diagnostic: drop}, min_confidence: low}")).out
    assert "by sonnet of anthropic, asked by sluice-2" in out
    assert "action drop, by policy.actions.diagnostic of a.yaml\n" in out
    assert "the mode is observe: nothing is touched" in out
    assert "it is new and in probation: kept until" in out


def test_nothing_is_said_twice(run, store):
    save(store, verdict(HEALTH, description="a probe that succeeded"), verdict(ORDERS, description="A shop's orders."))
    assert "health_check: a probe that succeeded; judged" in run("verdicts", "explain", HEALTH, "--store", store).out
    assert "a probe that succeeded (A shop's orders); " in run("verdicts", "explain", ORDERS, "--store", store).out


@pytest.mark.parametrize("options", [["--store", "sluice.db"], ["-c", "a.yaml"]])
def test_an_expired_verdict_is_kept_wherever_it_is_shown(run, config, store, options):
    config()
    save(store, verdict(HEALTH, expires_at=at(hours=-1)))
    row = next(line for line in run("verdicts", "list", *options).out.splitlines() if line.startswith(HEALTH[:12]))
    assert "  keep  " in row
    assert "  expired  " in row
    explained = run("verdicts", "explain", HEALTH, *options).out
    assert "it is kept, because the verdict has expired at 20" in explained
    assert "the mode is" not in explained
    assert "it holds until" not in explained


def test_show_has_the_fields_and_the_explanation(run, store):
    out = run("verdicts", "show", HEALTH, "--store", "sluice.db").out
    assert f"fingerprint   {HEALTH}\n" in out
    assert "service       namespace shop, name web\n" in out
    assert "per_day       4680.0\n" in out
    assert "guards" not in out
    assert "()" not in out
    assert "a probe that succeeded" in out
    assert json.loads(run("verdicts", "show", HEALTH, "--store", "sluice.db", "--json").out)["verdict"]["version"] == 1


def test_set_writes_an_override_that_the_processor_can_bind(run, store):
    ended = run("verdicts", "set", HEALTH[:6], "limit", "2/m", "--reason", "one is enough", "--store", "sluice.db")
    assert (ended.status, ended.out) == (0, f"{HEALTH}: limit 2/m (was drop)\n")
    written = overrides(store)[HEALTH]
    assert (written["action"], written["keep_rate"], written["reason"]) == ("limit", "2/m", "one is enough")
    assert (written["template"], written["service"]) == ("GET /healthz <num>", {"namespace": "shop", "name": "web"})
    assert "@" in written["issued_by"]
    listed = run("verdicts", "list", "--store", "sluice.db").out
    assert "limit 2/m" in listed
    assert "operator" in listed
    explained = run("verdicts", "explain", HEALTH, "--store", "sluice.db").out
    assert "decided limit 2/m at" in explained
    assert "one is enough" in explained


def test_revoke_keeps_and_auto_returns_to_the_judgement(run, store):
    assert run("verdicts", "revoke", HEALTH, "--store", "sluice.db").out == f"{HEALTH}: keep (was drop)\n"
    assert overrides(store)[HEALTH]["action"] == "keep"
    assert run("verdicts", "set", HEALTH, "auto", "--store", "sluice.db").out == f"{HEALTH}: auto (was keep)\n"
    assert overrides(store)[HEALTH] is None
    again = run("verdicts", "set", HEALTH, "auto", "--store", "sluice.db")
    assert (again.status, again.out) == (0, f"{HEALTH}: has no override, nothing to withdraw\n")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["show", "0", "--store", "sluice.db"], 1, f"2 fingerprints begin with 0, such as {HEALTH} and {ORDERS}: give"),
        (["show", "", "--store", "sluice.db"], 1, "the fingerprint is empty: give its first digits, as `sluice ver"),
        (
            ["show", "ff", "--store", "sluice.db"],
            1,
            "no verdict has a fingerprint that begins with ff: see `sluice ver",
        ),
        (
            ["set", "0a", "sample", "100%", "--store", "sluice.db"],
            2,
            "'sample 100%' is not auto, keep, drop, sample N%",
        ),
        (["list"], 2, "give -c FILE, --store PATH or --brokers HOST:PORT"),
        (["list", "--store", "a", "--brokers", "b:1"], 2, "--store and --brokers exclude each other"),
        (["list", "--store", "nowhere.db"], 1, "store nowhere.db: it cannot be read: no such file or directory"),
        (["list", "--store", "notes.txt"], 1, "store notes.txt: it is no database of Sluice"),
        (["list", "--brokers", "b"], 2, "--brokers: 'b' is not HOST:PORT with a port from 1 to 65535"),
        (["list", "--brokers", "127.0.0.1:1"], 1, "127.0.0.1:1 cannot be reached: connection refused"),
        (["rejudge", "0a"], 2, "give -c FILE or --store PATH: the processor is told by its store"),
        (["rejudge", "--store", "sluice.db"], 2, "give fingerprints, --category NAME or --all"),
        (["rejudge", "--all", "0a", "--store", "sluice.db"], 2, "give fingerprints, --category NAME or --all"),
        (["rejudge", "ff", "--store", "sluice.db"], 1, "no verdict has a fingerprint that begins with ff"),
        (["rejudge", "--category", "waste", "--store", "sluice.db"], 2, "invalid value for '--category'"),
        (["matcher"], 2, "matcher is not yet built: filter by the tag sluice.verdict"),
    ],
)
def test_what_goes_wrong_is_one_line(run, store, tmp_path, arguments, status, message):
    (tmp_path / "notes.txt").write_text("not a database")
    ended = run("verdicts", *arguments)
    assert (ended.status, ended.out) == (status, "")
    assert ended.err.startswith(f"sluice: {message}")
    assert ended.err.count("\n") == 1
    assert (tmp_path / "notes.txt").read_text() == "not a database"


def test_a_value_that_cannot_be_used_is_counted_and_not_shown(run, store):
    async def spoil(opened):
        assert opened.save(VerdictRow(ORDERS, 2, b'{"schema": 1, "secret', None, sent=True))
        await opened.flush()

    with_store(store, spoil)
    ended = run("verdicts", "list", "--store", "sluice.db")
    assert ended.out.splitlines()[-1] == "2 of 2 verdicts, 1 values that cannot be used"
    assert "secret" not in ended.out


def test_follow_prints_what_is_written(store, tmp_path, environ):
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice", "verdicts", "follow", "--store", "sluice.db", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environ,
    )
    version = 1
    try:
        # It may have been read before the first change: change it until a change is told.
        told = asyncio.run(_first_line(process, store, version))
    finally:
        process.kill()
        process.communicate()
    assert told["fingerprint"] == HEALTH
    assert told["verdict"]["action"] == "keep"


async def _first_line(process, store, version):
    async with asyncio.timeout(60):
        line = asyncio.create_task(asyncio.to_thread(process.stdout.readline))
        while not line.done():
            version += 1
            await asyncio.to_thread(save, store, verdict(HEALTH, action="keep", version=version))
            await asyncio.wait([line], timeout=0.5)
        return json.loads(line.result())


def wishes(path, count):
    """Waits for so many."""

    async def read(store):
        found = []
        store.listen(on_override=lambda *_: None, on_rejudge=found.append)
        async with asyncio.timeout(60):
            while len(found) < count:
                await asyncio.sleep(0.02)
        return sorted(found)

    return with_store(path, read)


@pytest.mark.parametrize(
    ("which", "said", "wished"),
    [
        ([HEALTH[:6]], "1 event type is asked about again when seen next: about 1,300 tokens", [HEALTH]),
        (["--category", "diagnostic"], "1 event type is asked about again", [PAYMENTS]),
        (
            ["--all"],
            "3 event types are asked about again when seen next: about 1,400 tokens",
            [HEALTH, ORDERS, PAYMENTS],
        ),
    ],
)
def test_rejudge_tells_the_processor_what_to_ask_again(run, store, which, said, wished):
    ended = run("verdicts", "rejudge", *which, "--store", "sluice.db")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(said)
    assert wishes(store, len(wished)) == sorted(wished)


def test_what_an_operator_decided_is_not_asked_again(run, store):
    assert run("verdicts", "revoke", HEALTH, "--store", "sluice.db").status == 0
    ended = run("verdicts", "rejudge", HEALTH, "--store", "sluice.db")
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "an operator has decided it: `set FP auto` first" in ended.err
    ended = run("verdicts", "rejudge", "--all", "--store", "sluice.db")
    assert ended.out.startswith("2 event types are asked about again")
    assert ended.out.endswith("; not 1 that an operator has decided\n")


@pytest.mark.usefixtures("one_utc_day")
def test_list_and_show_say_what_judging_has_cost(run, store):
    today = time.strftime("%Y-%m-%d", time.gmtime())

    async def spend(opened):
        assert opened.save(SpendingRow("2026-01-01", "anthropic", calls=2, types=90, input=7_000, output=1_500))
        assert opened.save(SpendingRow(today, "openai", calls=1, types=10, input=400, output=100, reserved=7))
        await opened.flush()

    assert "tokens" not in run("verdicts", "list", "--store", "sluice.db").out
    with_store(store, spend)
    line = "tokens: 507 today (UTC), 9,000 in all for 100 event types judged, 90 a type"
    assert run("verdicts", "list", "--store", "sluice.db").out.splitlines()[-1] == line
    assert run("verdicts", "show", HEALTH, "--store", "sluice.db").out.splitlines()[-1] == line


OLD = "0d" * 16


def rekeyed(store):
    """A verdict on HEALTH that is held for what another ruleset has named OLD."""
    old = verdict(OLD, ruleset="0")
    save(store, old)
    value = json.dumps(to_builtins(verdict(HEALTH))).encode()
    save_rows(store, VerdictRow(HEALTH, 1, value, None, sent=True, origin=OLD))
    return old


def test_what_another_ruleset_has_judged_is_one_event_type(run, store):
    rekeyed(store)
    listed = json.loads(run("verdicts", "list", "--store", "sluice.db", "--json").out)
    assert OLD not in [row["fingerprint"] for row in listed]
    for fingerprint in (OLD, HEALTH):
        ended = run("verdicts", "explain", fingerprint, "--store", "sluice.db")
        assert (ended.status, ended.err) == (0, "")
        assert f"that was as {OLD}, when mining.masks or the rules of mining were others" in ended.out


def test_an_override_of_another_ruleset_is_shown_and_withdrawn(run, store):
    old = rekeyed(store)
    save_rows(store, row_of_override(Override.of(old, Action.parse("keep"), issued_at=at(), issued_by="me")))
    assert "an operator (me) decided keep" in run("verdicts", "explain", HEALTH, "--store", "sluice.db").out
    ended = run("verdicts", "set", HEALTH, "auto", "--store", "sluice.db")
    assert (ended.status, ended.out) == (0, f"{HEALTH}: auto (was keep)\n")
    assert overrides(store) == {OLD: None}


def test_what_has_become_part_of_another_says_so(run, store):
    save(store, verdict(ORDERS, merged_into=PAYMENTS))
    told = run("verdicts", "show", ORDERS, "--store", "sluice.db").out
    assert f"it has become part of {PAYMENTS}, whose facts these are: its records are counted there\n" in told
    assert "is renewed" not in told
    ended = run("verdicts", "set", ORDERS, "keep", "--store", "sluice.db")
    assert f"its records are those of {PAYMENTS} now, of which it has become part: set that" in ended.out
