"""What a bad network, or a defect, would do to the records of a link: some never arrive, some arrive twice."""

from aicluster_wire import HELLO, WELCOME, Record


class Faults:
    """Of the records that are sent, and of those that come, loses every so many-th, and doubles every so many-th; 0: none."""

    def __init__(self, sent_lost: int = 0, received_lost: int = 0, doubled: int = 0):
        self._lost = {"sent": sent_lost, "received": received_lost}
        self._doubled = doubled
        self._seen = {"sent": 0, "received": 0}

    def sent(self, record: Record) -> int:
        """How many copies of it leave."""
        return self._copies("sent")

    def received(self, record: Record) -> int:
        """How many copies of it come."""
        return self._copies("received")

    def _copies(self, way: str) -> int:
        self._seen[way] += 1
        seen, lost = self._seen[way], self._lost[way]
        if lost and seen % lost == 0:
            return 0
        return 2 if self._doubled and seen % self._doubled == 0 else 1


class FirstGreetingLost:
    """Loses the first hello of a link and the first welcome to it."""

    def __init__(self):
        self._to_lose = {HELLO, WELCOME}

    def sent(self, record: Record) -> int:
        return self._copies(record)

    def received(self, record: Record) -> int:
        return self._copies(record)

    def _copies(self, record: Record) -> int:
        if record.kind not in self._to_lose:
            return 1
        self._to_lose.discard(record.kind)
        return 0
