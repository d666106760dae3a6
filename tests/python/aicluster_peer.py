"""A client and a container for AICluster, written from docs/protocol.md alone.

Needs python3-zmq, python3-msgpack and python3-numpy. Sections named in comments are the document's.
"""

import json
import os
import queue
import secrets
import socket
import struct
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

import msgpack
import numpy as np
import zmq
from zmq.utils.monitor import recv_monitor_message

# --- Section 4: kinds -------------------------------------------------------------------------------------------------

HELLO, WELCOME, REFUSED, GOODBYE, ACK, PING, PONG, MORE_NUMBERS, NUMBERS = range(1, 10)
REQUEST, RESULT, ERROR, CANCEL, STARTED = range(16, 21)
READY, DRAINING = 24, 25
COMMAND, REPLY, COMMAND_ERROR, EVENT = range(32, 36)

# --- Sections 2, 3: messages, records, envelopes ----------------------------------------------------------------------

MAGIC = b"AI"
MAJOR = 1
PREAMBLE = MAGIC + bytes([MAJOR, 0])
ENVELOPE_BYTES = 48
INLINE_LIMIT = 4096
FRAME_LIMIT = 262_144
BODY_IN_FRAMES, STAGE_TIMES = 1, 2
NEVER = 0xFFFFFFFF

_HEAD = struct.Struct(">BBBBII")
_TAIL = struct.Struct(">IIIIBB")
_TIMES = struct.Struct(">ddd")


@dataclass
class Record:
    kind: int
    request: int = 0
    name: str = ""
    header: bytes = b""
    body: bytes = b""
    deadline_ms: int = 0
    times: tuple | None = None
    flags: int = 0
    priority: int = 0
    attempt: int = 0
    epoch: int = 0
    session: int = 0
    link_sequence: int = 0
    ack: int = 0
    part: int = 0

    @property
    def head(self):
        """The header as a map."""
        return unpack(self.header) if self.header else {}

    @property
    def content(self):
        """The body as structured content, for commands and their answers."""
        return unpack(self.body) if self.body else None


class Malformed(Exception):
    """A message that the document says is dropped."""


def pack(value) -> bytes:
    return msgpack.packb(value, use_bin_type=True)


def unpack(data):
    return msgpack.unpackb(data, raw=False, strict_map_key=False)


def pack_record(record: Record) -> tuple[bytes, bytes | None]:
    """The record with its length in front, and the body if it goes into frames of its own."""
    name = record.name.encode("ascii")
    framed = len(record.body) > INLINE_LIMIT
    flags = record.flags & ~(BODY_IN_FRAMES | STAGE_TIMES)
    flags |= (BODY_IN_FRAMES if framed else 0) | (STAGE_TIMES if record.times else 0)
    data = b"".join((
        _HEAD.pack(record.kind, flags, record.priority, record.attempt, record.epoch, record.session),
        *(number.to_bytes(6, "big") for number in (record.request, record.link_sequence, record.ack)),
        _TAIL.pack(record.part, record.deadline_ms, len(record.header), len(record.body), len(name), 0),
        _TIMES.pack(*record.times) if record.times else b"",
        name,
        record.header,
        b"" if framed else record.body,
    ))
    return struct.pack(">I", len(data)) + data, (record.body if framed else None)


def join_message(records: list[Record], frame_limit: int | None = None) -> list[bytes]:
    """One ZeroMQ message. Only the last record may have a body in frames."""
    packed = [pack_record(record) for record in records]
    if any(body is not None for _, body in packed[:-1]):
        raise ValueError("only the last record of a message may have a large body")
    body = packed[-1][1]
    frames = [PREAMBLE + b"".join(data for data, _ in packed)]
    if body is not None:
        step = frame_limit or len(body)
        frames += [body[start : start + step] for start in range(0, len(body), step)]
    return frames


def split_message(frames: list[bytes]) -> list[Record]:
    """The records of one ZeroMQ message."""
    first = frames[0]
    if first[:2] != MAGIC or len(first) < 4:
        raise Malformed("foreign")
    if first[2] != MAJOR:
        raise Malformed("other version")
    records, at = [], 4
    while at < len(first):
        if at + 4 > len(first):
            raise Malformed("truncated")
        (length,) = struct.unpack_from(">I", first, at)
        data = first[at + 4 : at + 4 + length]
        at += 4 + length
        if len(data) != length or length < ENVELOPE_BYTES:
            raise Malformed("truncated")
        records.append(_unpack_record(data, frames[1:] if at == len(first) else []))
    return records


def _unpack_record(data: bytes, body_frames: list[bytes]) -> Record:
    kind, flags, priority, attempt, epoch, session = _HEAD.unpack_from(data, 0)
    request, link_sequence, ack = (int.from_bytes(data[at : at + 6], "big") for at in (12, 18, 24))
    part, deadline_ms, header_length, body_length, name_length, _ = _TAIL.unpack_from(data, 30)
    at = ENVELOPE_BYTES
    times = None
    if flags & STAGE_TIMES:
        if len(data) < at + _TIMES.size:
            raise Malformed("truncated")
        times = _TIMES.unpack_from(data, at)
        at += _TIMES.size
    framed = bool(flags & BODY_IN_FRAMES)
    if at + name_length + header_length + (0 if framed else body_length) != len(data):
        raise Malformed("contradictory lengths")
    name = data[at : at + name_length].decode("ascii")
    at += name_length
    header = data[at : at + header_length]
    body = b"".join(body_frames) if framed else data[at + header_length :]
    if len(body) != body_length:
        raise Malformed("contradictory lengths")
    return Record(kind, request, name, header, body, deadline_ms, times, flags, priority, attempt, epoch, session, link_sequence, ack, part)


# --- Section 9: arrays and binary parts -------------------------------------------------------------------------------


def array_bytes(array: np.ndarray) -> bytes:
    return np.asarray(array, dtype=array.dtype.newbyteorder("<")).tobytes(order="C")


def array_layout(array: np.ndarray) -> dict:
    return {"dtype": array.dtype.name, "shape": list(array.shape)}


def array_from(data: bytes, layout: dict) -> np.ndarray:
    shape = tuple(int(length) for length in layout["shape"])
    return np.frombuffer(data, dtype=np.dtype(layout["dtype"]).newbyteorder("<")).reshape(shape)


def pack_result(result) -> tuple[object, list, bytes]:
    """What JSON can hold, the attachments, the body."""
    attachments, body = [], bytearray()

    def attach(path, data, more):
        body.extend(bytes(-len(body) % 8))
        attachments.append({"path": path, "offset": len(body), "length": len(data), **more})
        body.extend(data)

    def walk(value, path):
        if isinstance(value, (bytes, bytearray, memoryview)):
            return attach(path, bytes(value), {"kind": "bytes"})
        if isinstance(value, np.ndarray):
            return attach(path, array_bytes(value), {"kind": "ndarray", **array_layout(value)})
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, dict):
            return {str(key): walk(item, [*path, str(key)]) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [walk(item, [*path, index]) for index, item in enumerate(value)]
        return value

    return walk(result, []), attachments, bytes(body)


def unpack_result(header: dict, body: bytes, sent_layout: dict | None = None):
    """The result with its binary parts in place. `sent_layout`: of the array that was sent, for the answer of a Loop."""
    if header.get("echo") is True:
        return array_from(body, sent_layout) if sent_layout else body
    result = header.get("result")
    for part in header.get("attachments") or []:
        offset, length = int(part["offset"]), int(part["length"])
        data = body[offset : offset + length]
        value = array_from(data, part) if part["kind"] == "ndarray" else data
        if not part["path"]:
            return value
        *way, last = part["path"]
        place = result
        for key in way:
            place = place[key]
        place[last] = value
    return result


# --- Errors -----------------------------------------------------------------------------------------------------------


class ClusterError(Exception):
    """Section 10."""

    def __init__(self, code: int, message: str, details: dict | None = None):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.details = code, message, details or {}

    @staticmethod
    def of(content: dict) -> "ClusterError":
        return ClusterError(int(content["code"]), content.get("message", ""), content.get("details"))


def now_ms() -> float:
    return time.time() * 1000


# --- Links ------------------------------------------------------------------------------------------------------------

ACK_WITHIN_S = 0.03
TICK_S = 0.01


class Link:
    """One DEALER socket. Everything of it but `post` happens in the peer's thread."""

    def __init__(self, peer: "Peer", name: str, address: str, hello: dict):
        self.peer, self.name, self.address, self.hello = peer, name, address, hello
        self.frame_limit = None if address.startswith("ipc:") else FRAME_LIMIT
        self.outbox: deque[list[Record]] = deque()
        self.socket = self.monitor = None
        self.missing = 0
        self.connected = self.silent = False
        self._start_anew()

    def _start_anew(self):
        """A new connection counts from 1."""
        self.sent = self.received = self.acknowledged = 0
        self.ack_at: float | None = None
        self._forget_welcome()
        self.outbox.clear()

    def _forget_welcome(self):
        self.epoch = self.session = 0
        self.welcome = None

    def open(self, context: zmq.Context):
        self.socket = context.socket(zmq.DEALER)
        for option, value in (
            (zmq.IMMEDIATE, 1), (zmq.SNDHWM, 0), (zmq.RCVHWM, 100), (zmq.LINGER, 1000),
            (zmq.HEARTBEAT_IVL, 500), (zmq.HEARTBEAT_TIMEOUT, 1500),
        ):
            self.socket.setsockopt(option, value)
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.socket.connect(self.address)

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close()
        self.socket.close()

    def post(self, *records: Record):
        """Send records, in one message unless a body is too large for that; from any thread."""
        if any(len(record.body) > INLINE_LIMIT for record in records):
            self.outbox.extend([record] for record in records)
        else:
            self.outbox.append(list(records))
        self.peer.wake()

    def say_hello(self):
        """Section 6; also a second time, on a connection that stands."""
        self._forget_welcome()
        self._send([Record(HELLO, header=pack(self.hello))])

    def on_monitor(self):
        event = recv_monitor_message(self.monitor)["event"]
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._start_anew()
            self.connected = True
            self.peer.on_connected(self)
        else:
            self._start_anew()
            self.connected = False
            self.peer.on_lost(self)

    def on_readable(self):
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            for record in split_message(frames):
                self._take(record)

    def _take(self, record: Record):
        self.missing += max(0, record.link_sequence - self.received - 1)
        self.received = record.link_sequence
        self.acknowledged = max(self.acknowledged, record.ack)
        if record.kind == ACK:
            return
        if self.ack_at is None:
            self.ack_at = time.monotonic() + ACK_WITHIN_S
        if record.kind == WELCOME:
            self.welcome = record.head
            self.epoch, self.session = int(self.welcome["epoch"]), int(self.welcome["session"])
        elif record.kind == PING:
            self._send([Record(PONG)])
        self.peer.on_record(self, record)

    def flush(self):
        while self.outbox:
            self._send(self.outbox.popleft())
        if self.ack_at is not None and time.monotonic() >= self.ack_at:
            self._send([Record(ACK)])

    def _send(self, records: list[Record]):
        if self.silent:
            return
        for record in records:
            self.sent += 1
            record.link_sequence, record.ack = self.sent, self.received
            record.epoch, record.session = self.epoch, self.session
        self.ack_at = None
        try:
            self.socket.send_multipart(join_message(records, self.frame_limit), zmq.NOBLOCK)
        except zmq.Again:
            pass  # No connection: the monitor says so too, and what was open ends there.


class Peer:
    """What a host and a container have in common: links, and a thread that owns their sockets."""

    def __init__(self):
        self.context = zmq.Context()
        self.links: list[Link] = []
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.setblocking(False)
        self._to_open: deque[Link] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        """Once everything that the thread's callbacks use is there."""
        self._thread.start()

    def add_link(self, name: str, address: str, hello: dict) -> Link:
        link = Link(self, name, address, hello)
        self._to_open.append(link)
        self.wake()
        return link

    def wake(self):
        try:
            self._wake_out.send(b"x")
        except BlockingIOError:
            pass

    def end(self):
        """Send what is posted, close the sockets, end the thread."""
        self._ending.set()
        self.wake()
        self._thread.join()
        self.context.term()

    def on_record(self, link: Link, record: Record): ...

    def on_connected(self, link: Link):
        link.say_hello()

    def on_lost(self, link: Link): ...

    def on_tick(self): ...

    def _run(self):
        poller = zmq.Poller()
        poller.register(self._wake_in, zmq.POLLIN)
        try:
            while not self._ending.is_set():
                self._open_links(poller)
                self._turn(dict(poller.poll(TICK_S * 1000)))
        finally:
            for link in self.links:
                link.flush()
                link.close()

    def _open_links(self, poller: zmq.Poller):
        while self._to_open:
            link = self._to_open.popleft()
            link.open(self.context)
            poller.register(link.socket, zmq.POLLIN)
            poller.register(link.monitor, zmq.POLLIN)
            self.links.append(link)

    def _turn(self, ready: dict):
        if self._wake_in.fileno() in ready:
            self._wake_in.recv(4096)
        for link in self.links:
            if link.monitor in ready:
                link.on_monitor()
            if link.socket in ready:
                link.on_readable()
        self.on_tick()
        for link in self.links:
            link.flush()

    @property
    def missing(self) -> int:
        """Records that the link sequences of the manager say were lost."""
        return sum(link.missing for link in self.links)


def hello_of(role: str, token: str, **more) -> dict:
    return {
        "protocol": [1, 0], "role": role, "nonce": secrets.token_bytes(8), "session_secret": secrets.token_bytes(16),
        "host": socket.gethostname(), "pid": os.getpid(), "token": token, "software": "aicluster-peer-py/1", **more,
    }


def address_of(host: str, name: str, port) -> str:
    return f"{host}/{name}" if host.startswith("ipc://") else f"tcp://{host}:{port}"


# --- Section 7: a host ------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    result: object
    name: str
    number: int
    metadata: dict
    header: dict
    times: tuple | None


@dataclass
class _Open:
    future: Future
    metadata: dict
    layout: dict | None


class Host(Peer):
    """An application. `manager_json`: path of the file that the manager has written."""

    def __init__(self, manager_json: str, timeout: float = 10, token: str | None = None):
        super().__init__()
        with open(manager_json, encoding="utf-8") as file:
            told = json.load(file)
        self._ports = told.get("ports") or {}
        self._address = told["address"]
        self._hello = hello_of("host", told.get("token", "") if token is None else token)
        self._lock = threading.Lock()
        self._blocks: deque[list[int]] = deque()
        self._asked = False
        self._open: dict[int, _Open] = {}
        self._commands: dict[int, Future] = {}
        self._pongs: dict[Link, deque[Future]] = {}
        self._welcomed = threading.Event()
        self._refusal: ClusterError | None = None
        self.events: list[dict] = []
        self.limits: dict = {}
        self.inference, self.management = (
            self.add_link(name, address_of(self._address, name, self._ports.get(name)), {**self._hello, "link": name})
            for name in ("inference", "management")
        )
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
            self.inference.post(*(record for record, _ in made))
        return [(record.request, future) for record, future in made]

    def infer(self, name: str, data=b"", metadata: dict | None = None, deadline_ms: int = 0, timeout: float = 30) -> Outcome:
        return self.submit(name, data, metadata, deadline_ms)[1].result(timeout)

    def command(self, cmd, timeout: float = 30, **fields):
        return self.raw_command({"cmd": cmd, **fields}, timeout)

    def raw_command(self, content, timeout: float = 30):
        future: Future = Future()
        with self._lock:
            number = self._next_number()
            self._commands[number] = future
            self.management.post(Record(COMMAND, number, body=pack(content)))
        return future.result(timeout)

    def cancel(self, number: int):
        """Its outcome is not wanted any more."""
        with self._lock:
            entry = self._open.pop(number, None)
            self.inference.post(Record(CANCEL, number))
        if entry:
            entry.future.cancel()

    def ping(self, link: Link, timeout: float = 5) -> float:
        """Seconds until the pong."""
        future: Future = Future()
        began = time.monotonic()
        with self._lock:
            self._pongs.setdefault(link, deque()).append(future)
            link.post(Record(PING))
        future.result(timeout)
        return time.monotonic() - began

    def close(self):
        """End the session. Nothing follows the goodbye, on either link."""
        self.management.silent = True
        self.inference.post(Record(GOODBYE))
        self.end()

    def skip_numbers(self, count: int):
        """Leave numbers out. They only have to rise."""
        with self._lock:
            for _ in range(count):
                self._next_number()

    @property
    def open_requests(self) -> int:
        return len(self._open)

    # -- inside

    def _make_request(self, name, data=b"", metadata=None, deadline_ms=0) -> tuple[Record, Future]:
        layout = array_layout(data) if isinstance(data, np.ndarray) else None
        header = {
            "metadata": metadata or {}, "metadata_sys": {"array": layout} if layout else {},
            "pid": os.getpid(), "tid": threading.get_native_id(), "sent_at": now_ms(),
        }
        body = array_bytes(data) if layout else bytes(data)
        number, future = self._next_number(), Future()
        self._open[number] = _Open(future, metadata or {}, layout)
        return Record(REQUEST, number, name, pack(header), body, deadline_ms), future

    def _next_number(self) -> int:
        if not self._blocks:
            raise ClusterError(111, "no request numbers are left")
        block = self._blocks[0]
        number = block[0]
        block[0] += 1
        if block[0] == block[1]:
            self._blocks.popleft()
        if not self._asked and sum(end - first for first, end in self._blocks) < 1000:
            self._asked = True
            self.inference.post(Record(MORE_NUMBERS))
        return number

    def _grant(self, numbers: dict):
        with self._lock:
            first = int(numbers["first"])
            self._blocks.append([first, first + int(numbers["count"])])
            self._asked = False

    def on_record(self, link: Link, record: Record):
        if record.kind == WELCOME:
            self.limits = link.welcome["limits"]
            if link is self.inference:
                self._grant(link.welcome["numbers"])
                if self.management.connected:
                    self.management.say_hello()
            elif self.inference.welcome:
                self._welcomed.set()
        elif record.kind == REFUSED:
            self._refusal = ClusterError.of(record.head)
            self._fail(self._refusal)
        elif record.kind == NUMBERS:
            self._grant(record.head)
        elif record.kind == PONG:
            if waiting := self._pongs.get(link):
                waiting.popleft().set_result(None)
        elif record.kind in (RESULT, ERROR):
            self._on_outcome(record)
        elif record.kind in (REPLY, COMMAND_ERROR):
            with self._lock:
                future = self._commands.pop(record.request, None)
            if future is None:
                return
            if record.kind == REPLY:
                future.set_result(record.content)
            else:
                future.set_exception(ClusterError.of(record.content))
        elif record.kind == EVENT:
            self.events.append(record.content)

    def _on_outcome(self, record: Record):
        with self._lock:
            entry = self._open.pop(record.request, None)
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

    def on_connected(self, link: Link):
        # Management only joins a session that stands.
        if link is self.inference or self.inference.welcome:
            link.say_hello()

    def on_lost(self, link: Link):
        self._fail(ClusterError(111, "socket connection disconnected"), link is self.inference)

    def _fail(self, error: ClusterError, session_ended: bool = True):
        self._welcomed.clear()
        with self._lock:
            futures = list(self._commands.values())
            self._commands.clear()
            if session_ended:
                futures += [entry.future for entry in self._open.values()]
                self._open.clear()
                self._blocks.clear()
        for future in futures:
            future.set_exception(error)


# --- Section 8: a container -------------------------------------------------------------------------------------------

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


class Container(Peer):
    """The program in a container; everything it has to know is in the environment."""

    def __init__(self, env=os.environ):
        super().__init__()
        with open(env["AICLUSTER_TOKEN_FILE"], encoding="utf-8") as file:
            token = file.read().strip()
        self.own_name = env["AICLUSTER_SUB_NAME"]
        modules = json.loads(env.get("AICLUSTER_MODULES") or "[]")
        modules = [modules] if isinstance(modules, dict) else modules
        names = list(dict.fromkeys([self.own_name, *(module["sub_inference_name"] or self.own_name for module in modules)]))
        hello = hello_of("container", token, instance=env["AICLUSTER_INSTANCE"], names=names, in_hand=[])
        host = env["AICLUSTER_HOST_IP"]
        self.max_send_num = 1
        self.refusal: ClusterError | None = None
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._held: dict[int, Request] = {}
        self._ready = self._was_told_ready = self._draining = False
        self._connected = threading.Event()
        self._alone_since = time.monotonic()
        self.requests = self.add_link("requests", address_of(host, "sub", env.get("AICLUSTER_SUB_PORT")), {**hello, "link": "requests"})
        self.answers = self.add_link("answers", address_of(host, "pub", env.get("AICLUSTER_PUB_PORT")), {**hello, "link": "answers"})
        self.start()

    # -- what a program calls

    def ready(self):
        """The model is loaded: requests may come."""
        self._ready = True
        self.wake()

    def wait_connected(self, timeout: float = 20):
        if not self._connected.wait(timeout):
            raise self.refusal or ClusterError(110, "socket connection establishment failed")

    def receive(self, timeout: float | None = None) -> Request | None:
        """The next request; None when the container has to end."""
        return self._inbox.get(timeout=timeout)

    def answer(self, request: Request, record: Record):
        """Answer once; what was held by an earlier connection has ended already."""
        with self._lock:
            if self._held.get(request.number) is not request:
                return
            del self._held[request.number]
            self.answers.post(record)

    def drain(self, timeout: float = 10):
        """End in order: take nothing new, answer what is in hand, say goodbye."""
        with self._lock:
            if self._draining:
                return
            self._draining = True
        self.requests.post(Record(DRAINING))
        until = time.monotonic() + timeout
        while self._held and time.monotonic() < until:
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
        return len(self._held)

    # -- inside

    def on_record(self, link: Link, record: Record):
        if record.kind == WELCOME:
            self.max_send_num = int(link.welcome.get("max_send_num", self.max_send_num))
            self._agree()
        elif record.kind == REFUSED:
            self.refusal = ClusterError.of(record.head)
            self._inbox.put(None)
        elif record.kind == REQUEST:
            self._take_request(Request(self, record, received_at=now_ms(), began=time.monotonic()))
        elif record.kind == CANCEL:
            with self._lock:
                if held := self._held.get(record.request):
                    held.cancelled = True

    def _take_request(self, request: Request):
        with self._lock:
            self._held[request.number] = request
        try:
            request.header = request.record.head
            self._inbox.put(request)
        except Exception as error:  # noqa: BLE001 - the manager passes headers on unread: it may be anything
            request.fail(f"Unknown error: the request cannot be read: {error}")

    def _agree(self):
        links = (self.requests, self.answers)
        if not all(link.welcome for link in links):
            return
        lower = min(links, key=lambda link: link.session)
        if self.requests.session != self.answers.session:
            lower.say_hello()
            return
        self._was_told_ready = False
        self._connected.set()

    def on_lost(self, link: Link):
        self._gone()
        other = self.answers if link is self.requests else self.requests
        if other.welcome:
            other.say_hello()

    def _gone(self):
        if self._connected.is_set():
            self._alone_since = time.monotonic()
        self._connected.clear()
        with self._lock:
            for request in self._held.values():
                request.cancelled = True
            self._held.clear()

    def on_tick(self):
        if not self._connected.is_set():
            if time.monotonic() - self._alone_since > ORPHAN_S:
                self._inbox.put(None)
            return
        if self._ready and not self._was_told_ready and not self._draining:
            self._was_told_ready = True
            self.requests.post(Record(READY))
        since = time.monotonic() - STARTED_AFTER_S
        with self._lock:
            long = [request for request in self._held.values() if not request.reported and request.began < since]
            for request in long:
                request.reported = True
        if long:
            self.answers.post(Record(STARTED, header=pack({"requests": [request.number for request in long]})))
