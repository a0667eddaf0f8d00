from typing import Any

from support.alsa_library import alsa_or_skip

alsa_midi = alsa_or_skip()

from drumatlas.midi.alsa.ports import list_alsa  # noqa: E402 - skipped where ALSA is not


class PortLister:
    """A sequencer with these ports."""

    client_id = 128

    def __init__(self, ports: list[Any]) -> None:
        self._ports = ports

    def list_ports(self, **_wanted: Any) -> list[Any]:
        return self._ports


def port(client: int, name: str, capability: Any = alsa_midi.WRITE_PORT) -> Any:
    info = alsa_midi.PortInfo(client, 0, "MIDI 1", capability)
    info.client_name = name
    return info


def test_ports_are_listed_but_our_own_and_those_that_ask_to_be_left_alone() -> None:
    hidden = alsa_midi.WRITE_PORT | alsa_midi.PortCaps.NO_EXPORT
    ports = [port(20, "TR-8S"), port(128, "drumatlas"), port(129, "drumatlas watch", hidden)]
    (found,) = list_alsa(PortLister(ports), output=True)
    assert (found.name, found.address) == ("TR-8S:MIDI 1", (20, 0))
