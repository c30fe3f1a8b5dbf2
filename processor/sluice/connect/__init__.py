"""Connecting a provider: asking for its key, trying it, and writing what `sluice run` reads.

`dialogue` asks in a terminal, with the few questions that `terminal` knows; `checking` tries a key by a real call;
`place` knows the configuration and the env file beside it, and what to write there; `files` writes them whole or not at
all. A key is shown nowhere: it goes from the hidden prompt, or from a variable of the environment, into the env file.
"""
