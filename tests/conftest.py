pytest_plugins = [
    "real.collector",
    "real.kafka",
    "real.sluice",
]
