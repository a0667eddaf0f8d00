import pytest

from drumatlas.errors import FileError
from drumatlas.midi.port import NullPort, SeveralPorts


class Closing(NullPort):
    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.is_closed = False
        self._error = error

    def close(self) -> None:
        self.is_closed = True
        if self._error:
            raise self._error


def test_all_are_closed_though_some_fail_and_the_first_error_is_raised() -> None:
    ports = [Closing(), Closing(FileError("full")), Closing(OSError("gone")), Closing()]
    with pytest.raises(FileError, match="full"):
        SeveralPorts(ports).close()
    assert all(port.is_closed for port in ports)
