"""From a checkpoint to an atlas (knob basis, map, genre areas, ONNX), and MIDI packs of beats."""
