"""Answers in parts (docs/protocol.md, section 19): those that a container sends and keeps, those that a host has got and read."""

import queue
from concurrent.futures import Future

from aicluster_wire import AGAIN, WINDOW, Record

WINDOW_PARTS = 16
WINDOW_BYTES = 1024 * 1024


class SentParts:
    """Of one request: what was sent is kept until it is taken. Whoever uses it holds the peer's lock."""

    def __init__(self):
        self.taken = 0
        self.kept: list[Record] = []
        self.to_send: list[Record] = []

    @property
    def sent(self) -> int:
        return self.taken + len(self.kept)

    @property
    def is_open(self) -> bool:
        size = sum(len(part.header) + len(part.body) for part in self.kept)
        return len(self.kept) < WINDOW_PARTS and size < WINDOW_BYTES

    def add(self, part: Record):
        part.part = self.sent
        self.kept.append(part)
        self.to_send.append(part)

    def window(self, record: Record):
        """So many parts are taken in all; or those from this one on are missing."""
        if record.flags & AGAIN:
            self.resend(record.part)
            return
        count = min(record.part - self.taken, len(self.kept))
        if count > 0:
            self.taken += count
            del self.kept[:count]

    def resend(self, first: int = 0):
        self.to_send = [part for part in self.kept if part.part >= first]


class ReadParts:
    """Of one request: parts in order, each once; the outcome when all before it are here."""

    END = object()

    def __init__(self, number: int, future: Future):
        self.number, self.future = number, future
        self.received = 0
        self.taken = 0
        self.missing = False
        self.outcome: Record | None = None
        self._parts: queue.SimpleQueue = queue.SimpleQueue()
        future.add_done_callback(lambda _: self._parts.put(self.END))

    def __iter__(self):
        """Every part, then the error if it ends with one."""
        while (part := self._parts.get(timeout=30)) is not self.END:
            self.taken += 1
            yield part
        self.future.result(0)

    def put(self, part: Record, value):
        """A part has come. Behind a gap it is worth nothing: it comes again."""
        if part.part > self.received:
            self.missing = True
        elif part.part == self.received:
            self.received += 1
            self.missing = self.outcome is not None
            self._parts.put(value)

    @property
    def is_complete(self) -> bool:
        return self.outcome is not None and self.received >= self.outcome.part

    def words(self) -> list[Record]:
        """What the manager has to hear, again and again."""
        again = [Record(WINDOW, self.number, part=self.received, flags=AGAIN)] if self.missing else []
        return [Record(WINDOW, self.number, part=self.taken), *again]
