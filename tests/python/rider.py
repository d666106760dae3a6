"""`rider.py MANAGER_JSON JSON`: a client that has requests open through whatever a test does meanwhile, and prints how each ended as JSON."""

import json
import sys
from concurrent.futures import Future

from aicluster_host import Host
from aicluster_payload import ClusterError
from faults import Faults, FirstGreetingLost


def ending(tag: str, future: Future) -> str:
    """`right`, or what went wrong."""
    try:
        result = future.result(30).result
        return "right" if result == tag else f"answered {result!r}"
    except ClusterError as error:
        return str(error.code)
    except TimeoutError:
        return "none"


def ride(host: Host, name: str, count: int, ms: int, journal: str) -> dict:
    """`count` requests at once, each noted by the container in the file `journal`, and answered after `ms`."""
    first_session = host.identity
    tags = [f"tag-{number}" for number in range(count)]
    made = host.submit_many([(name, b"", {"mode": "noted", "tag": tag, "journal": journal, "ms": ms}) for tag in tags])
    endings = {tag: ending(tag, future) for tag, (_, future) in zip(tags, made)}
    return {
        "endings": endings,
        "same_session": host.identity == first_session,
        "after": ending("after", host.submit(name, b"", {"mode": "noted", "tag": "after", "journal": journal, "ms": 0})[1]),
        "boards": len(host.command("get_coprocessor_handler")),
        "open": host.open_requests,
    }


def main() -> None:
    manager_json, options = sys.argv[1], json.loads(sys.argv[2])
    faults = FirstGreetingLost if options.get("greeting_lost") else lambda: Faults(*options.get("faults", ()))
    host = Host(manager_json, faults=faults, **options.get("hello", {}))
    try:
        seen = ride(host, **options["ride"])
        seen["missing"] = host.missing
    finally:
        for link in host.links:
            link.faults = None
        host.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
