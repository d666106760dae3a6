"""A container in Python. `mode` in the metadata of a request chooses what it does with the data."""

import itertools
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from aicluster_container import Container, Request
from faults import Faults


def statistics(data) -> dict:
    array = data if isinstance(data, np.ndarray) else np.frombuffer(data, dtype=np.uint8)
    total = array.astype(np.float64).sum()
    return {
        "sum": float(total), "dtype": array.dtype.name, "shape": list(array.shape),
        "parts": [None, {"reversed": array.ravel()[::-1].astype(np.float32), "raw": array.tobytes()[:3]}],
    }


def work(request: Request) -> None:
    mode = request.metadata.get("mode")
    try:
        if mode == "echo":
            request.respond(request.data)
        elif mode == "statistics":
            request.respond(statistics(request.data))
        elif mode == "about":
            request.respond({"name": request.name, "metadata": request.metadata, "deadline_ms": request.record.deadline_ms})
        elif mode == "metadata":
            request.respond(None, metadata={**request.metadata, "added": True})
        elif mode == "parts":
            for n in range(request.metadata["count"]):
                request.send_part({"n": n, "raw": request.data} if request.data else n)
            request.respond(request.metadata["count"])
        elif mode == "slow":
            until = time.monotonic() + request.metadata.get("ms", 300) / 1000
            while time.monotonic() < until and not request.cancelled:
                time.sleep(0.005)
            request.respond({"cancelled": request.cancelled, "at_once": request.container.in_hand})
        elif mode == "noted":
            # One write each: whoever reads the file sees what was run, and how often.
            with open(request.metadata["journal"], "ab", buffering=0) as journal:
                journal.write(f"{request.metadata['tag']}\n".encode())
            time.sleep(request.metadata["ms"] / 1000)
            request.respond(request.metadata["tag"])
        elif mode == "exit":
            sys.stderr.write("told to exit\n")
            sys.stderr.flush()
            request.respond("bye")
            request.container.drain()
        else:
            raise ValueError(f"no mode {mode!r}")
    except Exception as error:  # noqa: BLE001 - whatever the program does wrong is its answer
        request.fail(f"Unknown error: the container's program failed: {error}", details={"mode": str(mode)})


def publish_for_ever(container: Container) -> None:
    for n in itertools.count():
        container.publish({"n": n, "frame": np.full((2, 2), n % 256, np.uint8)}, {"n": n})
        time.sleep(0.01)


def main() -> int:
    # "5 7 3": every 5th record that is sent gets lost, and every 7th that comes; every 3rd is doubled.
    every = [int(count) for count in os.environ.get("PEER_FAULTS", "").split()]
    container = Container(faults=lambda: Faults(*every))
    # The I/O thread goes on; what is in hand is answered before the end.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=container.drain).start())
    container.wait_connected()
    container.ready()
    if os.environ.get("PEER_PUBLISHES"):
        threading.Thread(target=publish_for_ever, args=[container], daemon=True).start()
    with ThreadPoolExecutor(container.max_send_num) as pool:
        while request := container.receive():
            pool.submit(work, request)
    if container.refusal:
        sys.stderr.write(f"refused: {container.refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
