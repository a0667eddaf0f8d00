"""Where the value controls stand: the only place that stores tempo and feel. Pure."""

from collections.abc import Iterator, Mapping

from drumatlas.explore.controls import BY_NAME, DEFAULTS, bpm_of, tempo_of


def _is_tempo(name: str) -> bool:
    return BY_NAME[name].moves == "tempo"


class ControlValues(Mapping[str, float]):
    """The values 0..1 of all value controls, by name. KeyError for other names.

    The tempo is stored as `bpm` only. Taps and the configuration can set it more finely than the
    tempo control does, and to values outside of the control's range; the control then stands at
    the nearer end.
    """

    def __init__(self, bpm: float = bpm_of(DEFAULTS["tempo"])) -> None:
        self.bpm = bpm
        self._values = {name: value for name, value in DEFAULTS.items() if not _is_tempo(name)}

    def __getitem__(self, name: str) -> float:
        """Return where a control stands."""
        return tempo_of(self.bpm) if _is_tempo(name) else self._values[name]

    def __setitem__(self, name: str, value: float) -> None:
        """Move a control to `value`, 0..1."""
        if _is_tempo(name):
            self.bpm = bpm_of(value)
        else:
            self._values[name] = value

    def __iter__(self) -> Iterator[str]:
        """Yield the names in the order of the table of controls."""
        return iter(DEFAULTS)

    def __len__(self) -> int:
        """Return how many value controls there are."""
        return len(DEFAULTS)

    def restore(self, values: Mapping[str, float]) -> None:
        """Move the controls in `values` there. If the tempo control already stands at its value,
        `bpm` stays as it is, also outside of the control's range."""
        for name, value in values.items():
            if value != self[name]:
                self[name] = value
