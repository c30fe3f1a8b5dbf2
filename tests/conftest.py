"""Fixtures that are real parts: peers, brokers, collectors, certificates."""

pytest_plugins = [
    "real.certs",
    "real.collector",
    "real.dataplane",
    "real.kafka",
    "real.sluice",
]
