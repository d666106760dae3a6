"""Connections to the manager (docs/protocol.md, sections 1 to 3 and 6): link sequences, acks, hello again; and the thread that owns them."""

import os
import secrets
import socket
import threading
import time
from collections import deque

import zmq
from aicluster_wire import (
    ACK, FRAME_LIMIT, HELLO, INLINE_LIMIT, PING, PONG, REFUSED, WELCOME, Record, join_message, pack, split_message,
)
from zmq.utils.monitor import recv_monitor_message

ACK_WITHIN_S = 0.03
TICK_S = 0.01
HELLO_AGAIN_S = 1.0
# Of pings, and of whatever waits for an answer.
AGAIN_S = 0.5
SEQUENCES_PER_CONNECTION = 2**30
BATCH_RECORDS = 100


class Link:
    """One DEALER socket. Everything of it but `post` happens in the peer's thread."""

    def __init__(self, peer: "Peer", name: str, address: str, hello: dict):
        self.peer, self.name, self.address, self.hello = peer, name, address, hello
        self.frame_limit = None if address.startswith("ipc:") else FRAME_LIMIT
        self.outbox: deque[list[Record]] = deque()
        self.socket = self.monitor = None
        # A test may lose or double records: `faults.sent(record)` and `faults.received(record)` say how many copies get through.
        self.faults = None
        self.missing = self.repeated = self.connections = self.sent = 0
        # Of the last welcome: they stay when the connection goes.
        self.epoch = self.session = 0
        self.connected = self.silent = False
        self._begin_connection()

    def _begin_connection(self):
        """Whatever was received so far was for an earlier connection."""
        self._expected: int | None = None
        self._gap = False
        self._received = self.acknowledged = 0
        self.ack_at: float | None = None
        self._forget_welcome()

    def _forget_welcome(self):
        self.welcome: dict | None = None
        self.hello_at: float | None = None
        self.pinged_at = 0.0
        # Nothing but hello may be sent before the next welcome; whoever wants it sent says it again.
        self.outbox.clear()

    def open(self, context: zmq.Context):
        self.socket = context.socket(zmq.DEALER)
        for option, value in (
            (zmq.IMMEDIATE, 1), (zmq.SNDHWM, 0), (zmq.RCVHWM, 0), (zmq.LINGER, 1000),
            (zmq.HEARTBEAT_IVL, 500), (zmq.HEARTBEAT_TIMEOUT, 1500),
        ):
            self.socket.setsockopt(option, value)
        if self.peer.curve:
            self.socket.curve_serverkey = self.peer.curve["server_key"].encode()
            self.socket.curve_publickey = self.peer.curve["public_key"].encode()
            self.socket.curve_secretkey = self.peer.curve["secret_key"].encode()
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        self.socket.connect(self.address)

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close()
        self.socket.close()

    def post(self, *records: Record):
        """Send records in as few messages as may be; from any thread. Without a welcome they are lost."""
        self.outbox.append(list(records))
        self.peer.wake()

    def say_hello(self):
        """Section 6; also a second time, on a connection that stands."""
        self._forget_welcome()
        self.hello_at = time.monotonic()
        epoch, session = self.peer.identity
        self._send([Record(HELLO, header=pack(self.hello), epoch=epoch, session=session)])

    def accounted(self):
        """Both sides have reconciled: what was lost need not hold up the ack any more."""
        self._gap = False
        if self._expected is not None:
            self._received = self._expected - 1
            self.ack_at = self.ack_at or time.monotonic() + ACK_WITHIN_S

    def ping_if_due(self):
        if time.monotonic() - self.pinged_at >= AGAIN_S:
            self.pinged_at = time.monotonic()
            self.send(Record(PING))

    def on_monitor(self):
        event = recv_monitor_message(self.monitor)["event"]
        was_connected, self.connected = self.connected, event == zmq.EVENT_HANDSHAKE_SUCCEEDED
        self._begin_connection()
        if was_connected:
            self.peer.on_lost(self)
        if self.connected:
            # Section 3: higher than whatever was sent before, so that nothing of it passes for new.
            self.sent += SEQUENCES_PER_CONNECTION if self.connections else 0
            self.connections += 1
            self.peer.on_connected(self)

    def on_readable(self):
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            for record in split_message(frames):
                for _ in range(self.faults.received(record) if self.faults else 1):
                    self._take(record)

    def _take(self, record: Record):
        if not self._is_new(record):
            self.repeated += 1
            return
        self.acknowledged = max(self.acknowledged, record.ack)
        self.peer.on_ack(self, record.ack)
        if record.kind == ACK:
            return
        if self.ack_at is None:
            self.ack_at = time.monotonic() + ACK_WITHIN_S
        if record.kind == WELCOME:
            self.welcome, self.hello_at = record.head, None
            self.epoch, self.session = int(self.welcome["epoch"]), int(self.welcome["session"])
        elif record.kind != REFUSED and record.epoch not in (0, self.epoch):
            return
        elif record.kind == PING:
            self.send(Record(PONG))
        self.peer.on_record(self, record)

    def _is_new(self, record: Record) -> bool:
        sequence = record.link_sequence
        if record.kind in (WELCOME, REFUSED) and self.welcome is None:
            # Whatever came before it was not for this connection.
            self._expected, self._gap = sequence, False
        if self._expected is None or sequence < self._expected:
            return False
        missing, self._expected = sequence - self._expected, sequence + 1
        self.missing += missing
        self._gap = self._gap or missing > 0
        if not self._gap:
            self._received = sequence
        if missing:
            self.peer.on_gap(self)
        return True

    def flush(self):
        while self.outbox and self.welcome:
            self.send(*self.outbox.popleft())
        if self.ack_at is not None and time.monotonic() >= self.ack_at:
            self._send([Record(ACK)])

    def send(self, *records: Record):
        """At once, from the peer's thread; nothing happens without a welcome. Their link sequences stand in them then."""
        if not self.welcome:
            return
        batch: list[Record] = []
        for record in records:
            record.epoch, record.session = self.epoch, self.session
            batch.append(record)
            if len(record.body) > INLINE_LIMIT or len(batch) == BATCH_RECORDS:
                self._send(batch)
                batch = []
        self._send(batch)

    def _send(self, records: list[Record]):
        self.ack_at = None
        if self.silent or not self.connected or not records:
            return
        leaving, again = [], []
        for record in records:
            self.sent += 1
            record.link_sequence, record.ack = self.sent, self._received
            copies = self.faults.sent(record) if self.faults else 1
            leaving += [record] * (copies > 0)
            again += [[record]] * (copies > 1)
        try:
            for message in (leaving, *again):
                if message:
                    self.socket.send_multipart(join_message(message, self.frame_limit), zmq.NOBLOCK)
        except zmq.Again:
            pass  # No connection: the monitor says so too, and what is open is asked for again over the next one.


class Peer:
    """What a host and a container have in common: links, and a thread that owns their sockets."""

    def __init__(self):
        self.context = zmq.Context()
        # Section 15: `server_key`, `public_key`, `secret_key` where the manager speaks CURVE.
        self.curve: dict | None = None
        self.links: list[Link] = []
        # Epoch and session that a hello names: of the session that stood last.
        self.identity = (0, 0)
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

    def on_ack(self, link: Link, sequence: int): ...

    def on_gap(self, link: Link): ...

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
            if link.hello_at is not None and time.monotonic() - link.hello_at >= HELLO_AGAIN_S:
                link.say_hello()
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
        "host": socket.gethostname(), "pid": os.getpid(), "token": token, "software": "aicluster-peer-py/2", **more,
    }


def address_of(host: str, name: str, port) -> str:
    return f"{host}/{name}" if host.startswith("ipc://") else f"tcp://{host}:{port}"

