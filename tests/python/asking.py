"""The side of a link that asks (docs/protocol.md, section 17): what a host has open on it, until each has its outcome."""

import math
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from aicluster_link import AGAIN_S, Link
from aicluster_wire import NEVER, RECONCILE, Record, pack_numbers, unpack_numbers
from parts import ReadParts


@dataclass
class Open:
    """A request or a command without an outcome: all that is needed to send it again."""

    record: Record
    metadata: dict = field(default_factory=dict)
    layout: dict | None = None
    future: Future = field(default_factory=Future)
    began: float = field(default_factory=time.monotonic)
    was_sent: bool = False
    parts: ReadParts | None = None

    def to_send(self) -> Record:
        """The record with the time that remains; never 0, which would be no limit."""
        self.was_sent = True
        limit_ms, made = self.record.deadline_ms, self.record
        if limit_ms not in (0, NEVER):
            limit_ms = max(1, math.ceil(limit_ms - (time.monotonic() - self.began) * 1000))
        return Record(made.kind, made.request, made.name, made.header, made.body, limit_ms, flags=made.flags)


class Asking:
    """Knows what is open and what of it the manager has still to be sent. Whoever uses it holds the peer's lock."""

    def __init__(self, link: Link):
        self.link = link
        self.open: dict[int, Open] = {}
        self.rounds = 0
        self._to_send: list[int] = []
        self._said: dict[int, int] = {}
        self._said_at = 0.0
        # When the manager was asked last what it knows; None: it has answered, what is new may go.
        self._asked_at: float | None = None

    def add(self, entry: Open):
        self.open[entry.record.request] = entry
        self._to_send.append(entry.record.request)

    def take(self, number: int) -> Open | None:
        """It has its outcome, or nobody wants it any more."""
        return self.open.pop(number, None)

    def take_all(self, only_sent: bool = False) -> list[Open]:
        """All of it, or only what the manager may have."""
        return [self.open.pop(number) for number, entry in list(self.open.items()) if entry.was_sent or not only_sent]

    def reconcile(self):
        """Ask what of it the manager knows. What is new waits, so that nothing overtakes what is sent again."""
        self._asked_at = time.monotonic()
        self._to_send.clear()
        self.rounds += 1
        self.link.send(Record(RECONCILE, self.rounds, body=pack_numbers(self.open)))

    def reconciled(self, record: Record) -> bool:
        """Whether it answers the last question."""
        if self._asked_at is None or record.request != self.rounds:
            return False
        self._asked_at = None
        self.link.accounted()
        self._to_send[:0] = unpack_numbers(record.body)
        for entry in self.open.values():
            if entry.parts:
                entry.parts.missing, self._said_at = True, 0.0
        return True

    def tick(self, waits: bool):
        """`waits`: for something else than an outcome, too."""
        if not self.link.welcome:
            return
        if self._asked_at is not None:
            if time.monotonic() - self._asked_at >= AGAIN_S:
                self.reconcile()
            return
        if self._to_send:
            self.link.send(*(self.open[number].to_send() for number in self._to_send if number in self.open))
            self._to_send.clear()
        if self.open or waits:
            self._say_how_far()
            self.link.ping_if_due()

    def _say_how_far(self):
        """What the readers of parts have taken: at once when it changes much, and again and again."""
        is_due = time.monotonic() - self._said_at >= AGAIN_S
        for parts in [entry.parts for entry in self.open.values() if entry.parts and entry.was_sent]:
            if is_due or parts.taken - self._said.get(parts.number, 0) >= 4:
                self._said[parts.number] = parts.taken
                self.link.send(*parts.words())
        if is_due:
            self._said_at = time.monotonic()
            self._said = {number: taken for number, taken in self._said.items() if number in self.open}
