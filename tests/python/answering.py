"""The side of a link that answers (docs/protocol.md, section 17): what a container works on, and the answers that it keeps."""

import time
from typing import Protocol

from aicluster_link import AGAIN_S, Link
from aicluster_wire import RECONCILED, RESYNC, Record, pack_numbers, unpack_numbers
from parts import SentParts


class Work(Protocol):
    """A request in hand."""

    number: int
    cancelled: bool


class Answering:
    """Every request is in hand, then its answer is kept until the manager says that it is settled. Whoever uses it holds the peer's lock."""

    def __init__(self, requests: Link, answers: Link):
        self.requests, self.answers = requests, answers
        self.in_hand: dict[int, Work] = {}
        self.kept: dict[int, Record] = {}
        self.parts: dict[int, SentParts] = {}
        self._to_send: list[int] = []
        self._last_answer_sequence = 0
        self._connected = False
        self._told: dict | None = None
        self._resync_at: float | None = None

    def hold(self, request: Work) -> bool:
        """Whether it is new: what is in hand or answered is not run again."""
        if request.number in self.in_hand or request.number in self.kept:
            return False
        self.in_hand[request.number] = request
        return True

    def answer(self, request: Work, record: Record) -> bool:
        if self.in_hand.get(request.number) is not request:
            return False
        del self.in_hand[request.number]
        if parts := self.parts.get(request.number):
            record.part = parts.sent
        self.kept[request.number] = record
        self._to_send.append(request.number)
        return True

    def told(self) -> dict:
        """What a hello says of before. The same again until it has led to a connection: what is answered meanwhile is sent then."""
        if self._told is None:
            self._told = {"in_hand": sorted(self.in_hand), "answered": sorted(self.kept)}
            self._to_send.clear()
        return self._told

    def up(self):
        self._connected, self._told = True, None

    def down(self):
        self._connected, self._resync_at = False, None

    def gap(self):
        """Records of the manager are missing."""
        self._resync_at = time.monotonic()
        self.answers.send(Record(RESYNC))

    def reconcile(self, record: Record):
        """The manager says what it has open here, and which answers it has got and must still be kept."""
        wanted, keep = unpack_numbers(record.body), unpack_numbers(record.head.get("keep", b""))
        self._resync_at = None
        self.requests.accounted()
        unknown = [number for number in wanted if number not in self.in_hand and number not in self.kept]
        self.answers.send(Record(RECONCILED, record.request, body=pack_numbers(unknown)))
        for number, request in self.in_hand.items():
            request.cancelled = request.cancelled or number not in wanted
        for number in set(self.kept) - set(wanted) - set(keep):
            self._forget(number)
        for number in set(self.parts) & set(wanted):
            self.parts[number].resend()
        self._to_send = [number for number in wanted if number in self.kept]

    def cancel(self, number: int):
        if request := self.in_hand.get(number):
            request.cancelled = True

    def settled(self, record: Record):
        for number in unpack_numbers(record.body):
            self._forget(number)

    def _forget(self, number: int):
        self.kept.pop(number, None)
        self.parts.pop(number, None)

    @property
    def all_arrived(self) -> bool:
        """Nothing is in hand, and the manager has acknowledged every answer."""
        return not self.in_hand and not self._to_send and self._last_answer_sequence <= self.answers.acknowledged

    def tick(self):
        if not self._connected:
            return
        if self._resync_at is not None and time.monotonic() - self._resync_at >= AGAIN_S:
            self.gap()
        # Parts before the answers behind them.
        for parts in self.parts.values():
            self.answers.send(*parts.to_send)
            parts.to_send.clear()
        records = [self.kept[number] for number in self._to_send if number in self.kept]
        self._to_send.clear()
        if records:
            self.answers.send(*records)
            self._last_answer_sequence = records[-1].link_sequence
        if self.in_hand or self.kept:
            # An answer that got lost shows on the one link, a word of the manager on the other.
            self.requests.ping_if_due()
            self.answers.ping_if_due()
