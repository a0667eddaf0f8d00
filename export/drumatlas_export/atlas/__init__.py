"""From a checkpoint to an atlas: knob basis, map, genre areas, ONNX networks."""
