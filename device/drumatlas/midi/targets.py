"""The names that users give to MIDI outputs and inputs: "TR-8S@-3ms", "uart:/dev/serial0".

USAGES is the only list of these names. Help texts and the configuration are generated from it.
To add a kind of output: add a member to Kind, its row to USAGES, and the function that opens it to
OUTPUTS in choose.py.
"""

import re
from dataclasses import dataclass
from enum import Enum

from drumatlas.errors import PortError

MAX_OFFSET_MS = 100.0
_OFFSET = re.compile(r"@([+-]?\d+(?:\.\d+)?)ms\Z")


class Kind(Enum):
    """A kind of output or input. The value is its name, or a prefix of its names."""

    PORT = ""
    VIRTUAL = "virtual"
    AUTO = "auto"
    NONE = "none"
    UART = "uart:"
    FILE = "file:"


@dataclass(frozen=True, slots=True)
class Usage:
    """How users name a kind.

    In help texts, `argument` stands for the part after `Kind.value`, and `meaning` explains the
    kind. `needs`, `begins` and `example` describe an argument that must be given. With
    `writes_file`, closing the output writes a file, also if the start has failed.
    """

    argument: str = ""
    meaning: str = ""
    is_input: bool = True
    has_offset: bool = False
    writes_file: bool = False
    needs: str = ""
    begins: str = ""
    example: str = ""


USAGES = {
    Kind.PORT: Usage(
        "NAME", "a port by its name in `drumatlas ports` or a part of it", has_offset=True
    ),
    Kind.VIRTUAL: Usage(meaning="a port that others connect to", has_offset=True),
    Kind.AUTO: Usage(meaning="the first synth, else virtual", is_input=False),
    Kind.NONE: Usage(),
    Kind.UART: Usage(
        *("DEVICE", "a serial port"),
        has_offset=True,
        needs="a device",
        begins="/",
        example="uart:/dev/serial0",
    ),
    Kind.FILE: Usage(
        *("F.mid", "a recording"),
        is_input=False,
        writes_file=True,
        needs="a name",
        example="file:take.mid",
    ),
}


def kind_of(text: str) -> Kind:
    """Return the kind of output or input that `text` names. Never raises."""
    for kind, usage in USAGES.items():
        word = _OFFSET.sub("", text) if usage.has_offset else text
        if kind.value and (word.startswith(kind.value) if usage.argument else word == kind.value):
            return kind
    return Kind.PORT


@dataclass(frozen=True, slots=True)
class MidiTarget:
    """One MIDI output or input, as a user named it.

    `name` is the name of a port, the device of a UART or the path of a file, else "". An output
    sends each message `offset_ms` after it is due: -MAX_OFFSET_MS..MAX_OFFSET_MS, negative is
    earlier.
    """

    kind: Kind
    name: str = ""
    offset_ms: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "MidiTarget":
        """Return the output that `text` names.

        Raises PortError if the offset is too large, or if a device or a file is not given.
        """
        kind = kind_of(text)
        usage = USAGES[kind]
        offset = _OFFSET.search(text) if usage.has_offset else None
        offset_ms = float(offset[1]) if offset else 0.0
        if abs(offset_ms) > MAX_OFFSET_MS:
            raise PortError(
                f"MIDI output '{text}': an offset is at most {MAX_OFFSET_MS:g} ms either way"
            )
        name = text[: offset.start()] if offset else text
        return cls(kind, _argument(kind, name, f"output '{text}'"), offset_ms)

    @classmethod
    def parse_input(cls, text: str) -> "MidiTarget":
        """Return the input that `text` names.

        Raises PortError if it is an output's kind, has an offset, or if a device is not given.
        """
        kind = kind_of(text)
        if not USAGES[kind].is_input:
            among = INPUT_CHOICES.replace("|", ", ")
            raise PortError(f"MIDI input '{text}': can only be an output; choose from {among}")
        if USAGES[kind].has_offset and _OFFSET.search(text):
            raise PortError(f"MIDI input '{text}': only outputs have an offset; leave it out")
        return cls(kind, _argument(kind, text, f"input '{text}'"))

    @property
    def word(self) -> str:
        """The name of the target, without the offset."""
        return f"{self.kind.value}{self.name}"


def _argument(kind: Kind, word: str, shown: str) -> str:
    """Return the part of `word` after the kind; PortError if it is not what the kind needs."""
    usage = USAGES[kind]
    argument = word.removeprefix(kind.value)
    if usage.needs and not (argument and argument.startswith(usage.begins)):
        raise PortError(f"MIDI {shown} needs {usage.needs}, as in {usage.example}")
    return argument


def _choices(kinds: list[Kind]) -> str:
    return "|".join(f"{kind.value}{USAGES[kind].argument}" for kind in kinds)


def _explain(kinds: list[Kind]) -> str:
    meanings = (USAGES[kind].meaning for kind in kinds)
    words = [
        f"{_choices([kind])} ({meaning})" if meaning else _choices([kind])
        for kind, meaning in zip(kinds, meanings, strict=True)
    ]
    return f"{', '.join(words[:-1])} or {words[-1]}"


_INPUTS = [kind for kind in Kind if USAGES[kind].is_input]
OUTPUT_CHOICES, INPUT_CHOICES = _choices([*Kind]), _choices(_INPUTS)
_OFFSET_HELP = "NAME@-3.5ms plays that output 3.5 ms earlier"
OUTPUT_HELP = f"{_explain([*Kind])}; {_OFFSET_HELP}"
INPUT_HELP = _explain(_INPUTS)
# A short form for the configuration, where each key has one line.
OUTPUT_BRIEF = f"{OUTPUT_CHOICES}; {_OFFSET_HELP} (see `drumatlas play --help`)"
