"""What the embedded judge says of log lines: each form of waste beside the line that looks like it and must stay."""

from __future__ import annotations

import pytest

from made_evidence import evidence
from sluice.classify.providers.rules import Rules
from sluice.config.model import DEFAULT_ACTIONS
from sluice.verdicts.model import CATEGORIES, CONFIDENCES, Facts

GET = '<ip> - - [<time>] "GET <path> HTTP/<num>" <num> <num>'

WASTE = [
    ("health_check", evidence('<ip> "GET /healthz HTTP/<num>" <num>', outcome="ok", purpose="probe")),
    ("health_check", evidence("readiness probe ok", outcome="ok", purpose="probe")),
    ("routine_success", evidence(GET, outcome="ok")),
    ("routine_success", evidence("HEAD <path> answered <num> in <dur>", outcome="ok")),
    ("routine_success", evidence("Stored object <id> (<size>)")),
    ("routine_success", evidence("Finished job <id> for queue <id>")),
    ("routine_success", evidence("thumbnail <id> was successfully rendered in <num> passes")),
    ("routine_success", evidence("Sending <num> messages to <id>")),
    ("routine_success", evidence("Resolved <id> to <ip>")),
    ("routine_success", evidence("Closed client connection from <ip>")),
    ("routine_success", evidence("Message <id> has been delivered to <id>")),
    (
        "routine_success",
        evidence("stream <id> opened with negotiated timeout <dur>, <num> frames sent"),
    ),
    ("heartbeat", evidence("Heartbeat sent to broker <num>")),
    ("heartbeat", evidence("keep-alive received from <ip>")),
    ("heartbeat", evidence("Nothing to do, next round in <dur>")),
    ("heartbeat", evidence("poller: no new messages in topic <id>")),
    ("heartbeat", evidence("Import progress: <num> of <num>")),
    ("heartbeat", evidence("import of <path>: <num> complete", values={"num": ["45%"]})),
    ("routine_success", evidence("{level:s,request.id:s} served request <num>")),
    ("routine_success", evidence('msg="served request <num>" err=<nil>', outcome="ok")),
    ("debug_noise", evidence("cache lookup for <id> took the fast path", severity="debug")),
    ("debug_noise", evidence("state after merge: <id>", severity="trace")),
    ("debug_noise", evidence("Entering method computeTotals")),
    ("debug_noise", evidence("RingBuffer::drainTo - head=<num> tail=<num>")),
    ("debug_noise", evidence("page size not set, using default <num>")),
    ("debug_noise", evidence("thumbnail <id>: checking")),
    ("debug_noise", evidence("Layer <id> already present, skipping")),
    ("instrumentation", evidence("Exported <num> spans to <url>")),
    ("instrumentation", evidence("MetricsExporter: <num> data points sent")),
    ("bot_traffic", evidence('"GET /wp-login.php HTTP/<num>" <num>', outcome="client_error")),
    ("bot_traffic", evidence('<ip> "GET <path> HTTP/<num>" <num> "Mozilla/<num> (compatible; bingbot/<num>)"')),
    ("bot_traffic", evidence("Connection closed by <ip> port <num> [preauth]")),
    ("malformed", evidence("----------------------------")),
    ("malformed", evidence("+===+===+")),
]

KEPT = [
    ("fault", evidence('<ip> "GET /healthz HTTP/<num>" <num>', outcome="error", purpose="probe")),
    ("fault", evidence('<ip> "GET /healthz HTTP/<num>" <num>', outcome="client_error", purpose="probe")),
    ("fault", evidence("readiness probe failed", purpose="probe")),
    ("fault", evidence(GET, outcome="error")),
    ("diagnostic", evidence(GET, outcome="client_error")),
    ("routine_success", evidence('<ip> "POST <path> HTTP/<num>" <num>', outcome="ok")),
    ("security", evidence('<ip> "GET /oauth/authorize HTTP/<num>" <num>', outcome="ok")),
    ("fault", evidence("Stored object <id> after <num> retries")),
    ("fault", evidence("Finished job <id> with errors")),
    ("fault", evidence("Message <id> could not be delivered to <id>")),
    ("fault", evidence("Closed connection from <ip>: reset by peer")),
    ("fault", evidence("Resolved <id> to <ip> after timeout")),
    ("state_change", evidence("Heartbeat monitor stopped")),
    ("fault", evidence("Heartbeat from broker <num> lost")),
    ("security", evidence("debug: token <id> accepted", severity="debug")),
    ("fault", evidence("lock acquisition failed for <id>", severity="debug")),
    ("fault", evidence("No broker available to send FindCoordinator request", severity="debug")),
    ("fault", evidence("no suitable worker node is available for <id>", severity="debug")),
    ("fault", evidence("replica <id> is not reachable yet", severity="debug")),
    ("fault", evidence("there is no leader for <id>", severity="debug")),
    ("business_event", evidence("order <id> placed", severity="debug")),
    ("fault", evidence("RingBuffer::drainTo - overflow at <num>")),
    ("fault", evidence("Failed to export <num> spans to <url>")),
    ("fault", evidence("exporter dropped <num> spans", scope="opentelemetry.sdk.trace.export")),
    ("security", evidence("Failed password for <id> from <ip> [preauth]")),
    ("security", evidence("Connection closed by authenticating user <id> <ip> [preauth]")),
    ("security", evidence("session opened for user <id>")),
    ("security", evidence("certificate for <id> renewed")),
    ("business_event", evidence("Payment <id> processed in <dur>")),
    ("state_change", evidence("Listening on <ip>")),
    ("state_change", evidence("Node <id> elected leader")),
    ("state_change", evidence("configuration reloaded from <path>")),
    ("performance", evidence("query took <dur>")),
    ("performance", evidence("queue depth <num>")),
    ("fault", evidence("quota at <num> percent", severity="warn")),
    ("fault", evidence("whatever", severity="error")),
    ("fault", evidence("whatever", severity="fatal")),
    ("unclassified", evidence("<num>")),
    ("unclassified", evidence("")),
    ("unclassified", evidence("the quick brown fox")),
]


def judged(line: object) -> Facts:
    return Rules().facts(line)  # type: ignore[arg-type]


def acts(facts: Facts) -> bool:
    """The default policy would let records of the type go."""
    return facts.confidence == "high" and DEFAULT_ACTIONS[facts.category].kind != "keep"


@pytest.mark.parametrize(("category", "line"), WASTE, ids=lambda value: getattr(value, "template", value))
def test_what_is_surely_waste_is_found(category, line):
    facts = judged(line)
    assert facts.category == category
    assert acts(facts)


NEWS = (
    evidence("Deleted <path>", purpose="probe"),
    evidence("GET <path>", purpose="probe"),
    evidence("| <num> | <dur> | <ip> | GET <path>", purpose="probe"),
    evidence("PUT <path> <num>", outcome="ok", purpose="probe"),
    evidence("Contract <num> signed", scope="@opentelemetry/winston-transport"),
    evidence("Vote <num> counted", scope="opentelemetry.sdk._logs._internal"),
    evidence("consent_was_withdrawn id=<num>"),
    evidence("contractSigned id=<num>"),
    evidence("bind() EADDRINUSE <num>"),
    evidence("Sent response <num> to <ip>"),
    evidence("Migration <num> already applied, skipping"),
    evidence("Encryption not configured, using default"),
    evidence("Skipping existing tenant <num>"),
    evidence("{decision:s,msg:s} Request <num> handled"),
    evidence("Session <num> created for admin from <ip>"),
    evidence("Accepted connection from <ip> as root"),
    evidence("Job <num> completed with warnings"),
    evidence("Segment <num> written, checksum differs"),
    evidence("heartbeat: <num> of <num> alive"),
    evidence("waiting for new primary"),
    evidence("Sent <num> of <num> spans"),
)


@pytest.mark.parametrize("line", NEWS, ids=lambda line: line.template)
def test_what_somebody_may_need_is_never_let_go(line):
    assert not acts(judged(line))


@pytest.mark.parametrize(("category", "line"), KEPT, ids=lambda value: getattr(value, "template", value))
def test_what_somebody_may_need_is_kept(category, line):
    facts = judged(line)
    assert facts.category == category
    assert not acts(facts)


@pytest.mark.parametrize(
    "line",
    [
        "Removed node <id>",
        "Deleted user <id>",
        "Updated firewall rule <id>",
        "Created table <id>",
        "Closed position <id>",
        "Added member <id> to the cluster",
        "Accepted leader <id>",
        "Received signal <num>",
        "Received block <id> again",
        "Received no message from <id>",
        "Saved only <num> records",
        "No messages since <time>",
        "Fan speed is <num>",
        "temperature <num>",
        "Deployment of <id> completed",
        "Backup completed in <dur>",
        "Deleted <num> records of the archive",
        "Deleted file <path>",
        "Created <id>",
        "Released <ip>",
        "Executing command: <path>",
        "Job <num> finished in state <str>",
        "Received GOAWAY frame from <ip>",
        "checking consistency of <id>",
        "heartbeat interval set to <dur>",
        "ping <ip> <dur>",
        "Progress: <num> of <num> nodes upgraded",
        "Account::debit - amount=<num>",
        "updateBalance(<num>) amount=<num>",
        "set_state_machine_value <num>",
    ],
)
def test_a_twin_of_a_routine_line_that_is_news_is_left_alone(line):
    assert not acts(judged(evidence(line)))


@pytest.mark.parametrize("severity", ["warn", "error", "fatal"])
@pytest.mark.parametrize(("category", "line"), WASTE, ids=lambda value: getattr(value, "template", value))
def test_nothing_logged_as_a_warning_or_worse_is_waste(category, line, severity):
    raised = evidence(
        line.template,
        severity=severity,
        outcome=line.identity.outcome,
        purpose=line.identity.purpose,
        scope=line.identity.scope,
    )
    facts = judged(raised)
    assert not acts(facts) or facts.category == "malformed"


@pytest.mark.parametrize("word", ["failed", "denied", "timed out", "corrupted", "unreachable", "exception", "panic"])
@pytest.mark.parametrize(("category", "line"), WASTE, ids=lambda value: getattr(value, "template", value))
def test_a_fault_word_turns_every_waste_line_into_a_kept_one(category, line, word):
    worse = evidence(
        f"{line.template} {word}",
        severity=line.identity.severity,
        outcome=line.identity.outcome,
        purpose=line.identity.purpose,
        scope=line.identity.scope,
    )
    assert not acts(judged(worse))


def test_a_variable_that_tells_success_from_failure_raises_doubt():
    assert acts(judged(evidence("Processed request <id> from <ip>")))
    assert not acts(judged(evidence("Processed request <id> from <ip> status=<num>")))
    assert not acts(judged(evidence("Processed request <id> from <ip> result: <str>")))


def test_a_key_that_tells_success_from_failure_raises_doubt():
    assert not acts(judged(evidence("{level:s,response.status:s} served request <num>")))
    assert not acts(judged(evidence("{error:s,level:s} served request <num>")))
    assert acts(judged(evidence("{level:s,response.status:n} served request <num>", outcome="ok")))


def test_a_fault_seen_in_a_value_keeps_the_type():
    template = "Processed message <id>: <str>"
    assert acts(judged(evidence(template, values={"str": ["'all fine'"]})))
    assert not acts(judged(evidence(template, values={"str": ["'all fine'", "'disk failure'"]})))
    assert not acts(judged(evidence(template, samples=("Processed message 7: 'connection refused'",))))


@pytest.mark.parametrize(
    "text", ["接続に失敗しました", "обработка прервана", "Übertragung gestört", "Verbindung abgebrochen"]
)
@pytest.mark.parametrize("severity", ["", "debug", "info"])
def test_a_line_in_a_language_that_the_rules_do_not_read_is_kept(text, severity):
    assert not acts(judged(evidence(text, severity=severity)))
    assert not acts(judged(evidence(f"Processed message <id>: {text}", severity=severity)))


def test_a_line_too_long_to_be_read_whole_is_kept():
    assert acts(judged(evidence(f"Processed message <id> {'of a kind ' * 10}")))
    assert not acts(judged(evidence(f"Processed message <id> {'of a kind ' * 1000}")))


def test_a_markup_word_is_no_variable():
    assert acts(judged(evidence("Received message <id> <body>")))
    assert judged(evidence("Received message <id> <error>")).category == "fault"


def test_what_is_routine_elsewhere_is_news_in_a_cluster_or_a_payment_library():
    line = "Received connection request from <ip>"
    assert acts(judged(evidence(line, scope="org.example.http.Acceptor")))
    assert not acts(judged(evidence(line, scope="org.example.RaftTransport")))
    assert not acts(judged(evidence(line, scope="com.example.billing.Client")))
    assert not acts(judged(evidence(line, scope="com.example.AuditLog")))


@pytest.mark.parametrize(("category", "line"), WASTE + KEPT, ids=lambda value: getattr(value, "template", value))
def test_facts_are_of_the_closed_sets_and_name_their_rule(category, line):
    facts = judged(line)
    assert facts.category in CATEGORIES
    assert facts.confidence in CONFIDENCES
    assert facts.reason
    assert len(facts.description.split()) <= 8


def test_a_reason_holds_no_word_of_a_sample():
    facts = judged(evidence("Processed message <id>: <str>", samples=("Processed message 7: 'zebra refused'",)))
    assert "zebra" not in facts.reason + facts.description


async def test_a_batch_is_answered_whole_and_always_alike():
    lines = [line for _, line in WASTE + KEPT]
    first = (await Rules().judge(lines)).facts
    second = (await Rules().judge(list(reversed(lines)))).facts
    assert first == second
    assert set(first) == {line.fingerprint for line in lines}
