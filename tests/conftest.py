pytest_plugins = [
    "real.collector",
    "real.kafka",
]
