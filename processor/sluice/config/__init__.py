"""The configuration: `model` has the keys, `units` their scalars, `load` reads a file."""
