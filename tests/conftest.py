pytest_plugins = [
    "real.kafka",
]
