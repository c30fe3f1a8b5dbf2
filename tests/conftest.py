"""Fixtures that are real parts: peers, brokers, collectors, certificates."""

import signal

pytest_plugins = [
    "real.otlp",  # first: the others import it, and its asserts are to be rewritten before
    "real.certs",
    "real.collector",
    "real.dataplane",
    "real.kafka",
    "real.models",
    "real.sluice",
]

# Whoever starts the tests in the background may have them ignore Ctrl-C, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
