"""`make run`: the processor on this machine's usual OTLP ports, fed with a recording, and a report of what it found.

python deploy/demo [--once] [--kafka HOST:PORT[,...]]
"""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130


def main() -> int:
    """Exit status 0 done, 1 failed, 2 usage or configuration, 130 interrupted before the report was made."""
    # Imports take a second, in which Ctrl-C may come; an exception in the middle of one is not always passed on.
    signal.signal(signal.SIGINT, lambda *_: os._exit(_interrupted()))
    # gRPC's core writes lines of its own to stderr, unless it is told not to before it is loaded.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import argparse
    import asyncio

    from showing import show

    from sluice.errors import ConfigError, SluiceError

    parser = argparse.ArgumentParser(prog="demo", description="The processor with a recording replayed through it.")
    parser.add_argument("--once", action="store_true", help="end after the report")
    parser.add_argument("--kafka", metavar="HOST:PORT[,...]", help="publish the verdicts there")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        asyncio.run(show(once=options.once, kafka=options.kafka or None))
    except SluiceError as error:
        print(f"sluice: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        return _interrupted()
    return 0


def _interrupted() -> int:
    print("sluice: interrupted", file=sys.stderr, flush=True)
    return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
