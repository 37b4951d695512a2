"""Timers to the microsecond: those of epoll, and so asyncio's, are whole milliseconds, rounded up."""

import asyncio
import select
import selectors


class PunctualSelector(selectors.EpollSelector):
    def select(self, timeout=None):
        if timeout is None or timeout > 0:
            select.select([self.fileno()], [], [], timeout)
        return super().select(0)


def event_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(PunctualSelector())
