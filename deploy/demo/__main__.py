"""`make run`: the processor on this machine's usual OTLP ports, fed with a recording, and a report of what it found.

python deploy/demo [--once] [--kafka HOST:PORT[,...]]
"""

from __future__ import annotations

import argparse
import asyncio
import sys

INTERRUPTED = 130


def main() -> int:
    """Exit status 0 done, 1 failed, 2 usage or configuration, 130 interrupted before the report was made."""
    parser = argparse.ArgumentParser(prog="demo", description="The processor with a recording replayed through it.")
    parser.add_argument("--once", action="store_true", help="end after the report")
    parser.add_argument("--kafka", metavar="HOST:PORT[,...]", help="publish the verdicts there")
    options = parser.parse_args()
    try:
        return _run(options.once, options.kafka or None)
    except KeyboardInterrupt:
        print("sluice: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(once: bool, kafka: str | None) -> int:
    # Here, not above: they take a second, in which Ctrl-C may come as well.
    from showing import show

    from sluice.errors import ConfigError, SluiceError

    try:
        asyncio.run(show(once=once, kafka=kafka))
    except SluiceError as error:
        print(f"sluice: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
