"""Creates Kafka's topics before anyone uses them."""

from __future__ import annotations

import asyncio
import os

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

PARTITIONS = {"orders": 3, "orders.dead": 1, "shipments": 3, "views": 3}


async def create() -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{os.environ['KAFKA_PORT']}", client_id="topics")
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1) for name, partitions in PARTITIONS.items()])
    finally:
        await admin.close()


if __name__ == "__main__":
    asyncio.run(create())
