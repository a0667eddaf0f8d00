"""The Python bindings of RtMidi as one: whichever is installed, others see `RtMidi` and `Client`.

The bindings differ in the arguments of their callback and in the exceptions they raise; all
else that is used here has the same name and the same positional arguments in each of them.
"""

import contextlib
import ctypes
import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from drumatlas.errors import PortError
from drumatlas.midi.missing import does_not_load

Hear = Callable[[bytes], object]  # gets each message, in the binding's own thread


class Binding(NamedTuple):
    """One package that wraps RtMidi."""

    package: str  # its name on PyPI
    module: str
    message: Callable[..., list[int]]  # picks the bytes out of the arguments of a callback


# The first that loads is taken. `pyproject.toml` says which of them each system installs.
BINDINGS = (
    Binding("python-rtmidi", "rtmidi", lambda message_and_delta, _data: message_and_delta[0]),
    Binding("supriya-midi", "supriya_midi", lambda message, _delta, _data: message),
)
# supriya-midi has wheels from Python 3.11 on, python-rtmidi none from 3.13 on.
RECOMMENDED = BINDINGS[sys.version_info >= (3, 13)]

# Other packages, too, install a module called `rtmidi`.
_PROOF = "get_compiled_api_by_name"


class Client:
    """An input or output of one MIDI system, without a port at first.

    Apart from PortError, methods raise what the binding raises: any Exception.
    """

    def __init__(self, binding: Binding, client: Any) -> None:
        self._binding = binding
        self._client = client

    def get_ports(self) -> list[str]:
        """Return the names of the ports that it could be connected to, by index."""
        return [self._port_name(index) for index in range(self._client.get_port_count())]

    def _port_name(self, index: int) -> str:
        try:
            return str(self._client.get_port_name(index))
        except UnicodeDecodeError:  # supriya-midi on a name that is not UTF-8
            return f"port {index}"

    def open_port(self, index: int, name: str) -> None:
        """Connect a port of its own, called `name`, to the port at `index` of `get_ports`."""
        self._client.open_port(index, name)

    def open_virtual_port(self, name: str) -> None:
        """Offer a port called `name` for others to connect to (not on Windows)."""
        self._client.open_virtual_port(name)

    def send_message(self, data: bytes) -> None:
        """Send one MIDI message (outputs only)."""
        self._client.send_message(data)

    def listen(self, hear: Hear, *, everything: bool = False) -> None:
        """Give each message that comes in to `hear` (inputs only): clocks too, SysEx and active
        sensing only with `everything`."""
        message = self._binding.message
        # RtMidi drops clocks too unless it is asked not to.
        self._client.ignore_types(not everything, False, not everything)
        self._client.set_callback(lambda *given: hear(bytes(b & 0xFF for b in message(*given))))

    def ignore(self) -> None:
        """End what `listen` began. A client that is deleted while it listens waits for itself."""
        self._client.cancel_callback()

    def close_port(self) -> None:
        """Close the port. Only an output that was connected by `open_port` can be opened again."""
        self._client.close_port()

    def delete(self) -> None:
        """Leave the MIDI system. Without this clients leak."""
        self._client.delete()


class RtMidi:
    """RtMidi's library by the binding that is installed; PortError says what to install if
    none is."""

    def __init__(self) -> None:
        self._binding, self._module = _load()

    def find_system(self, name: str) -> Any:
        """Return RtMidi's number of the system called `core`, `winmm`, `alsa` or `jack`; a false
        value if the library was built without it."""
        return self._module.get_compiled_api_by_name(name)

    def name_of(self, system: Any) -> str:
        """Return the name of `system` as people know it."""
        return str(self._module.get_api_display_name(system))

    def open(self, system: Any, name: str, *, output: bool) -> Client:
        """Return a client called `name`; any Exception if that system is not running."""
        kind = self._module.MidiOut if output else self._module.MidiIn
        client = kind(system, name)
        client.get_port_count()  # without a server, one that was made fails only now
        return Client(self._binding, client)


def _prefer_system_jack() -> None:
    """Load the system's JACK library ahead of the copies that wheels bring.

    A client must speak the protocol of its server: supriya-midi 26.10b4 brings libjack 1.9.14,
    which the servers of Debian 12 and 13 (1.9.21, 1.9.22) refuse, and no copy reaches PipeWire.
    The linker takes a symbol from what was loaded globally before it looks into a wheel.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # without the library there is no server either
            _silence(ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL))


def _silence(jack: ctypes.CDLL) -> None:
    """Keep JACK's library from writing to stderr, which it also does from threads of its own: that
    a server has ended is shown as a fault, and the lines would spoil the terminal's panel."""
    # What the library calls gets a string and must be no Python function, which would wait for the
    # interpreter in the middle of a real-time thread. `strlen` reads the string and does no more.
    for name in ("jack_set_error_function", "jack_set_info_function"):
        with contextlib.suppress(AttributeError):
            getattr(jack, name)(ctypes.CDLL(None).strlen)


def _load() -> tuple[Binding, Any]:
    _prefer_system_jack()
    broken: list[PortError] = []
    for binding in BINDINGS:
        try:
            module = importlib.import_module(binding.module)
        except ModuleNotFoundError:
            continue
        except (ImportError, OSError) as error:
            broken.append(does_not_load(binding.package, error))
            continue
        if hasattr(module, _PROOF):
            return binding, module
        broken.append(PortError(f"the module {binding.module} is not that of {binding.package}"))
    raise broken[0] if broken else PortError(f"pip install {RECOMMENDED.package}")
