from hypothesis import given
from hypothesis import strategies as st

from drumatlas.midi.process.frames import Frames, pack

FRAMES = st.lists(st.tuples(st.integers(-(2**62), 2**62), st.binary(max_size=255)), max_size=20)


@given(FRAMES, st.integers(1, 300))
def test_what_is_packed_comes_out_whatever_the_pieces(
    frames: list[tuple[int, bytes]], size: int
) -> None:
    data = b"".join(pack(at_ns, message) for at_ns, message in frames)
    reader = Frames()
    out = [
        frame
        for start in range(0, len(data), size)
        for frame in reader.feed(data[start : start + size])
    ]
    assert out == frames
