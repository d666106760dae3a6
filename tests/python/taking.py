"""A sink's word on what its program has got (docs/protocol.md, section 17): said again until the manager is known to have heard it."""

from aicluster_link import Link
from aicluster_wire import TAKEN, Record, pack_numbers


class Taking:
    """Whoever uses it holds the peer's lock."""

    def __init__(self, answers: Link):
        self.answers = answers
        # By request number: the link sequence it was last said with; 0 not yet.
        self._unheard: dict[int, int] = {}
        self._connected = False

    def taken(self, number: int):
        self._unheard[number] = 0

    def done(self, number: int):
        """Its answer says as much."""
        self._unheard.pop(number, None)

    def up(self, in_hand: list[int], same_epoch: bool):
        """A manager of another epoch knows nothing of what was taken; the same one has ended it."""
        self._connected = True
        self._unheard = {} if same_epoch else dict.fromkeys(in_hand, 0)

    def down(self):
        self._connected = False

    def repeat(self):
        self._unheard = dict.fromkeys(self._unheard, 0)

    def acknowledged(self, sequence: int):
        self._unheard = {number: said for number, said in self._unheard.items() if said == 0 or said > sequence}

    def tick(self):
        if not self._connected or not self._unheard:
            return
        unsaid = [number for number, said in self._unheard.items() if said == 0]
        if unsaid:
            record = Record(TAKEN, body=pack_numbers(sorted(unsaid)))
            self.answers.send(record)
            self._unheard.update(dict.fromkeys(unsaid, record.link_sequence))
        else:
            # A loss shows by what follows.
            self.answers.ping_if_due()
