"""An application that uses AICluster, by docs/protocol.md: sections 6, 7 and 17."""

import json
import os
import queue
import secrets
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from aicluster_link import TICK_S, Link, Peer, address_of, hello_of
from aicluster_payload import ClusterError, array_bytes, array_layout, now_ms, unpack_result
from aicluster_wire import (
    CANCEL, COMMAND, COMMAND_ERROR, ERROR, EVENT, GOODBYE, MORE_NUMBERS, NUMBERS, PART, PONG, PUBLISH, RECONCILED, REFUSED, REPLY,
    REQUEST, RESULT, RESYNC, WANTS_PARTS, WELCOME, WINDOW, Record, pack,
)
from asking import Asking, Open
from parts import ReadParts

EXPIRED = 314
FEW_NUMBERS = 1000
NUMBERS_WITHIN_S = 10


@dataclass
class Outcome:
    result: object
    name: str
    number: int
    metadata: dict
    header: dict
    times: tuple | None


class Host(Peer):
    """An application. `manager_json`: path of the file that the manager has written. `hello`: further keys of it."""

    def __init__(self, manager_json: str, timeout: float = 10, token: str | None = None, faults=None, **hello):
        super().__init__()
        with open(manager_json, encoding="utf-8") as file:
            told = json.load(file)
        ports, address = told.get("ports") or {}, told["address"]
        self.curve = told.get("curve")
        self._hello = hello_of("host", told.get("token", "") if token is None else token, **hello)
        self._lock = threading.RLock()
        self._numbers_granted = threading.Condition(self._lock)
        self._blocks: deque[list[int]] = deque()
        self._asked_for_numbers = False
        self._pongs: dict[Link, deque[Future]] = {}
        self._welcomed = threading.Event()
        self._refusal: ClusterError | None = None
        self.events: list[dict] = []
        self._subscriptions: dict[str, queue.SimpleQueue] = {}
        self.limits: dict = {}
        self.inference, self.management = (
            self.add_link(name, address_of(address, name, ports.get(name)), {**self._hello, "link": name})
            for name in ("inference", "management")
        )
        self.requests, self.commands = Asking(self.inference), Asking(self.management)
        for link in (self.inference, self.management):
            link.faults = faults() if faults else None
        self.start()
        try:
            self.wait_connected(timeout)
        except BaseException:
            self.end()
            raise

    def wait_connected(self, timeout: float = 10):
        """Until both links stand; they are made again when they go."""
        until = time.monotonic() + timeout
        while not self._welcomed.wait(TICK_S):
            if self._refusal or time.monotonic() > until:
                raise self._refusal or ClusterError(110, "socket connection establishment failed")

    # -- what an application calls

    def submit(self, name: str, data=b"", metadata: dict | None = None, deadline_ms: int = 0) -> tuple[int, Future]:
        """Send one request. The future brings an Outcome or raises ClusterError."""
        return self.submit_many([(name, data, metadata, deadline_ms)])[0]

    def submit_many(self, requests: list[tuple]) -> list[tuple[int, Future]]:
        """Send several requests, in one message where they are small."""
        with self._lock:
            made = [self._make_request(*request) for request in requests]
        self.wake()
        return [(entry.record.request, entry.future) for entry in made]

    def stream(self, name: str, data=b"", metadata: dict | None = None) -> ReadParts:
        """Send one request and iterate over the parts of its answer; its `future` brings the Outcome."""
        with self._lock:
            entry = self._make_request(name, data, metadata)
            entry.record.flags = WANTS_PARTS
            entry.parts = ReadParts(entry.record.request, entry.future)
        self.wake()
        return entry.parts

    def submit_bare(self, name: str, header: bytes, body: bytes) -> Future:
        """Send one request with this header, whatever it is."""
        with self._lock:
            entry = Open(Record(REQUEST, self.next_number(), name, header, body))
            self.requests.add(entry)
        self.wake()
        return entry.future

    def infer(self, name: str, data=b"", metadata: dict | None = None, deadline_ms: int = 0, timeout: float = 30) -> Outcome:
        return self.submit(name, data, metadata, deadline_ms)[1].result(timeout)

    def command(self, cmd, timeout: float = 30, **fields):
        return self.raw_command({"cmd": cmd, **fields}, timeout)

    def raw_command(self, content, timeout: float = 30):
        with self._lock:
            entry = Open(Record(COMMAND, self.next_number(), body=pack(content)))
            self.commands.add(entry)
        self.wake()
        return entry.future.result(timeout)

    def subscribe(self, name: str) -> queue.SimpleQueue:
        """What a source publishes from now on: Outcomes, and a ClusterError when nothing more will come."""
        results = self._subscriptions.setdefault(name, queue.SimpleQueue())
        self.command("subscribe", inference_name=name)
        return results

    def unsubscribe(self, name: str):
        del self._subscriptions[name]
        self.command("unsubscribe", inference_name=name)

    def cancel(self, number: int):
        """Its outcome is not wanted any more. If the word gets lost, the next reconciliation says so by not listing it."""
        with self._lock:
            entry = self.requests.take(number)
            self.inference.post(Record(CANCEL, number))
        if entry:
            entry.future.cancel()

    def ping(self, link: Link, timeout: float = 5) -> float:
        """Seconds until the pong."""
        future: Future = Future()
        began = time.monotonic()
        with self._lock:
            self._pongs.setdefault(link, deque()).append(future)
            link.pinged_at = 0
        self.wake()
        future.result(timeout)
        return time.monotonic() - began

    def close(self):
        """End the session. Nothing follows the goodbye, on either link."""
        self.management.silent = True
        self.inference.post(Record(GOODBYE))
        self.end()

    def next_number(self) -> int:
        """A request number that nobody had before; they only rise. A session that has just begun may have to wait for its first."""
        with self._lock:
            if not self._numbers_granted.wait_for(lambda: self._blocks, NUMBERS_WITHIN_S):
                raise ClusterError(111, "no request numbers are left")
            block = self._blocks[0]
            number = block[0]
            block[0] += 1
            if block[0] == block[1]:
                self._blocks.popleft()
            if not self._asked_for_numbers and self._numbers_left < FEW_NUMBERS:
                self._ask_for_numbers()
            return number

    @property
    def open_requests(self) -> int:
        return len(self.requests.open)

    # -- inside

    def _make_request(self, name, data=b"", metadata=None, deadline_ms=0) -> Open:
        layout = array_layout(data) if isinstance(data, np.ndarray) else None
        header = {
            "metadata": metadata or {}, "metadata_sys": {"array": layout} if layout else {},
            "pid": os.getpid(), "tid": threading.get_native_id(), "sent_at": now_ms(),
        }
        body = array_bytes(data) if layout else bytes(data)
        entry = Open(Record(REQUEST, self.next_number(), name, pack(header), body, deadline_ms), metadata or {}, layout)
        self.requests.add(entry)
        return entry

    @property
    def _numbers_left(self) -> int:
        return sum(end - first for first, end in self._blocks)

    def _ask_for_numbers(self):
        self._asked_for_numbers = True
        self.inference.post(Record(MORE_NUMBERS))

    def _grant(self, numbers: dict):
        first = int(numbers["first"])
        self._blocks.append([first, first + int(numbers["count"])])
        self._asked_for_numbers = False
        self._numbers_granted.notify_all()

    def on_record(self, link: Link, record: Record):
        with self._lock:
            if record.kind == WELCOME:
                self._on_welcome(link)
            elif record.kind == REFUSED:
                self._on_refused(link, ClusterError.of(record.head))
            elif record.kind == RESYNC:
                self._asking(link).reconcile()
            elif record.kind == RECONCILED:
                if self._asking(link).reconciled(record) and self._asked_for_numbers:
                    self._ask_for_numbers()
                if link is self.management:
                    self._subscribe_again()
            elif record.kind == NUMBERS:
                self._grant(record.head)
            elif record.kind == PONG:
                for future in self._pongs.pop(link, ()):
                    future.set_result(None)
            elif record.kind == PART:
                self._on_part(record)
            elif record.kind in (RESULT, ERROR):
                self._on_outcome(record)
            elif record.kind == PUBLISH:
                self._on_published(record)
            elif record.kind in (REPLY, COMMAND_ERROR):
                self._on_reply(record)
            elif record.kind == EVENT:
                self._on_event(record.content)

    def on_gap(self, link: Link):
        with self._lock:
            self._asking(link).reconcile()

    def on_connected(self, link: Link):
        # Management only joins a session that stands.
        if link is self.inference or self.inference.welcome:
            link.say_hello()

    def on_lost(self, link: Link):
        """Nothing ends: it goes on at the manager, and is asked for again over the next connection."""
        self._welcomed.clear()

    def on_tick(self):
        with self._lock:
            self.requests.tick(self._asked_for_numbers or self.inference in self._pongs)
            self.commands.tick(self.management in self._pongs)

    def _asking(self, link: Link) -> Asking:
        return self.requests if link is self.inference else self.commands

    def _on_welcome(self, link: Link):
        told = (link.epoch, link.session)
        if link is self.inference:
            self._on_session(told, link.welcome.get("numbers"))
        elif told != self.identity:
            # Of a session that is over: another hello follows.
            link.say_hello()
            return
        self._refusal = None
        self.limits = link.welcome["limits"]
        self._asking(link).reconcile()
        if self.inference.welcome and self.management.welcome:
            self._welcomed.set()

    def _on_session(self, told: tuple[int, int], numbers: dict | None):
        epoch_before, _ = self.identity
        changed, self.identity = told != self.identity, told
        if numbers:
            self._blocks.clear()
            self._grant(numbers)
        if epoch_before not in (0, told[0]):
            self._fail(self.commands, ClusterError(111, "the manager was restarted: the command may have been carried out"), only_sent=True)
        if self.management.connected and (changed or not self.management.welcome):
            self._welcomed.clear()
            self.management.say_hello()

    def _on_refused(self, link: Link, error: ClusterError):
        was_welcomed, link.welcome = link.welcome, None
        self._welcomed.clear()
        if error.code == EXPIRED:
            self._begin_anew(error)
        elif was_welcomed and link is self.inference:
            # The session is over, and not to be found again.
            self._refusal = error
            for asking in (self.requests, self.commands):
                self._fail(asking, error)
        elif link.hello_at is not None:
            # Perhaps only for now: hello is said again after a while.
            self._refusal = error

    def _begin_anew(self, error: ClusterError):
        """Section 17: what is open ends, never to be sent again; another secret, another session."""
        self.identity = (0, 0)
        # In this epoch they belong to the session that is over.
        self._blocks.clear()
        secret = secrets.token_bytes(16)
        for link in (self.inference, self.management):
            link.hello["session_secret"] = secret
            link.welcome = None
        for asking in (self.requests, self.commands):
            self._fail(asking, error)
        self.inference.say_hello()

    def _on_event(self, event: dict):
        if event["cmd"] == "subscribe":
            self._end_subscription(event["details"]["inference_name"], ClusterError.of(event))
        else:
            self.events.append(event)

    def _on_published(self, record: Record):
        if results := self._subscriptions.get(record.name):
            header = record.head
            result = unpack_result(header, record.body)
            results.put(Outcome(result, record.name, 0, header.get("metadata", {}), header, record.times))

    def _subscribe_again(self):
        """Another manager knows nothing of it; and the word that it has ended may be what got lost."""
        for name in self._subscriptions:
            entry = Open(Record(COMMAND, self.next_number(), body=pack({"cmd": "subscribe", "inference_name": name})))
            entry.future.add_done_callback(lambda future, name=name: self._after_subscribing(name, future))
            self.commands.add(entry)

    def _after_subscribing(self, name: str, future: Future):
        error = future.exception()
        if isinstance(error, ClusterError) and error.code in (300, 302):
            self._end_subscription(name, error)

    def _end_subscription(self, name: str, error: ClusterError):
        if results := self._subscriptions.pop(name, None):
            results.put(error)

    def _on_reply(self, record: Record):
        entry = self.commands.take(record.request)
        if entry and record.kind == REPLY:
            entry.future.set_result(record.content)
        elif entry:
            entry.future.set_exception(ClusterError.of(record.content))

    def _on_part(self, record: Record):
        entry = self.requests.open.get(record.request)
        if entry and entry.parts:
            entry.parts.put(record, unpack_result(record.head, record.body))
            if entry.parts.is_complete:
                self._on_outcome(entry.parts.outcome)

    def _on_outcome(self, record: Record):
        entry = self.requests.open.get(record.request)
        if entry and entry.parts:
            entry.parts.outcome = record
            if not entry.parts.is_complete:
                # It has overtaken what got lost.
                entry.parts.missing = True
                return
            if record.part:
                self.inference.send(Record(WINDOW, record.request, part=record.part))
        entry = self.requests.take(record.request)
        if entry is None:
            return
        try:
            header = record.head
            if record.kind == ERROR:
                raise ClusterError.of(header)
            result = unpack_result(header, record.body, entry.layout)
        except ClusterError as error:
            entry.future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - the manager passes headers on unread: it may be anything
            entry.future.set_exception(ClusterError(999, f"Unknown error: the answer cannot be read: {error}"))
        else:
            metadata = header.get("metadata", entry.metadata)
            entry.future.set_result(Outcome(result, record.name, record.request, metadata, header, record.times))

    def _fail(self, asking: Asking, error: ClusterError, only_sent: bool = False):
        for entry in asking.take_all(only_sent):
            entry.future.set_exception(error)
