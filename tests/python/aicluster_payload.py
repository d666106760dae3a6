"""What records carry (docs/protocol.md, sections 9 and 10): arrays, results with binary parts, errors."""

import time

import numpy as np

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
