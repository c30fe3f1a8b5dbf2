"""The words that tell what a line is about, for software in general.

They are looked up in a line's constant words as `reading` spells them: lower case, compound identifiers taken apart,
variables as `*`. Words that only ever keep a line may be wide; words that make waste of it are narrow.
"""

from __future__ import annotations

import re


class Lexicon:
    """One class of words: stems (`fail` sees failed, failure, fails), whole words, and phrases."""

    def __init__(self, *, stems: str = "", words: str = "", phrases: tuple[str, ...] = (), forms: str = "") -> None:
        """`forms`: phrases with a choice of words, as a regular expression."""
        whole = [*([forms] if forms else []), *(re.escape(entry) for entry in (*phrases, *words.split()))]
        alternatives = [rf"(?:{'|'.join(whole)})(?![a-z'])"] if whole else []
        if stems:
            alternatives.append("|".join(re.escape(stem) for stem in stems.split()))
        self._pattern = re.compile(rf"(?<![a-z'])(?:{'|'.join(alternatives)})")

    def seen(self, text: str) -> str:
        """The first entry that the text holds, as the lexicon spells it; the empty string when there is none."""
        found = self._pattern.search(text)
        return found[0] if found else ""


FAULT = Lexicon(
    stems=(
        "fail error exception refus reject deny denie denial forbid timeout corrupt abort panic fatal crash degrad "
        "unhealth retry retri broken "
        "unable cannot couldn invalid illegal violat interrupt unreach unavail unexpect unrecogni unsupport unhandled "
        "unresolv uncorrect correctabl mismatch missing deadlock evict overflow underflow overrun exceed exhaust leak "
        "stall throttl truncat conflict critical emergenc malform garbage assert segfault backtrace traceback "
        "reconnect rollback quarantin inconsisten damag overheat insufficient abnormal poison orphan misconfigur "
        "incompatib undeliver unreadabl unwritabl disconnect recover dropp discard killed killing unsuccess incorrect "
        "suspicious outage incident overload oversize backpressure goaway impossib "
        "fehler fehlgeschlag abgebroch erreur echec fallo fallid falha falhou fallit mislukt"
    ),
    words=(
        "err errs errno lost loses losing loss fault faults faulty can't won't bad wrong dead stuck hang hung oom bug "
        "trap trapped severe alert alarm tries problem problems trouble kill kills nack nak nok dlq sigsegv sigkill "
        "sigterm sigabrt ecc mce parity lagging expired expiring expire stale warning "
        "warnings unstable fallback spam junk dlt"
    ),
    phrases=(
        "timed out",
        "time out",
        "times out",
        "could not",
        "can not",
        "not found",
        "no such",
        "not ok",
        "no answer",
        "no response",
        "not responding",
        "no route",
        "no space",
        "gave up",
        "giving up",
        "give up",
        "out of",
        "dead letter",
        "core dump",
        "core file",
        "core files",
        "stack trace",
        "rolled back",
        "rolling back",
        "reset by",
        "closed by",
        "too many",
        "signal *",
        "too large",
        "too long",
        "too old",
        "is down",
        "went down",
        "going down",
        "is full",
        "machine check",
        "already tried",
        "split brain",
        "no longer",
    ),
    forms=(
        "no (?:[a-z*]+ ){0,5}(?:available|reachable|alive|online|connected|responding|running)|"
        "no (?:broker|leader|node|server|host|peer|member|worker|replica|master|coordinator|quorum|connection|backend|"
        "endpoint|upstream)s?(?= (?:for|to|in|at|found|could|can|was|were|is|are|has|have) )|"
        "not (?:yet )?(?:available|reachable|alive|online|connected|responding|running|enough|allowed|supported|ready)"
    ),
)
"""Something went wrong, may have gone wrong, or was about to."""

SECURITY = Lexicon(
    stems=(
        "authent authori unauth logon password passwd passphrase passcode credential permission permitt privileg "
        "audit certificat secret deny denie denial forbid firewall iptables kerberos ldap saml oauth sandbox selinux "
        "apparmor revok intrusion attack exploit malware virus imperson publickey untrust blacklist blocklist "
        "whitelist allowlist breach preauth login logout csrf"
    ),
    words=(
        "encrypt encrypted encryption tls ssl superuser auth sudo pam acl acls rbac mfa otp jwt token tokens cert "
        "certs granted role roles"
    ),
    phrases=(
        "break in",
        "log in",
        "logged in",
        "logged out",
        "logging in",
        "sign in",
        "signed in",
        "signed out",
        "session opened",
        "session closed",
        "invalid user",
        "illegal user",
        "unknown user",
    ),
)
"""Who may do what, and who did."""

BUSINESS = Lexicon(
    stems=(
        "payment invoice checkout purchas refund subscri signup customer billing billed chargeback shipment shipped "
        "booking booked payout coupon settlement withdrawal deposit merchant wallet ledger"
    ),
    words=(
        "order orders ordered paid cart basket charge charged balance debit credit cash amount trade trades sale sales "
        "sold donation price prices transaction transactions"
    ),
    phrases=("sign up", "signed up"),
)
"""What the company counts."""

TRANSITION = Lexicon(
    stems=(
        "start stop listen elect promot demot reload deploy scaling scaled shutdown shutting boot reboot initiali "
        "regist unregist deregist joined joining enabl disabl activat deactivat upgrad downgrad migrat install "
        "uninstall mount unmount config reconfig provision terminat resum paus suspend spawn launch exit lifecycle "
        "became becom transition switch rotat restor snapshot replicat rebalanc reassign attach detach unplug finali "
        "handover takeover failover cutover"
    ),
    words="bound init ready online offline up down left shut leading following quorum epoch freed",
    phrases=("state change", "changed state", "state changed", "changed from", "new state", "going to"),
)
"""Something is no longer what it was."""

CLUSTER = Lexicon(
    stems="quorum elect raft paxos consensus gossip replicat leader failover membership cluster coordinator handoff"
)
"""What keeps several machines together."""

SUBJECT = Lexicon(
    stems="leader follower observer primar secondar replica standby coordinator cluster peer partition member",
    words=(
        "master slave node nodes server servers service services instance instances host hosts machine machines vm vms "
        "daemon kernel driver drivers device devices disk disks volume volumes interface interfaces link links "
        "database databases schema table tables index indices shard shards version versions release feature flag flags "
        "policy policies rule rules setting settings backup backups license quota topology lease leases lock locks "
        "migration anonymous user users uid account accounts tenant root admin key keys group groups project"
    ),
)
"""What is no work item: that one came, went or changed is news."""

PERFORMANCE = Lexicon(
    stems="slow latenc elapsed duration backlog saturat utiliz utilis headroom throughput percentil memory temperatur",
    words=(
        "took lag pressure heap cpu cpus vcpus usage capacity load gc watermark contention voltage fan fans free "
        "available thermal power battery bandwidth jitter speed speeds"
    ),
    phrases=("queue depth", "queue length", "queue size", "wait time", "thread pool", "high water"),
)
"""How much, how long, how full."""

DOUBT = Lexicon(
    stems="detect chang limit threshold replac relocat revert cancel however although instead alternat attempt "
    "consisten integrit",
    words=(
        "not no never none without isn't wasn't don't doesn't didn't hasn't haven't aren't but only again late unknown "
        "null nil undefined nan negative empty remote partial partially skipped delayed waited "
        "slowly since too state status reset differ differs gap gaps fewer short"
    ),
)
"""Not surely as always: such a line is left alone unless a rule knows the very phrase."""
