"""The bytes of AICluster, by docs/protocol.md: kinds, records, messages. Sections named in comments are the document's."""

import struct
from dataclasses import dataclass

import msgpack

# --- Section 4: kinds -------------------------------------------------------------------------------------------------

HELLO, WELCOME, REFUSED, GOODBYE, ACK, PING, PONG, MORE_NUMBERS, NUMBERS = range(1, 10)
REQUEST, RESULT, ERROR, CANCEL, STARTED = range(16, 21)
PART, WINDOW, PUBLISH, READY, DRAINING, TAKEN = range(21, 27)
COMMAND, REPLY, COMMAND_ERROR, EVENT = range(32, 36)
RECONCILE, RECONCILED, RESYNC, SETTLED = range(48, 52)

# --- Sections 2, 3: messages, records, envelopes ----------------------------------------------------------------------

MAGIC = b"AI"
MAJOR = 1
PREAMBLE = MAGIC + bytes([MAJOR, 0])
ENVELOPE_BYTES = 48
INLINE_LIMIT = 4096
FRAME_LIMIT = 262_144
BODY_IN_FRAMES, STAGE_TIMES, WANTS_PARTS, SINK, AGAIN = 1, 2, 16, 32, 64
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


# --- Section 17: lists of numbers -------------------------------------------------------------------------------------

_NUMBER_BYTES = 6


def pack_numbers(numbers) -> bytes:
    return b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in sorted(numbers))


def unpack_numbers(data: bytes) -> list[int]:
    if len(data) % _NUMBER_BYTES:
        raise Malformed("not a list of numbers")
    return [int.from_bytes(data[at : at + _NUMBER_BYTES], "big") for at in range(0, len(data), _NUMBER_BYTES)]
