pytest_plugins = [
    "real.collector",
]
