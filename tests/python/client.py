"""A client in Python: `client.py MANAGER_JSON SCENARIO [JSON]` plays one scenario and prints what it saw as JSON."""

import json
import sys
import time
from concurrent.futures import CancelledError

import numpy as np
from aicluster_host import Host
from aicluster_payload import ClusterError
from aicluster_wire import ACK, CANCEL, READY, REQUEST, RESULT, Record, pack
from sending import load_with_files

MB = 1_000_000
DTYPES = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]


def code_of(call) -> dict:
    """What a call that is to fail fails with."""
    try:
        return {"returned": repr(call())}
    except ClusterError as error:
        return {"code": error.code, "message": error.message, "details": error.details}


def same(sent, got) -> bool:
    if isinstance(sent, np.ndarray):
        return isinstance(got, np.ndarray) and got.dtype == sent.dtype and got.shape == sent.shape and got.tobytes() == sent.tobytes()
    return bytes(sent) == got


def pattern(length: int) -> bytes:
    return np.arange(length, dtype=np.uint32).astype(np.uint8).tobytes()


def echoes(host: Host, name: str) -> dict:
    """Bytes and arrays there and back, from a container of ours or from a Loop."""
    metadata = {"mode": "echo", "nested": {"list": [1, "zwei", None, True]}, "float": 0.5, "big": 2**40}
    sizes = [0, 1, 4096, 4097, 300_000, 6 * MB]
    arrays = [np.arange(24).reshape(2, 3, 4).astype(dtype) for dtype in DTYPES]
    arrays += [np.zeros((0, 4), np.uint16), np.array(np.pi), np.arange(6).reshape(2, 3).T, np.arange(3).astype(">i4").astype("<i4")]
    outcome = host.infer(name, b"abc", metadata)
    received, sent, answered = outcome.times
    return {
        "bytes": {str(size): same(pattern(size), host.infer(name, pattern(size), metadata).result) for size in sizes},
        "arrays": [str(a.dtype) for a in arrays if not same(np.ascontiguousarray(a).reshape(a.shape), host.infer(name, a, metadata).result)],
        "metadata": outcome.metadata == metadata,
        "name": outcome.name,
        "times": received <= sent <= answered and abs(received - time.time() * 1000) < 5000,
    }


def python_container(host: Host, name: str) -> dict:
    """Everything else that the Python container does."""
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    statistics = host.infer(name, array, {"mode": "statistics"}).result
    reversed_ = statistics["parts"][1]["reversed"]
    began = time.monotonic()
    together = [host.submit(name, b"", {"mode": "slow", "ms": 300})[1] for _ in range(4)]
    at_once = [future.result(10).result["at_once"] for future in together]
    batch = host.submit_many([(name, bytes([i]), {"mode": "echo"}) for i in range(50)])
    return {
        "sum": statistics["sum"], "dtype": statistics["dtype"], "shape": statistics["shape"],
        "reversed": reversed_.tolist(), "raw": statistics["parts"][1]["raw"] == array.tobytes()[:3],
        "fail": code_of(lambda: host.infer(name, b"", {"mode": "fail"})),
        "replaced": host.infer(name, b"", {"mode": "metadata", "mine": 1}).metadata,
        "most_at_once": max(at_once), "together": time.monotonic() - began < 1.0,
        "batch": all(future.result(10).result == bytes([i]) for i, (_, future) in enumerate(batch)),
        "deadline": host.infer(name, b"", {"mode": "about"}, 5000).result["deadline_ms"],
        "timed_out": code_of(lambda: host.infer(name, b"", {"mode": "slow", "ms": 200}, 50)),
    }


def cancelled(host: Host, name: str) -> bool:
    number, future = host.submit(name, b"", {"mode": "slow", "ms": 5000})
    time.sleep(0.2)
    host.cancel(number)
    try:
        future.result(1)
        return False
    except CancelledError:
        return True


def scenario_infer(host: Host, options: dict) -> dict:
    return {
        "loop": echoes(host, options["loop"]),
        "container": echoes(host, options["container"]),
        "python": python_container(host, options["container"]),
        "cancelled": cancelled(host, options["container"]),
        "unknown": code_of(lambda: host.infer("nobody", b"")),
        "pings": [host.ping(host.inference) < 1, host.ping(host.management) < 1],
    }


def metrics_at_rest(host: Host) -> dict:
    """The figures once nothing is going on: the ack of the last outcome may still be due. After 5 s as they are."""
    until = time.monotonic() + 5
    while True:
        metrics = host.command("get_metrics")
        if time.monotonic() > until or all(metrics["gauges"][name] == 0 for name in metrics["rest_gauges"]):
            return metrics
        time.sleep(0.02)


def scenario_commands(host: Host, options: dict) -> dict:
    config, board = options["config"], options["board"]
    name = config["name"]
    loaded = host.command("load_inference", container_config=[config], coprocessor_name=[board])
    seen = {
        "loaded": loaded,
        "result": host.infer(name, np.ones(3, np.uint8), {"mode": "statistics"}).result["sum"],
        "handlers": [row["suffix_name"] for row in host.command("get_container_handler", inference_name=name)],
        "status": host.command("get_container_status", inference_name=name),
        "boards": host.command("get_coprocessor_handler"),
        "stopped": host.command("stop_distribution", inference_name=name),
        "started": host.command("start_distribution", inference_name=name),
        "bad_config": code_of(lambda: host.command(
            "load_inference", container_config=[{**config, "name": "bad", "max_send_num": 0}], coprocessor_name="all")),
        "no_name": code_of(lambda: host.command("load_inference", container_config=[{}], coprocessor_name="all")),
        "no_boards": code_of(lambda: host.command("load_inference", container_config=[config])),
        "unknown_field": code_of(lambda: host.command("get_metrics", colour="red")),
        "unknown_key": code_of(lambda: host.command(
            "load_inference", container_config=[{**config, "name": "bad", "colour": "red"}], coprocessor_name="all")),
        "no_map": code_of(lambda: host.raw_command([1, 2])),
        "no_cmd": code_of(lambda: host.raw_command({})),
        "unknown_cmd": code_of(lambda: host.command("make_coffee")),
        "unknown_board": code_of(lambda: host.command("load_inference", container_config=[config], coprocessor_name=["nowhere"])),
        "unknown_name": code_of(lambda: host.command("get_container_handler", inference_name="nobody")),
    }
    host.submit(name, b"", {"mode": "exit"})[1].result(10)
    until = time.monotonic() + 10
    while not host.events and time.monotonic() < until:
        time.sleep(0.02)
    metrics = metrics_at_rest(host)
    seen |= {
        "event": host.events[0] if host.events else None,
        "metrics": sorted(metrics), "process": sorted(metrics["process"]), "queues": metrics["queues"], "credits": metrics["credits"],
        "gauges": metrics["gauges"], "rest": metrics["rest_gauges"], "counters": metrics["counters"],
        "unloaded": host.command("unload_inference", inference_name=name, drain_ms=5000),
        "gone": code_of(lambda: host.infer(name, b"")),
    }
    return seen


def scenario_numbers(host: Host, options: dict) -> dict:
    """Use up a block of request numbers; then send one that is used up and one that was never granted."""
    loop = options["loop"]
    first, end = host._blocks[0]
    for _ in range(end - first - 1):
        host.next_number()
    last = host.infer(loop, b"x").number
    until = time.monotonic() + 5
    while not host._blocks and time.monotonic() < until:
        time.sleep(0.01)
    beyond = host.infer(loop, b"x").number
    for number in (last, end + 2**40):
        host.inference.post(Record(REQUEST, number, loop, pack({})))
    # A header may miss all its keys, and be missing.
    bare = [host.submit_bare(loop, header, b"bare") for header in (pack({}), b"")]
    host.inference.post(Record(CANCEL, 12345))
    return {
        "last": last == end - 1, "beyond": beyond >= end, "bare": all(future.result(10).result == b"bare" for future in bare),
        "after": host.infer(loop, b"y").result == b"y",
    }


def scenario_strays(host: Host, options: dict) -> dict:
    """What a receiver ignores or drops; the connection stays."""
    before = host.command("get_metrics")["counters"]
    for kind in (99, READY, RESULT):
        host.management.post(Record(kind))
    host.inference.post(Record(99))
    host.inference.post(Record(ACK))
    alive = host.infer(options["loop"], b"z").result == b"z"
    after = host.command("get_metrics")["counters"]
    return {"alive": alive, "rise": {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}}


def scenario_subscribe(host: Host, options: dict) -> dict:
    """Twenty results of a source; then what is refused."""
    results = host.subscribe(options["source"])
    got = [results.get(timeout=10) for _ in range(20)]
    host.unsubscribe(options["source"])
    return {
        "numbers": [outcome.result["n"] for outcome in got],
        "frames": all((outcome.result["frame"] == outcome.result["n"] % 256).all() for outcome in got),
        "metadata": [outcome.metadata["n"] for outcome in got],
        "times": all(outcome.header["sent_at"] - 5 <= outcome.times[0] for outcome in got),
        "unknown": code_of(lambda: host.command("subscribe", inference_name="nobody")),
        "no_source": code_of(lambda: host.command("subscribe", inference_name=options["sink"])),
        "taken": host.infer(options["sink"], b"", {"mode": "echo"}).result,
    }


def scenario_follow(host: Host, options: dict) -> dict:
    """A source through whatever happens, until it is unloaded."""
    results = host.subscribe(options["source"])
    numbers = []
    while not isinstance(outcome := results.get(timeout=30), ClusterError):
        numbers.append(outcome.result["n"])
    return {"code": outcome.code, "numbers": numbers}


def scenario_streams(host: Host, options: dict) -> dict:
    """Answers in parts, from whichever container: several at once, one of them by a reader that is slow."""
    name, metadata = options["name"], options["metadata"]
    streams = [host.stream(name, b"", {**metadata, "count": count}) for count in (0, 1, 40, 200)]
    read = [list(stream) for stream in streams]
    slow, got = host.stream(name, b"", {**metadata, "count": 60}), []
    for part in slow:
        got.append(part)
        time.sleep(0.005)
    return {
        "in_order": all(parts == list(range(len(parts))) for parts in [*read, got]),
        "lengths": [len(parts) for parts in [*read, got]],
        "results": [stream.future.result(5).result for stream in [*streams, slow]],
    }


def scenario_files(host: Host, options: dict) -> dict:
    """A program that the manager's machine does not have at the path that its config names: sent, run, and sent again."""
    config, board, source = options["config"], options["board"], options["source"]
    name, path = config["name"], config["script_path"]
    nothing = [{"path": path, "unreadable": "does not exist"}]
    command = {"cmd": "load_inference", "container_config": [config], "coprocessor_name": [board]}
    absent = code_of(lambda: host.command("offer_files", command=command, files=nothing))
    containers, wanted, sent = load_with_files(host, config, board, {path: source})
    result = host.infer(name, b"from afar", {"mode": "echo"}).result
    bad = code_of(lambda: host.command("put_chunk", sha256="0" * 64, size=1, offset=0, data=b"x"))
    host.command("unload_inference", inference_name=name)
    _, again, sent_again = load_with_files(host, config, board, {path: source})
    host.command("unload_inference", inference_name=name)
    return {
        "absent": absent, "script_path": containers[0]["script_path"], "wanted": wanted, "sent": sent, "result": result == b"from afar",
        "bad": bad, "again": again, "sent_again": sent_again,
    }


SCENARIOS = {
    "files": scenario_files,
    "streams": scenario_streams,
    "subscribe": scenario_subscribe,
    "follow": scenario_follow,
    "infer": scenario_infer,
    "commands": scenario_commands,
    "numbers": scenario_numbers,
    "strays": scenario_strays,
}


def main() -> None:
    manager_json, scenario, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3] if len(sys.argv) > 3 else "{}")
    if scenario == "refused":
        print(json.dumps(code_of(lambda: Host(manager_json, **options))))
        return
    host = Host(manager_json)
    try:
        seen = SCENARIOS[scenario](host, options)
        seen |= {"open": host.open_requests, "missing": host.missing}
    finally:
        host.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
