"""Prints what Python's loggers print of exceptions, and structlog's records, a form feed behind each."""

from __future__ import annotations

import logging
import sys

import structlog

END = "\f\n"


class CardError(Exception):
    pass


def connect(order: int) -> None:
    {}["bank"]


def charge(order: int) -> None:
    try:
        connect(order)
    except KeyError as error:
        raise CardError(f"no bank for order {order}") from error


def settle(order: int) -> None:
    try:
        charge(order)
    except CardError:
        raise TimeoutError(f"order {order} took 2300 ms")  # noqa: B904 - so that one is raised while another is handled


def end() -> None:
    sys.stdout.write(END)
    sys.stdout.flush()


def main() -> None:
    logging.basicConfig(
        stream=sys.stdout, format="%(asctime)s %(levelname)s [%(name)s] %(message)s", level=logging.INFO
    )
    log = logging.getLogger("shop.pay")
    for order in (17, 42):
        try:
            settle(order)
        except TimeoutError:
            log.exception("could not settle order %d", order)
            end()
    try:
        raise ExceptionGroup("2 orders failed", [CardError("order 17"), TimeoutError("order 42")])
    except* CardError:
        log.exception("some orders failed")
        end()
    except* TimeoutError:
        pass
    rendering = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    for renderer in (rendering, structlog.processors.JSONRenderer(), structlog.processors.LogfmtRenderer()):
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                *([] if renderer is rendering else [structlog.processors.dict_tracebacks]),
                renderer,
            ],
            logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        )
        try:
            settle(17)
        except TimeoutError:
            if not isinstance(renderer, structlog.processors.LogfmtRenderer):
                structlog.get_logger().exception("settlement failed", order=17, retryable=False)
                end()
        structlog.get_logger().info("order settled", order=17, region="eu-1", cached=True)
        end()


if __name__ == "__main__":
    main()
