"""The processor's life: SIGTERM and SIGINT drain and stop, SIGHUP reloads the policy."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Collection

import msgspec

from sluice import logs
from sluice.cli.parts import check_parts
from sluice.config.load import load
from sluice.config.model import Config
from sluice.config.remarks import remarks
from sluice.errors import ConfigError
from sluice.service import Service

log = logging.getLogger(__name__)

_KILLED = 1


def serve(config_file: str, hung_up: Collection[int]) -> None:
    """To its end. `hung_up` holds the SIGHUPs that came before the process could be told to reload."""
    config = load(config_file)
    logs.configure(config.service.telemetry.logs)
    try:
        check_parts(config)
        _remark(config, config_file)
        asyncio.run(run(config, config_file, hung_up))
    except ConfigError as error:
        raise ConfigError(f"{config_file}: {error}") from None


async def run(config: Config, config_file: str, hung_up: Collection[int] = ()) -> None:
    """Until a signal ends it; raises `ConfigError` when it cannot begin."""
    service = Service(config)
    asked: asyncio.Queue[signal.Signals] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, asked.put_nowait, number)
    if hung_up:
        asked.put_nowait(signal.SIGHUP)  # the file may have been read before it was changed
    await service.start()
    current = config
    try:
        while (number := await asked.get()) is signal.SIGHUP:
            try:
                current = await _reload(service, current, config_file)
            except Exception:  # nothing but a signal ends the process: it goes on by the policy that it has
                service.telemetry.add("sluice_tasks_failed", task="reload")
                log.exception("%s: the reload broke off; send SIGHUP again, or restart", config_file)
        log.info("%s: finishing the requests under way; once more ends at once", number.name)
        for impatient in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(impatient, os._exit, _KILLED)
    finally:
        await service.stop()
    log.info("stopped")


async def _reload(service: Service, current: Config, config_file: str) -> Config:
    """A file that cannot be used changes nothing."""
    try:
        wanted = await asyncio.to_thread(load, config_file)
    except ConfigError as error:
        log.error("not reloaded, the policy stays as it is: %s", error)
        return current
    if msgspec.structs.replace(wanted, policy=current.policy) != current:
        log.warning("%s: only policy is reloaded; other changes need a restart", config_file)
    _remark(wanted, config_file)
    await service.reload(wanted.policy)
    return msgspec.structs.replace(current, policy=wanted.policy)


def _remark(config: Config, config_file: str) -> None:
    for remark in remarks(config.policy):
        log.warning("%s: %s", config_file, remark)
