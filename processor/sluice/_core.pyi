"""The Rust core: bytes in, bytes out. Checked against the built module by a test."""

from typing import final

@final
class Engine:
    """Mines, looks verdicts up and splices. Every method may be called from any thread; the GIL is released."""

    def __init__(self, settings: bytes) -> None:
        """`settings`: JSON of `engine.Settings`. Raises ValueError that names what is wrong with it."""

    ruleset: str
    """Version of the mining rules plus a hash of the configured masks; part of every fingerprint."""

    def configure(self, policy: bytes) -> None:
        """`policy`: JSON of `engine.Policy`; in force for the next `process` call on any thread."""

    def process(self, signal: int, request: bytes) -> Outcome:
        """One OTLP export request (`signal`: 0 logs, 1 metrics, 2 spans). Raises ValueError when it is malformed."""

    def apply(self, decisions: bytes) -> int:
        """JSON array of `engine.Decision`; answers how many took effect (same ruleset, matching fingerprint)."""

    def forget(self, fingerprints: bytes) -> int:
        """JSON array of fingerprints whose decision is withdrawn: kept, and judged anew when evidence comes again."""

    def reopen(self, fingerprints: bytes) -> int:
        """JSON array of fingerprints that bring evidence again, to be judged anew; their decisions stay in force."""

    def look(self, fingerprints: bytes) -> int:
        """JSON array of fingerprints of judged types whose next records are looked at; `drain_volumes` tells of it."""

    def rekey(self, types: bytes) -> bytes:
        """JSON array of `engine.Named`; their fingerprints by this ruleset as a JSON array, null for each that has
        none: its skeleton is no longer one under the masks in force, or its fingerprint is not that of its identity."""

    def covering(self, types: bytes) -> bytes:
        """JSON array of `engine.Named`; the fingerprints of the more general types that they have become parts of as a
        JSON array, null for each that stands for itself."""

    def drain_volumes(self) -> bytes:
        """JSON of `engine.Volumes`: what was committed since the last call, and the engine's own sizes."""

    def types(self) -> bytes:
        """JSON array of `engine.EventType`: the listed event types (at least `min_records` committed records)."""

@final
class Outcome:
    """What became of one request. Going without `commit` gives limit tokens back and counts nothing."""

    payload: bytes | None
    """What to forward: the request itself when nothing changed, None when nothing is left."""
    received: int
    dropped: int
    tagged: int
    items_received: int
    items_dropped: int

    def commit(self) -> bytes | None:
        """After the next hop's success: counts the request; JSON array of `engine.Evidence`, or None."""

def transcode(signal: int, json: bytes) -> bytes:
    """An OTLP/JSON export request as protobuf. Raises ValueError when it is malformed."""

def shapes(settings: bytes, text: bytes) -> bytes:
    """For `sluice mine`: each line of `text` as a log body; JSON array of [shape, template], `<*>` for variables."""
