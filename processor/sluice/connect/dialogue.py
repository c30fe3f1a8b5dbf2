"""The guided start: which provider, its key, a fallback. It asks and tries, and writes nothing."""

from __future__ import annotations

from typing import Literal

from sluice.connect import checking
from sluice.connect.place import Place
from sluice.connect.providers import ABOUT, Choice, Chosen, ProviderName, Wish, as_key, other
from sluice.connect.terminal import Terminal
from sluice.errors import Forbidden, ProviderError, Rejected, SluiceError, Unauthorized, UnknownModel

Way = Literal["again", "key", "model", "without", "leave"]

_LABELS: dict[Way, str] = {
    "again": "try again",
    "key": "give another key",
    "model": "name another model",
    "without": "go on without a fallback",
    "leave": "leave, nothing is written",
}


class Dialogue:
    """With one user. Raises SluiceError when the user leaves, KeyboardInterrupt on Ctrl-C, EOFError on Ctrl-D."""

    def __init__(self, terminal: Terminal, place: Place) -> None:
        self._terminal = terminal
        self._place = place

    def run(self, first: Wish, second: Wish) -> Chosen:
        """What the wishes leave open is asked."""
        self._introduce()
        choice = self._connected(first._replace(provider=first.provider or self._provider()), is_fallback=False)
        assert choice is not None, "only a fallback can be gone on without"
        spare = other(choice.provider)
        if second.provider is None and (answer := self._wants(spare)) != "connect":
            return Chosen(choice, None, alone=answer == "alone")
        fallback = self._connected(second._replace(provider=spare), is_fallback=True)
        return Chosen(choice, fallback, alone=fallback is None)

    def _introduce(self) -> None:
        say, place = self._terminal.say, self._place
        say("Connect a provider", "bold")
        say("Sluice asks an LLM once about each event type, after redaction: about 100 tokens a type.")
        say(
            f"Written at the end, not before: the key to {place.env_file} (yours alone to read), the rest to "
            f"{place.config_file}{' (new)' if place.is_new else ''}. Ctrl-C leaves."
        )
        if place.provider:
            behind = f", with {ABOUT[place.fallback].called} behind it" if place.fallback else ""
            say(f"Connected so far: {ABOUT[place.provider].called}{behind}.")
        say()

    def _provider(self) -> ProviderName:
        options: list[tuple[ProviderName, str]] = [("anthropic", "Anthropic (recommended)"), ("openai", "OpenAI")]
        return self._terminal.choose("Which provider judges?", options)

    def _wants(self, spare: ProviderName) -> Literal["connect", "stay", "alone"]:
        called = ABOUT[spare].called
        options: list[tuple[Literal["connect", "stay", "alone"], str]] = [("connect", called)]
        if self._place.fallback == spare:
            options = [("stay", f"{called}, as it is"), ("connect", f"{called}, with a new key")]
        options.append(("alone", "nobody, types wait"))
        return self._terminal.choose("Who judges while it is out or refuses the key?", options)

    def _connected(self, wish: Wish, *, is_fallback: bool) -> Choice | None:
        """One provider whose key was tried; None when the fallback is given up."""
        provider = wish.provider
        assert provider is not None
        say, called = self._terminal.say, ABOUT[provider].called
        choice = Choice(provider, self._key(provider), wish.model, wish.base_url)
        while True:
            try:
                with self._terminal.waiting(f"asking {called}"):
                    model = checking.check(provider, self._place.settings(choice))
            except ProviderError as error:
                say(f"{checking.headline(error)}: {checking.cause(error)}.", "red")
                remedy = checking.remedy(error, provider)
                say(f"{remedy[:1].upper()}{remedy[1:]}.")
                say()
                match self._terminal.choose("And now?", [(way, _LABELS[way]) for way in _ways(error, is_fallback)]):
                    case "key":
                        choice = choice._replace(key=self._key(provider))
                    case "model":
                        choice = choice._replace(model=self._terminal.ask("Model: "))
                    case "without":
                        return None
                    case "leave":
                        raise SluiceError("not connected, nothing was written") from None
            else:
                say(f"{called} answers, with {model}.", "green")
                say()
                return choice

    def _key(self, provider: ProviderName) -> str:
        about = ABOUT[provider]
        self._terminal.say(f"Paste the key of {about.called}; it stays hidden. Keys are made at {about.keys}")
        return as_key(self._terminal.ask("Key: ", hidden=True))


def _ways(error: ProviderError, is_fallback: bool) -> list[Way]:
    """The likeliest first."""
    ways: list[Way]
    match error:
        case UnknownModel() | Rejected():
            ways = ["model", "key"]
        case Forbidden():
            ways = ["again", "key"]
        case Unauthorized():
            ways = ["key"]
        case _:
            ways = ["again", "key"]
    if is_fallback:
        ways.append("without")
    return [*ways, "leave"]
