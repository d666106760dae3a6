"""The program in a container of AICluster, by docs/protocol.md: sections 8 and 17."""

import json
import os
import queue
import threading
import time
from dataclasses import dataclass, field

from aicluster_link import AGAIN_S, TICK_S, Link, Peer, address_of, hello_of
from aicluster_payload import ClusterError, array_from, now_ms, pack_result
from aicluster_wire import (
    CANCEL, DRAINING, ERROR, GOODBYE, PART, PUBLISH, READY, RECONCILE, REFUSED, REQUEST, RESULT, SETTLED, SINK, STARTED, WANTS_PARTS,
    WELCOME, WINDOW, Record, pack,
)
from answering import Answering
from parts import SentParts
from taking import Taking

ORPHAN_S = 20.0
STARTED_AFTER_S = 0.05


@dataclass(eq=False)
class Request:
    container: "Container"
    record: Record
    header: dict = field(default_factory=dict)
    received_at: float = 0
    began: float = 0
    reported: bool = False
    cancelled: bool = False
    taken: bool = False

    @property
    def is_sink(self) -> bool:
        return bool(self.record.flags & SINK)

    @property
    def number(self) -> int:
        return self.record.request

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def metadata(self) -> dict:
        return self.header.get("metadata") or {}

    @property
    def layout(self) -> dict | None:
        return (self.header.get("metadata_sys") or {}).get("array")

    @property
    def data(self):
        """The body: bytes, or the array that was sent."""
        return array_from(self.record.body, self.layout) if self.layout else self.record.body

    @property
    def wants_parts(self) -> bool:
        return bool(self.record.flags & WANTS_PARTS)

    def send_part(self, part):
        """Ahead of the answer; waits while the reader is behind. Nothing is sent where nobody reads parts."""
        content, attachments, body = pack_result(part)
        header = {"result": content, **({"attachments": attachments} if attachments else {})}
        if self.wants_parts:
            self.container.send_part(self, Record(PART, self.number, self.name, pack(header), body))

    def respond(self, result, metadata: dict | None = None):
        content, attachments, body = pack_result(result)
        header = {"result": content, "received_at": self.received_at, "sent_at": now_ms()}
        if attachments:
            header["attachments"] = attachments
        if metadata is not None:
            header["metadata"] = metadata
        self.container.answer(self, Record(RESULT, self.number, self.name, pack(header), body))

    def fail(self, message: str, code: int = 999, details: dict | None = None):
        content = {"code": code, "message": message, **({"details": details} if details else {})}
        self.container.answer(self, Record(ERROR, self.number, self.name, pack(content)))


class Announcement:
    """`ready` or `draining`: said again until exactly it is acknowledged. What is behind a gap may be acknowledged without it."""

    def __init__(self, link: Link):
        self.link = link
        self._kind = 0
        self._sequence = 0
        self._said_at = 0.0
        self.known = False

    def say(self, kind: int):
        self._kind = kind
        self.forget()

    def forget(self):
        """The manager may not know it (any more)."""
        self.known, self._sequence, self._said_at = False, 0, 0.0

    def acknowledged(self, sequence: int):
        self.known = self.known or 0 < self._sequence == sequence

    def tick(self):
        if self._kind and not self.known and time.monotonic() - self._said_at >= AGAIN_S:
            record = Record(self._kind)
            self.link.send(record)
            self._sequence, self._said_at = record.link_sequence, time.monotonic()


class Container(Peer):
    """The program in a container; everything it has to know is in the environment."""

    def __init__(self, env=os.environ, faults=None):
        super().__init__()
        with open(env["AICLUSTER_TOKEN_FILE"], encoding="utf-8") as file:
            token = file.read().strip()
        if "AICLUSTER_CURVE_FILE" in env:
            with open(env["AICLUSTER_CURVE_FILE"], encoding="utf-8") as file:
                self.curve = json.load(file)
        self.own_name = env["AICLUSTER_SUB_NAME"]
        modules = json.loads(env.get("AICLUSTER_MODULES") or "[]")
        modules = [modules] if isinstance(modules, dict) else modules
        names = list(dict.fromkeys([self.own_name, *(module["sub_inference_name"] or self.own_name for module in modules)]))
        hello = hello_of("container", token, instance=env["AICLUSTER_INSTANCE"], names=names)
        host = env["AICLUSTER_HOST_IP"]
        self.max_send_num = 1
        self.refusal: ClusterError | None = None
        self._lock = threading.RLock()
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._room = threading.Condition(self._lock)
        self._draining = False
        self._connected = threading.Event()
        self._alone_since = time.monotonic()
        self.requests = self.add_link("requests", address_of(host, "sub", env.get("AICLUSTER_SUB_PORT")), {**hello, "link": "requests"})
        self.answers = self.add_link("answers", address_of(host, "pub", env.get("AICLUSTER_PUB_PORT")), {**hello, "link": "answers"})
        self.work = Answering(self.requests, self.answers)
        self.taking = Taking(self.answers)
        self._epoch = 0
        self._announcement = Announcement(self.requests)
        for link in (self.requests, self.answers):
            link.faults = faults() if faults else None
        self.start()

    # -- what a program calls

    def ready(self):
        """The model is loaded: requests may come."""
        with self._lock:
            self._announcement.say(READY)
        self.wake()

    def wait_connected(self, timeout: float = 20):
        if not self._connected.wait(timeout):
            raise self.refusal or ClusterError(110, "socket connection establishment failed")

    def receive(self, timeout: float | None = None) -> Request | None:
        """The next request; None when the container has to end."""
        request = self._inbox.get(timeout=timeout)
        if request and request.is_sink:
            with self._lock:
                request.taken = True
                self.taking.taken(request.number)
            self.wake()
        return request

    def publish(self, result, metadata: dict | None = None, name: str | None = None) -> bool:
        """From a source; without a connection it is dropped."""
        content, attachments, body = pack_result(result)
        header = {"result": content, "received_at": 0, "sent_at": now_ms(), "metadata": metadata or {}, "attachments": attachments}
        if self._connected.is_set():
            self.answers.post(Record(PUBLISH, name=name or self.own_name, header=pack(header), body=body))
        return self._connected.is_set()

    def answer(self, request: Request, record: Record):
        """Answer once; without a connection it is kept for the next one."""
        with self._lock:
            self.taking.done(request.number)
            self.work.answer(request, record)
        self.wake()

    def send_part(self, request: Request, record: Record):
        with self._room:
            parts = self.work.parts[request.number]
            self._room.wait_for(lambda: parts.is_open or request.cancelled)
            if request.cancelled:
                raise ClusterError(312, "nobody waits for the result any more")
            parts.add(record)
        self.wake()

    def drain(self, timeout: float = 10):
        """End in order: take nothing new, answer what is in hand, say goodbye."""
        with self._lock:
            if self._draining:
                return
            self._draining = True
            self._announcement.say(DRAINING)
        until = time.monotonic() + timeout
        # A goodbye ends what the manager has not got.
        while not (self._announcement.known and self.work.all_arrived) and time.monotonic() < until:
            time.sleep(TICK_S)
        goodbye = Record(GOODBYE)
        self.answers.post(goodbye)
        # Sockets that are closed sooner may take `sub` away before the last answers on `pub` are read: 402.
        while not 0 < goodbye.link_sequence <= self.answers.acknowledged and time.monotonic() < until:
            time.sleep(TICK_S)
        self.end()
        self._inbox.put(None)

    @property
    def in_hand(self) -> int:
        return len(self.work.in_hand)

    # -- inside

    def on_connected(self, link: Link):
        if link is self.requests:
            self._say_what_is_held()
        link.say_hello()

    def on_record(self, link: Link, record: Record):
        with self._lock:
            if record.kind == WELCOME:
                self.max_send_num = int(link.welcome.get("max_send_num", self.max_send_num))
                self._agree()
            elif record.kind == REFUSED:
                self.refusal = ClusterError.of(record.head)
                self._inbox.put(None)
            elif record.kind == REQUEST:
                self._take_request(Request(self, record, received_at=now_ms(), began=time.monotonic()))
            elif record.kind == CANCEL:
                self.work.cancel(record.request)
                self._room.notify_all()
            elif record.kind == WINDOW:
                if parts := self.work.parts.get(record.request):
                    parts.window(record)
                    self._room.notify_all()
            elif record.kind == RECONCILE:
                self.work.reconcile(record)
                self.taking.repeat()
                self._room.notify_all()
            elif record.kind == SETTLED:
                self.work.settled(record)

    def on_ack(self, link: Link, sequence: int):
        if link is self.requests:
            self._announcement.acknowledged(sequence)
        else:
            with self._lock:
                self.taking.acknowledged(sequence)

    def on_gap(self, link: Link):
        with self._lock:
            if link is self.requests:
                self.work.gap()
            else:
                # Nothing comes over it that is worth asking for.
                link.accounted()

    def on_lost(self, link: Link):
        """What is in hand goes on."""
        with self._lock:
            self._gone()
            other = self.answers if link is self.requests else self.requests
            if other.welcome:
                self._hello_again(other)

    def on_tick(self):
        with self._lock:
            if not self._connected.is_set():
                if time.monotonic() - self._alone_since > ORPHAN_S:
                    self._inbox.put(None)
                return
            self._announcement.tick()
            self.work.tick()
            self.taking.tick()
            self._report_started()

    def _take_request(self, request: Request):
        if not self.work.hold(request):
            return
        if request.wants_parts:
            self.work.parts[request.number] = SentParts()
        try:
            request.header = request.record.head
            self._inbox.put(request)
        except Exception as error:  # noqa: BLE001 - the manager passes headers on unread: it may be anything
            request.fail(f"Unknown error: the request cannot be read: {error}")

    def _say_what_is_held(self):
        with self._lock:
            self.requests.hello |= self.work.told()

    def _hello_again(self, link: Link):
        if link is self.requests:
            self._say_what_is_held()
        link.say_hello()

    def _agree(self):
        links = (self.requests, self.answers)
        if not all(link.welcome for link in links):
            return
        if self.requests.session != self.answers.session:
            self._hello_again(min(links, key=lambda link: link.session))
            return
        # Not before: until it is connected, what it holds is of the session before.
        self.identity = (self.requests.epoch, self.requests.session)
        self.work.up()
        self.taking.up([number for number, request in self.work.in_hand.items() if request.taken], self._epoch == self.requests.epoch)
        self._epoch = self.requests.epoch
        self._announcement.forget()
        self._connected.set()

    def _gone(self):
        if self._connected.is_set():
            self._alone_since = time.monotonic()
        self._connected.clear()
        self.work.down()
        self.taking.down()

    def _report_started(self):
        since = time.monotonic() - STARTED_AFTER_S
        long = [request for request in self.work.in_hand.values() if not request.reported and request.began < since]
        for request in long:
            request.reported = True
        if long:
            self.answers.send(Record(STARTED, header=pack({"requests": [request.number for request in long]})))
