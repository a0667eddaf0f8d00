"""What each control does, in the words of the example configuration."""

from collections.abc import Mapping

from drumatlas.explore.controls import CONTROLS

# How the sentence "this control ..." continues.
VALUE_WORDS: Mapping[str, str] = {c.name: c.help for c in CONTROLS if not c.is_button}
BUTTON_WORDS: Mapping[str, str] = {c.name: c.help for c in CONTROLS if c.is_button}
SHIFT_WORDS = "gives the controls their second function while it is held"
LAMP_WORDS: Mapping[str, str] = {
    "beat": "lights on each beat",
    "lock": "lights while the box follows another device's clock",
    "filter": "lights while the beat comes from a place nearby",
}
