"""Files that a manager does not see, by docs/protocol.md, section 11, "Files that are sent"."""

import hashlib
import json
import os
import stat

from aicluster_host import Host

PIECE_BYTES = 261_120


def seen(source: str) -> dict:
    """What tells a file or folder from every other one."""
    about = os.stat(source)
    numbers = {"dev": about.st_dev, "ino": about.st_ino, "size": about.st_size, "mtime_ns": about.st_mtime_ns, "ctime_ns": about.st_ctime_ns}
    return {key: str(number) for key, number in numbers.items()}


def tree_of(path: str, source: str) -> tuple[bytes, dict[str, str]]:
    """The list of what lies at `source`, to be known as `path`; where each content is, by its hash."""
    entries, sources = [], {}

    def add(place: str, at: str) -> None:
        about = os.stat(at)
        if stat.S_ISDIR(about.st_mode):
            entries.append({"place": place, "kind": "folder"})
            for name in sorted(os.listdir(at)):
                add(f"{place}/{name}" if place else name, os.path.join(at, name))
            return
        with open(at, "rb") as file:
            sha256 = hashlib.sha256(file.read()).hexdigest()
        sources[sha256] = at
        executable = bool(about.st_mode & 0o111)
        entries.append({"place": place, "kind": "file", "size": about.st_size, "executable": executable, "sha256": sha256})

    add("", source)
    return json.dumps({"version": 1, "path": path, "entries": entries}).encode(), sources


def put(host: Host, content: bytes, sha256: str, executable: bool, offset: int) -> None:
    """What is still missing of a content; the reply says where to go on."""
    while True:
        piece = content[offset : offset + PIECE_BYTES]
        told = host.command("put_chunk", sha256=sha256, size=len(content), executable=executable, offset=offset, data=piece)
        offset = told["offset"]
        if offset >= len(content):
            return


def bring(host: Host, path: str, source: str) -> tuple[dict, int]:
    """Send what the manager lacks of a tree. Returns its entry for a command's `files`, and how many contents went."""
    tree_list, sources = tree_of(path, source)
    tree = hashlib.sha256(tree_list).hexdigest()
    page = host.command("get_missing", tree=tree)
    if page["list_offset"] is not None:
        put(host, tree_list, tree, False, page["list_offset"])
        page = host.command("get_missing", tree=tree)
    sent = 0
    while True:
        for missing in page["missing"]:
            with open(sources[missing["sha256"]], "rb") as file:
                put(host, file.read(), missing["sha256"], missing["executable"], missing["offset"])
            sent += 1
        if page["next"] is None:
            return {"path": path, "tree": tree}, sent
        page = host.command("get_missing", tree=tree, after=page["next"])


def load_with_files(host: Host, config: dict, board: str, places: dict[str, str]) -> tuple[list, list[str], int]:
    """Load an inference whose paths lie at other places of this machine. Returns its containers, what was wanted, contents that went."""
    command = {"cmd": "load_inference", "container_config": [config], "coprocessor_name": [board]}
    offered = [{"path": path, "seen": seen(source)} for path, source in places.items()]
    wanted = host.command("offer_files", command=command, files=offered)["wanted"]
    brought = [bring(host, path, places[path]) for path in wanted]
    containers = host.raw_command({**command, "files": [entry for entry, _ in brought]})
    return containers, wanted, sum(sent for _, sent in brought)
