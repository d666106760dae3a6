"""Checks the codec against golden vectors: `golden.py FOLDER` prints one JSON line with what differs in each file."""

import json
import sys
from pathlib import Path

from aicluster_wire import COMMAND, COMMAND_ERROR, EVENT, REPLY, Record, join_message, pack, split_message, unpack

STRUCTURED = (COMMAND, COMMAND_ERROR, EVENT, REPLY)
TIMES = ("received_at_ms", "sent_at_ms", "answered_at_ms")
ENVELOPE = ("kind", "flags", "priority", "attempt", "epoch", "session", "request", "link_sequence", "ack", "part", "deadline_ms")


def plain(value):
    """The JSON form of a decoded value: bytes as the vectors write them."""
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def seen(record: Record) -> dict:
    lengths = {"header_length": len(record.header), "body_length": len(record.body), "name_length": len(record.name)}
    times = dict(zip(TIMES, record.times or (0, 0, 0)))
    made = {"envelope": {**{key: getattr(record, key) for key in ENVELOPE}, **lengths, **times}}
    if record.name:
        made["name"] = record.name
    if record.header:
        made["header"] = plain(record.head)
    if record.body:
        made["body"] = plain(record.content if record.kind in STRUCTURED else record.body)
    return made


def check(vector: dict) -> list[str]:
    frames = [bytes.fromhex(frame) for frame in vector["frames"]]
    records = split_message(frames)
    problems = []
    if join_message(records) != frames:
        problems.append("encoded again it differs")
    for record in records:
        packed = [record.header] if record.header else []
        packed += [record.body] if record.body and record.kind in STRUCTURED else []
        if any(unpack(pack(unpack(data))) != unpack(data) for data in packed):
            problems.append("msgpack content differs after encoding it again")
    wanted = [{key: value for key, value in record.items() if key != "kind_name"} for record in vector["records"]]
    if [seen(record) for record in records] != wanted:
        problems.append(f"decoded {[seen(record) for record in records]}, wanted {wanted}")
    return problems


if __name__ == "__main__":
    files = sorted(Path(sys.argv[1]).glob("*.json"))
    print(json.dumps({file.stem: check(json.loads(file.read_text(encoding="utf-8"))) for file in files}))
