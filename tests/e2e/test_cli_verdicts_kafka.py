"""`sluice verdicts` and `sluice validate --connect` as processes, against a real broker."""

import asyncio
import json
import os
import sys
from pathlib import Path

import msgspec
import pytest

import sluice
from kafka_peers import own_topics
from real.ports import free_port
from sluice.verdicts.model import Source
from verdict_values import HEALTH, verdict


@pytest.fixture
async def topics(kafka):
    """Two topics of this test's own; a verdict is on one of them."""
    topics = own_topics()
    await kafka.create(topics.verdicts, cleanup_policy="compact")
    await kafka.create(topics.overrides, cleanup_policy="compact")
    await kafka.produce(topics.verdicts, [(HEALTH, msgspec.json.encode(verdict()))])
    return topics


@pytest.fixture
def config(kafka, topics, tmp_path):
    names = f"{{verdicts: {topics.verdicts}, overrides: {topics.overrides}}}"
    (tmp_path / "a.yaml").write_text(
        f"exporters: {{nop: }}\nverdicts: {{kafka: {{brokers: ['{kafka.bootstrap}'], topics: {names}}}}}\n"
    )
    return "a.yaml"


@pytest.fixture
def start(tmp_path):
    async def process(*arguments):
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sluice",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(sluice.__file__).parents[1])},
        )

    return process


@pytest.fixture
def run(start):
    async def command(*arguments):
        process = await start(*arguments)
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return command


async def test_a_verdict_on_the_topic_is_read_overruled_and_released(run, config):
    listed = await run("verdicts", "list", "-c", config, "--json")
    assert (listed[0], listed[2]) == (0, "")
    assert [row["fingerprint"] for row in json.loads(listed[1])] == [HEALTH]
    assert await run("verdicts", "set", HEALTH[:8], "keep", "-c", config) == (0, f"{HEALTH}: keep (was drop)\n", "")
    shown = json.loads((await run("verdicts", "show", HEALTH, "-c", config, "--json"))[1])
    assert (shown["verdict"]["action"], shown["override"]["action"]) == ("keep", "keep")
    assert await run("verdicts", "set", HEALTH, "auto", "-c", config) == (0, f"{HEALTH}: auto (was keep)\n", "")
    shown = json.loads((await run("verdicts", "show", HEALTH, "-c", config, "--json"))[1])
    assert shown["override"] is None


async def test_an_override_that_cannot_be_used_keeps_the_type_as_in_every_sluice(run, config, kafka, topics):
    await kafka.produce(topics.overrides, [(HEALTH, b"{not json")])
    assert (
        "it is kept, because an operator's override is there that cannot be used: set it again"
        in (await run("verdicts", "explain", HEALTH, "-c", config))[1]
    )
    listed = (await run("verdicts", "list", "-c", config))[1]
    assert "  keep  " in listed
    assert "1 of 1 verdicts, 1 values that cannot be used" in listed


async def test_an_operators_verdict_is_his_word_also_without_the_override(run, config, kafka, topics):
    word = verdict(action="limit", keep_rate="2/m", source=Source("operator", "sluice-1"), expires_at=None)
    await kafka.produce(topics.verdicts, [(HEALTH, msgspec.json.encode(word))])
    explained = (await run("verdicts", "explain", HEALTH, "-c", config))[1]
    assert "sluice-1 has told the operator's word" in explained
    assert "action limit 2/m, by the operator's word" in explained


async def test_volumes_are_those_that_were_published_where_there_is_no_store(run, config):
    listed = (await run("verdicts", "list", "-c", config))[1]
    assert "  per day, as published  " in listed
    assert "  8640  " in listed


async def test_follow_prints_what_is_published(start, config, kafka, topics):
    process = await start("verdicts", "follow", "-c", config, "--json")
    line = asyncio.create_task(process.stdout.readline())
    try:
        async with asyncio.timeout(60):
            while not line.done():  # until it follows, each of these may have come too early
                new = msgspec.json.encode(verdict(action="keep", version=2))
                await kafka.produce(topics.verdicts, [(HEALTH, new)])
                await asyncio.wait([line], timeout=0.5)
    finally:
        process.kill()
        await process.communicate()
    assert json.loads(line.result())["verdict"]["action"] == "keep"


async def test_validate_reaches_the_broker(run, config, kafka):
    status, out, err = await run("validate", "-c", config, "--connect")
    assert (status, err) == (0, "")
    assert f"kafka {kafka.bootstrap}: reached\n" in out


async def test_validate_names_a_broker_that_does_not_answer(run, tmp_path):
    broker = f"127.0.0.1:{free_port()}"
    (tmp_path / "b.yaml").write_text(f"exporters: {{nop: }}\nverdicts: {{kafka: {{brokers: ['{broker}']}}}}\n")
    status, out, err = await run("validate", "-c", "b.yaml", "--connect")
    assert (status, err) == (1, f"sluice: not usable: kafka {broker}; run would start degraded\n")
    assert f"kafka {broker}: {broker} cannot be reached: connection refused\n" in out
