"""A reload that breaks off: the processor goes on, and stops as it should."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from real.sluice import Sluice
from sluice.cli.serving import run
from sluice.config.load import load
from sluice.config.model import PolicyConfig
from sluice.service import Service


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.01)


async def test_a_reload_that_breaks_off_is_counted_and_nothing_but_a_signal_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(_: Service, __: PolicyConfig) -> None:
        raise ValueError("nobody expected this")

    monkeypatch.setattr(Service, "reload", breaks)
    caplog.set_level("INFO", "sluice")
    sluice = Sluice(tmp_path, {"exporters": {"nop": {}}})
    running = asyncio.create_task(run(load(str(sluice.file)), str(sluice.file)))
    try:
        await until(lambda: sluice.status() == 200)
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: sluice.metrics()("sluice_tasks_failed", task="reload") == 1)
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        async with asyncio.timeout(60):
            await running
    assert sluice.status() is None
    assert caplog.messages[-1] == "stopped"


async def test_a_reload_that_is_asked_for_while_the_process_begins_does_not_end_it_and_is_not_forgotten(
    tmp_path: Path,
) -> None:
    sluice = Sluice(tmp_path, {"exporters": {"nop": {}}})
    config = sluice.file.read_text()
    sluice.file.unlink()
    os.mkfifo(sluice.file)  # so that it stands where the configuration is read
    sluice.launch()
    try:
        async with asyncio.timeout(60):
            await asyncio.to_thread(_hang_up_while_it_reads, sluice, config)
        await until(lambda: "policy reloaded" in sluice.log())
        sluice.stop()
    finally:
        sluice.kill()


def _hang_up_while_it_reads(sluice: Sluice, config: str) -> None:
    with sluice.file.open("w") as pipe:  # once it is open for reading
        sluice.signal(signal.SIGHUP)
        sluice.file.unlink()
        sluice.file.write_text(config)  # for the reload
        pipe.write(config)
