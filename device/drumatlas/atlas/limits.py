"""Limits on the networks of an atlas. Pure.

An ONNX graph is a program: a Loop may never end, an Expand may ask for all memory there is. The
operators allowed here do a fixed amount of work for each point, whatever the point is.
"""

from drumatlas.atlas.numpy_network import OPERATORS
from drumatlas.atlas.onnx_file import read_operators
from drumatlas.errors import AtlasError

MOST_NODES = 400  # the built-in decoder has 223
MOST_BYTES = 16 << 20  # of a network with its weights; the built-in decoder has 4 MB
MOST_POINTS = 200_000  # of a map; the built-in one has some thousands
MOST_LABELS = 20_000  # labelled places; each lookup of a genre visits all of them
MOST_SIDE = 1024  # cells along each side of the map's land
MOST_KNOWN = 4_000_000  # hashes of training beats, 8 bytes each; the built-in atlas has 23,000

# Operators of ONNX (https://onnx.ai/onnx/operators/). NumPy runs OPERATORS, which are all that our
# exporters write, except for the Slice of a VAE's encoder. The others belong to common layers and
# need onnxruntime. None of them branches or repeats, or makes a tensor whose size depends on data.
ALLOWED = {"Constant", *OPERATORS} | {
    *("Abs", "BatchNormalization", "Div", "Exp", "Gelu", "HardSigmoid", "LayerNormalization"),
    *("Log", "LogSoftmax", "Max", "Min", "Neg", "PRelu", "Pow", "ReduceMax", "ReduceMean", "Selu"),
    *("Slice", "Split", "Sqrt", "Squeeze", "Transpose", "Unsqueeze"),
}


def check_network(model: bytes, name: str) -> None:
    """Raise AtlasError if the network called `name` is too large, or has an operator outside
    ALLOWED."""
    if len(model) > MOST_BYTES:
        raise AtlasError(f"{name}: {len(model)} bytes; a network has at most {MOST_BYTES}")
    try:
        operators = read_operators(model)
    except AtlasError as error:
        raise AtlasError(f"{name} is not a valid model: {error}") from None
    if len(operators) > MOST_NODES:
        raise AtlasError(f"{name}: {len(operators)} nodes; a network has at most {MOST_NODES}")
    for operator in operators:
        if operator not in ALLOWED:
            raise AtlasError(
                f"{name}: the operator {operator[:40]!r} is not allowed, since it could take any "
                "amount of time or memory",
                "export it with plain layers",
            )
