"""A panel that is moved by a test."""

from drumatlas.explore.controls import Change


class FakePanel:
    """Gives what it was handed, once."""

    def __init__(self, *changes: Change) -> None:
        self.name = "fake"
        self.changes = list(changes)
        self.fault = ""

    def poll(self, _now_ns: int) -> list[Change]:
        if self.fault:
            raise OSError(self.fault)
        changes, self.changes = self.changes, []
        return changes

    def close(self) -> None: ...
