"""Fixtures that are real parts: peers, brokers, collectors, certificates."""

import os
import signal

from hypothesis import HealthCheck, settings

# pexpect forks this process for each terminal. With gRPC's own fork support a fork of a process that has channels may
# end in gRPC's handlers before the command is run.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

pytest_plugins = [
    "real.waiting",  # first, and then the next: the others import them, and their asserts are to be rewritten before
    "real.otlp",
    "real.certs",
    "real.collector",
    "real.dataplane",
    "real.kafka",
    "real.models",
    "real.sluice",
]

# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Whoever starts the tests in the background may have them ignore Ctrl-C, and what they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
