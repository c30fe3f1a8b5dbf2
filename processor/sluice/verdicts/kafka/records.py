"""Records to the bytes of a batch and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from sluice.errors import BrokerError
from sluice.verdicts.kafka.access import words

_NO_PRODUCER = -1  # neither idempotent nor transactional
_UNLIMITED = 1 << 30  # who packs has cut the batch


class Record(NamedTuple):
    key: bytes | None
    value: bytes | None


def pack(records: Sequence[Record]) -> bytes:
    """One zstd batch of at least one record."""
    builder = DefaultRecordBatchBuilder(
        2,  # magic: the message format since Kafka 0.11
        DefaultRecordBatch.CODEC_ZSTD,
        is_transactional=0,
        producer_id=_NO_PRODUCER,
        producer_epoch=_NO_PRODUCER,
        base_sequence=_NO_PRODUCER,
        batch_size=_UNLIMITED,
    )
    for offset, record in enumerate(records):
        builder.append(offset, None, record.key, record.value, [])
    return bytes(builder.build())


def unpack(batches: bytes, position: int) -> Iterator[tuple[int, Record | None]]:
    """Offset to read next, and the record before it. Lazy: a batch is decompressed when its turn comes.

    The first batch may begin before `position`. The last offsets of a batch may be empty, because compaction removed
    their records; the record is None then. BrokerError when a batch is damaged.
    """
    try:
        memory = MemoryRecords(batches)
        while memory.has_next():
            batch = memory.next_batch()
            if not batch.validate_crc():
                raise BrokerError(f"the batch at offset {batch.base_offset} is damaged", reason="damaged")
            if not batch.is_control_batch:
                for record in batch:
                    if record.offset >= position:
                        position = record.offset + 1
                        yield position, Record(record.key, record.value)
            position = max(position, batch.next_offset)
            yield position, None
    except KafkaError as error:
        raise BrokerError(f"a batch after offset {position} is damaged: {words(error)}", reason="damaged") from error
