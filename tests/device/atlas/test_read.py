import pickle
import struct
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import numpy as np
import pytest

from drumatlas.atlas import read
from drumatlas.atlas.model import GENERATED, TRAINING, Atlas
from drumatlas.atlas.read import parse_atlas, read_atlas
from drumatlas.beat.codes import pack
from drumatlas.errors import AtlasError, FileError
from drumatlas.explore.filters import BeatFilter
from support.atlases import npz

Forge = Callable[..., bytes]


def map_npz(n: int = 10, **changes: np.ndarray[Any, Any]) -> bytes:
    arrays = {
        "z": np.zeros((n, 4), np.float32),
        "xy": np.zeros((n, 2), np.float32),
        "origin": np.ones(n, np.uint8),
        "genre": np.zeros(n, np.int16),
    }
    return npz(**(arrays | changes))


def test_the_built_in_atlas_is_whole(atlas: Atlas) -> None:
    assert len(atlas.genres) >= 10
    assert {TRAINING, GENERATED} == set(atlas.points.origin.tolist())
    assert len(atlas.known) > 10_000
    assert atlas.training["sources"]
    assert all("licence" in source for source in atlas.training["sources"])
    assert atlas.training["config"]["kind"] == "phrases"
    assert atlas.scores["at_thresholds"]["pass"] > 0.75


def test_ten_thousand_points_of_its_prior(atlas: Atlas) -> None:
    normal = np.random.default_rng(99).standard_normal((10_000, 4))
    z = (atlas.latent.centre + atlas.latent.reach * normal).astype(np.float32)
    codes = pack(atlas.decode(z) > atlas.thresholds)
    assert (codes.sum(axis=1) == 0).mean() < 0.01
    assert BeatFilter().lively(codes).mean() >= 0.75


def test_generated_points_of_its_map_pass(atlas: Atlas) -> None:
    z = atlas.points.z[atlas.points.origin == GENERATED]
    assert BeatFilter(atlas.known).passes(pack(atlas.decode(z) > atlas.thresholds)).all()


def test_decode_takes_any_number_of_points_and_gives_probabilities(atlas: Atlas) -> None:
    for n in (1, 2, 65):
        p = atlas.decode(np.full((n, 4), 3.0, np.float32))
        assert p.shape == (n, 32, 14)
        assert p.min() >= 0
        assert p.max() <= 1


def test_encode_brings_decoded_places_near_themselves(atlas: Atlas) -> None:
    z = atlas.points.z[:200]
    x = (atlas.decode(z) > atlas.thresholds).astype(np.float32)
    found = atlas.encode(x)
    away = np.linalg.norm((found - z) / atlas.latent.reach, axis=1)
    by_chance = np.linalg.norm((np.roll(found, 1, axis=0) - z) / atlas.latent.reach, axis=1)
    assert np.median(away) < 0.5 * np.median(by_chance)


def test_an_unchanged_forgery_is_good(forge: Forge) -> None:
    again = parse_atlas(forge(), "a")
    assert again.name == "small"
    assert again.known.tolist() == list(range(100))
    assert again.decode(again.points.z).std() > 0.1
    assert again.encode(np.ones((2, 32, 14), np.float32)).shape == (2, 4)


CHANGES: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("format", lambda i: i.update(format="zip")),
    ("version", lambda i: i.update(version=3)),
    ("damaged", lambda i: i["sha256"].update({"decoder.onnx": "0" * 64})),
    ("damaged", lambda i: i.pop("sha256")),
    ("damaged", lambda i: i.update(sha256=3)),
    ("voices", lambda i: i["voices"].reverse()),
    ("voices", lambda i: i.update(voices=[])),
    ("voices", lambda i: i.update(voices=1)),
    ("voices", lambda i: i.update(voices=[1])),
    ("voices", lambda i: i.pop("voices")),
    ("latent", lambda i: i.pop("latent")),
    ("latent.dims", lambda i: i["latent"].update(dims=3)),
    ("latent.centre", lambda i: i["latent"].update(centre=[0, 0, 0])),
    ("latent.centre", lambda i: i["latent"].update(centre=[0, 0, 0, float("nan")])),
    ("latent.centre", lambda i: i["latent"].update(centre=[0, 0, 0, 1e30])),
    ("latent.centre", lambda i: i["latent"].update(centre="abcd")),
    ("latent.centre", lambda i: i["latent"].update(centre=[10**400] * 4)),
    ("thresholds", lambda i: i.update(thresholds=[10**400] * 14)),
    ("genres\\[0\\].centroid", lambda i: i["genres"][0].update(centroid=[0, 0, 0, -(10**400)])),
    ("latent.reach", lambda i: i["latent"].update(reach=[1, 1, 1, 0])),
    ("latent.basis is singular", lambda i: i["latent"].update(basis=[[0] * 4] * 4)),
    ("latent.basis", lambda i: i["latent"].update(basis=[[1] * 4] * 3)),
    ("latent.axes", lambda i: i["latent"].update(axes=["a"])),
    *(
        ("latent.axis_correlations", lambda i, v=value: i["latent"].update(axis_correlations=v))
        for value in ([0.5] * 3, [0.5] * 3 + [1.01], [0.5] * 3 + [float("nan")], "high", None)
    ),
    ("thresholds", lambda i: i.update(thresholds=[0.5] * 13)),
    ("thresholds", lambda i: i.update(thresholds=[0.5] * 13 + [1.0])),
    ("genres", lambda i: i.update(genres={})),
    ("genres\\[0\\]", lambda i: i["genres"][0].pop("centroid")),
    ("genres\\[0\\].count", lambda i: i["genres"][0].update(count="many")),
    ("'genre' has an index beyond", lambda i: i.update(genres=[])),
    ("training", lambda i: i.update(training=[])),
]


@pytest.mark.parametrize(("words", "change"), CHANGES)
def test_wrong_atlas_json_names_the_key(
    forge: Forge, words: str, change: Callable[[dict[str, Any]], Any]
) -> None:
    with pytest.raises(AtlasError, match=f"^a.atlas: .*{words}"):
        parse_atlas(forge(change), "a.atlas")


def test_an_older_atlas_does_not_say_how_well_its_axes_are_named(forge: Forge) -> None:
    older = forge(lambda info: info["latent"].pop("axis_correlations"))
    assert parse_atlas(older, "a").latent.correlations == ()
    values = [1, -1, 0.25, 0]
    named = forge(lambda info: info["latent"].update(axis_correlations=values))
    assert parse_atlas(named, "a").latent.correlations == (1, -1, 0.25, 0)


MAPS: list[bytes] = [
    b"",
    b"hello",
    npz(z=np.zeros((3, 4), np.float32)),
    map_npz(xy=np.zeros((9, 2), np.float32)),
    map_npz(z=np.zeros((10, 3), np.float32)),
    map_npz(z=np.full((10, 4), np.nan, np.float32)),
    map_npz(z=np.zeros((10, 4), np.int32)),
    map_npz(genre=np.full(10, 999, np.int16)),
    map_npz(genre=np.full(10, -2, np.int16)),
    map_npz(origin=np.zeros((10, 1), np.uint8)),
]


@pytest.mark.parametrize("data", MAPS, ids=range(len(MAPS)))
def test_wrong_maps_are_refused(forge: Forge, data: bytes) -> None:
    with pytest.raises(AtlasError, match="a: "):
        parse_atlas(forge(map__npz=data), "a")


def test_pickles_are_never_opened(forge: Forge, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        head = BytesIO()
        np.lib.format.write_array_header_1_0(
            head, {"descr": "|O", "fortran_order": False, "shape": (1,)}
        )
        archive.writestr("hashes.npy", head.getvalue() + pickle.dumps(np.array([Bomb()])))
    with pytest.raises(AtlasError, match="known.npz"):
        parse_atlas(forge(known__npz=buffer.getvalue()), "a")
    assert not (tmp_path / "exploded").exists()


def test_known_must_be_64_bit_hashes(forge: Forge) -> None:
    with pytest.raises(AtlasError, match="known.npz"):
        parse_atlas(forge(known__npz=npz(hashes=np.zeros(3, np.int32))), "a")


def test_an_array_that_claims_to_be_huge_is_refused(forge: Forge) -> None:
    head = BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<u8", "fortran_order": False, "shape": (1 << 40,)}
    )
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("hashes.npy", head.getvalue())
    with pytest.raises(AtlasError, match="known.npz"):
        parse_atlas(forge(known__npz=buffer.getvalue()), "a")


def test_bombs_are_refused_before_they_are_unpacked(
    zip_of: Callable[[dict[str, bytes]], bytes], small_members: dict[str, bytes]
) -> None:
    bomb = zip_of(small_members | {"extra": bytes(read.MAX_FILE)})
    assert len(bomb) < read.MAX_FILE / 8
    with pytest.raises(AtlasError, match="unpacks to over 64 MiB"):
        parse_atlas(bomb, "a")


def test_a_member_that_holds_more_than_it_says_is_not_unpacked(
    zip_of: Callable[[dict[str, bytes]], bytes], small_members: dict[str, bytes]
) -> None:
    bomb = bytearray(zip_of(small_members | {"atlas.json": bytes(100 << 20)}))
    entry = bomb.index(b"PK\x01\x02")
    while not bomb.startswith(b"atlas.json", entry + 46):
        entry = bomb.index(b"PK\x01\x02", entry + 1)
    struct.pack_into("<I", bomb, entry + 24, 100)  # the size that the directory claims
    tracemalloc.start()
    try:
        with pytest.raises(AtlasError):
            parse_atlas(bytes(bomb), "a")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(bomb) + (1 << 20)


@pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
def test_other_compressions_which_unpack_without_end_are_refused(
    small_members: dict[str, bytes], method: int
) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, data in small_members.items():
            archive.writestr(name, data, method if name == "map.npz" else ZIP_STORED)
    with pytest.raises(AtlasError, match="map.npz is compressed by a method other"):
        parse_atlas(buffer.getvalue(), "a")


def test_a_description_that_is_too_long_is_not_read(forge: Forge) -> None:
    long = forge(lambda info: info["training"].update(notes="x" * read.MAX_JSON))
    with pytest.raises(AtlasError, match="a: atlas.json: .* at most"):
        parse_atlas(long, "a")


def test_members_missing_or_twice(
    zip_of: Callable[[dict[str, bytes]], bytes], small_members: dict[str, bytes]
) -> None:
    fewer = {k: v for k, v in small_members.items() if k != "map.npz"}
    with pytest.raises(AtlasError, match="map.npz is missing"):
        parse_atlas(zip_of(fewer), "a")
    buffer = BytesIO(zip_of(small_members))
    with ZipFile(buffer, "a", ZIP_DEFLATED) as archive, pytest.warns(UserWarning):
        archive.writestr("atlas.json", b"{}")
    with pytest.raises(AtlasError, match="twice"):
        parse_atlas(buffer.getvalue(), "a")


@pytest.mark.parametrize("cut", [0, 1, 100, 10_000, -1, -20])
def test_cut_files_are_refused(forge: Forge, cut: int) -> None:
    with pytest.raises(AtlasError, match="^a: "):
        parse_atlas(forge()[:cut], "a")


def test_flipped_bytes_never_play_something_else(forge: Forge) -> None:
    good = forge()
    known = parse_atlas(good, "a").known
    rng = np.random.default_rng(5)
    for place in rng.integers(0, len(good), 60):
        bad = bytearray(good)
        bad[place] ^= 0x41
        try:
            changed = parse_atlas(bytes(bad), "a")
        except AtlasError:
            continue
        assert np.array_equal(changed.known, known)  # a byte that means nothing to us


def test_a_missing_file_a_folder_or_a_large_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere.atlas"):
        read_atlas(tmp_path / "nowhere.atlas")
    with pytest.raises(FileError, match=str(tmp_path)):
        read_atlas(tmp_path)
    (tmp_path / "big.atlas").touch()
    with (tmp_path / "big.atlas").open("r+b") as stream:
        stream.truncate(read.MAX_FILE + 1)
    with pytest.raises(FileError, match="at most"):
        read_atlas(tmp_path / "big.atlas")


def test_a_table_without_an_array_is_refused(forge: Forge, zip_of: Callable[..., bytes]) -> None:
    with pytest.raises(AtlasError, match="known.npz: .*magic"):
        parse_atlas(forge(known__npz=zip_of({"hashes.npy": b"no array at all"})), "a")


def test_names_can_be_shown_and_written(forge: Forge) -> None:
    def rename(info: dict[str, Any]) -> None:
        info["name"] = "a\nb\ud800"
        info["genres"][0]["name"] = "\t;\x1b[2J" + "x" * 99
        info["genres"][1]["name"] = "\n"

    atlas = parse_atlas(forge(rename), "a")
    assert atlas.name == "a b"
    assert atlas.genres[0].name == "[2J" + "x" * 34
    assert atlas.genres[1].name == "unnamed"
