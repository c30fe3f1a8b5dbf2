"""What a process leaves in its store for those who read it meanwhile: counts, its name, its policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from registry_world import START, Clock, Sluice, action, policy
from sluice.config.effective import policy_alone
from sluice.config.model import DEFAULT_ACTIONS
from sluice.verdicts.store import INSTANCE, POLICY


async def saved(sluice: Sluice) -> int:
    """How many types the store has counts of."""
    await sluice.store.flush()
    return sum([len(page) async for page in sluice.store.volumes()])


async def test_counts_of_few_types_are_saved_soon(start: Callable[..., Awaitable[Sluice]], clock: Clock) -> None:
    sluice = await start()
    await sluice.tick({number: 1 for number in range(1_000)})
    assert await saved(sluice) == 0
    clock.now = START + 5
    await sluice.tick()
    assert await saved(sluice) == 1_000


async def test_counts_of_many_types_are_saved_at_the_pace_of_200_a_second(
    start: Callable[..., Awaitable[Sluice]], clock: Clock
) -> None:
    sluice = await start()
    await sluice.tick({number: 1 for number in range(3_000)})
    clock.now = START + 14
    await sluice.tick()
    assert await saved(sluice) == 0
    clock.now = START + 15
    await sluice.tick()
    assert await saved(sluice) == 3_000


async def test_the_store_tells_its_process_and_the_policy_in_force(start: Callable[..., Awaitable[Sluice]]) -> None:
    sluice = await start(rules=policy(), instance="here")
    await sluice.store.flush()
    assert await sluice.store.notes() == {INSTANCE: "here", POLICY: policy_alone(policy())}
    keeping = policy(actions=DEFAULT_ACTIONS | {"health_check": action("keep")})
    await sluice.registry.reload(keeping)
    await sluice.store.flush()
    assert (await sluice.store.notes())[POLICY] == policy_alone(keeping)
