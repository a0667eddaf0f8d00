"""One interface to all Python bindings of RtMidi: `RtMidi` and `Client`.

The bindings differ in the arguments of their callback and in the exceptions they raise. Everything
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

OnBytes = Callable[[bytes], object]  # receives each message, in the binding's own thread


class Binding(NamedTuple):
    """One package that wraps RtMidi."""

    package: str  # its name on PyPI
    module: str
    message: Callable[..., list[int]]  # returns the bytes from the arguments of a callback


# The first that loads is used. `pyproject.toml` says which of them each system installs.
BINDINGS = (
    Binding("python-rtmidi", "rtmidi", lambda message_and_delta, _data: message_and_delta[0]),
    Binding("supriya-midi", "supriya_midi", lambda message, _delta, _data: message),
)
# supriya-midi has wheels for Python 3.11 and later, python-rtmidi only up to 3.12.
RECOMMENDED = BINDINGS[sys.version_info >= (3, 13)]

# A function that only the right module has. Other packages install a module `rtmidi`, too.
_PROOF = "get_compiled_api_by_name"


class Client:
    """An input or output of one MIDI system, at first without a port.

    Its methods may raise any Exception of the binding.
    """

    def __init__(self, binding: Binding, client: Any) -> None:
        self._binding = binding
        self._client = client

    def get_ports(self) -> list[str]:
        """Return the names of the ports that the client could be connected to, by index."""
        return [self._port_name(index) for index in range(self._client.get_port_count())]

    def _port_name(self, index: int) -> str:
        try:
            return str(self._client.get_port_name(index))
        except UnicodeDecodeError:  # from supriya-midi, if the name is not UTF-8
            return f"port {index}"

    def open_port(self, index: int, name: str) -> None:
        """Open a port called `name` and connect it to the port at `index` of `get_ports`."""
        self._client.open_port(index, name)

    def open_virtual_port(self, name: str) -> None:
        """Open a port called `name` that others can connect to (not on Windows)."""
        self._client.open_virtual_port(name)

    def send_message(self, data: bytes) -> None:
        """Send one MIDI message (outputs only)."""
        self._client.send_message(data)

    def listen(self, on_message: OnBytes, *, everything: bool = False) -> None:
        """Call `on_message` with each message that arrives (inputs only).

        SysEx and active sensing are dropped unless `everything` is set; clocks are not.
        """
        message = self._binding.message
        # By default RtMidi drops clocks as well.
        self._client.ignore_types(not everything, False, not everything)
        self._client.set_callback(lambda *args: on_message(bytes(b & 0xFF for b in message(*args))))

    def ignore(self) -> None:
        """Stop listening. Do this before `delete`, or the client waits for itself for ever."""
        self._client.cancel_callback()

    def close_port(self) -> None:
        """Close the port. Only an output that `open_port` connected can be opened again."""
        self._client.close_port()

    def delete(self) -> None:
        """Close the client. Without this call it leaks."""
        self._client.delete()


class RtMidi:
    """The library RtMidi, through the binding that is installed.

    If there is none, PortError says what to install.
    """

    def __init__(self) -> None:
        self._binding, self._module = _load()

    def find_system(self, name: str) -> Any:
        """Return RtMidi's number of the system `core`, `winmm`, `alsa` or `jack`.

        It is a false value if the library was built without that system.
        """
        return self._module.get_compiled_api_by_name(name)

    def name_of(self, system: Any) -> str:
        """Return the usual name of `system`."""
        return str(self._module.get_api_display_name(system))

    def open(self, system: Any, name: str, *, output: bool) -> Client:
        """Return a client called `name`; raises any Exception if the system is not running."""
        kind = self._module.MidiOut if output else self._module.MidiIn
        client = kind(system, name)
        client.get_port_count()  # without a server, the client fails only at this call
        return Client(self._binding, client)


def _prefer_system_jack() -> None:
    """Load the system's JACK library before the copies in the wheels.

    A client must speak the protocol of its server. supriya-midi 26.10b4 contains libjack 1.9.14,
    which the servers of Debian 12 and 13 (1.9.21, 1.9.22) refuse, and no copy can connect to
    PipeWire. The linker resolves a symbol from globally loaded libraries before those of a wheel.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # without the library, there is no server either
            _silence(ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL))


def _silence(jack: ctypes.CDLL) -> None:
    """Keep JACK's library from writing to stderr, which it also does from its own threads.

    The lines would spoil the terminal's screen, and an ended server is shown as a fault anyway.
    """
    # The library calls the function with a string, in a real-time thread. A Python function would
    # wait there for the interpreter's lock. `strlen` only reads the string.
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
        broken.append(PortError(f"the module {binding.module} is not from {binding.package}"))
    raise broken[0] if broken else PortError(f"pip install {RECOMMENDED.package}")
