"""What each control does, in the words of the example configuration."""

from collections.abc import Mapping

from drumatlas.beat.voices import GROUPS
from drumatlas.explore.controls import MAX_BPM, MIN_BPM, SLOTS

# A value control: how the sentence "this control ..." goes on.
VALUE_WORDS: Mapping[str, str] = {
    **{f"x{i}": f"moves you along axis {i} of 4 of the space of beats" for i in range(1, 5)},
    "map_x": "moves you left and right on the map",
    "map_y": "moves you down and up on the map",
    "tempo": f"sets the tempo, from {MIN_BPM:g} to {MAX_BPM:g} beats per minute",
    "density": "sets how many hits the beat has",
    **{
        f"density.{group}": f"sets how many hits the beat has of the group {group}"
        for group in GROUPS
    },
    "swing": "delays every second 16th note",
    "chaos": "varies the beat at random, from one repeat to the next",
    "humanize": "moves hits a little off the grid, at random",
    "accent": "sets how far loud and soft hits lie apart",
    "morph": "moves you between snapshots, from a and c to b and d",
    "morph_y": "moves you between snapshots, from a and b to c and d",
}
BUTTON_WORDS: Mapping[str, str] = {
    "play": "starts and stops the beat",
    "tap": "sets the tempo when tapped on the beats",
    "fill": "plays a drum fill until the end of the bar",
    "freeze": "keeps the beat as it is while you move",
    "next_genre": "goes to the next genre",
    "prev_genre": "goes to the previous genre",
    **{f"save_{slot}": f"saves where you are as snapshot {slot}" for slot in SLOTS},
    **{f"load_{slot}": f"goes to snapshot {slot}" for slot in SLOTS},
    "wander": "travels by itself, on and off",
    "novelty": "leaves beats of the training data out, on and off",
    "panic": "ends every note on every channel in use",
    "undo": "goes back to where you were before the last jump",
    "keep": "writes the last 8 bars to a .mid file",
    "learn": "binds the control and the MIDI controller that you move next",
}
SHIFT_WORDS = "gives the controls their second function while it is held"
LAMP_WORDS: Mapping[str, str] = {
    "beat": "lights on each beat",
    "lock": "lights while the box follows another device's clock",
    "filter": "lights while the beat comes from a place nearby",
}
