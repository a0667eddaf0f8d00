"""The labels of an atlas and its families: written, read back, and checked at the border."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from drumatlas.atlas.limits import MOST_LABELS, MOST_SIDE
from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import parse_atlas, read_atlas
from drumatlas.errors import AtlasError
from drumatlas.explore.genre import genre_of
from support.atlases import npz, write_labelled

Change = Callable[[dict[str, Any]], Any]
Forge = Callable[..., bytes]


def arrays(n: int = 6, side: int = 4, **changes: np.ndarray[Any, Any]) -> bytes:
    made = {
        "z": np.zeros((n, 4), np.float32),
        "genre": (np.arange(n) % 2).astype(np.int16),
        "weight": np.ones(n, np.float32),
        "land": np.zeros((side, side), np.uint8),
    }
    return npz(**(made | changes))


def described(change: Change = lambda _: None) -> Change:
    """Add what atlas.json says about labels, then change it."""

    def add(info: dict[str, Any]) -> None:
        info["families"] = [
            {"name": "rock", "colour": 0, "genres": [1]},
            {"name": "jazz", "colour": 7, "genres": [0]},
        ]
        info["votes"] = {"blur": 0.4, "power": 3}
        change(info)

    return add


def test_labels_read_back_and_name_the_same_genres(tmp_path: Path, labelled: Atlas) -> None:
    path = write_labelled(tmp_path / "a.atlas", labelled)
    again = read_atlas(path)
    assert again.families == labelled.families
    assert (again.labels is None, labelled.labels is None) == (False, False)
    for key in ("z", "genre", "weight", "land", "blur", "power"):
        assert np.array_equal(getattr(again.labels, key), getattr(labelled.labels, key)), key
    for z in labelled.points.z[::200]:
        assert genre_of(again, z).name == genre_of(labelled, z).name


def test_the_version_says_whether_there_are_labels(
    tmp_path: Path, labelled: Atlas, unlabelled: Atlas
) -> None:
    for atlas, version in ((labelled, 2), (unlabelled, 1)):
        path = write_labelled(tmp_path / "a.atlas", atlas)
        with ZipFile(path) as archive:
            assert f'"version": {version}' in archive.read("atlas.json").decode()
            assert ("labels.npz" in archive.namelist()) is (version == 2)
        assert (read_atlas(path).labels is not None) is (version == 2)


def test_a_forgery_with_labels_is_good(forge: Forge) -> None:
    atlas = parse_atlas(forge(described(), labels__npz=arrays()), "a")
    assert [(one.name, one.colour, one.genres) for one in atlas.families] == [
        ("rock", 0, (1,)),
        ("jazz", 7, (0,)),
    ]
    assert atlas.labels is not None
    assert (atlas.labels.blur, atlas.labels.power) == (0.4, 3)


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("'families' is missing", lambda i: i.pop("families")),
        ("families must be a list", lambda i: i.update(families={})),
        ("families must be a list", lambda i: i.update(families=i["families"] * 200)),
        ("'colour' is missing from families\\[0\\]", lambda i: i["families"][0].pop("colour")),
        ("families\\[1\\].colour", lambda i: i["families"][1].update(colour=-1)),
        ("families\\[1\\].colour", lambda i: i["families"][1].update(colour=True)),
        ("families\\[0\\].genres", lambda i: i["families"][0].update(genres=[])),
        ("families\\[0\\].genres", lambda i: i["families"][0].update(genres=["rock"])),
        ("each genre must be in one", lambda i: i["families"].pop()),
        ("each genre must be in one", lambda i: i["families"][0].update(genres=[0])),
        ("each genre must be in one", lambda i: i["families"][0].update(genres=[1, 2])),
        ("'votes' is missing", lambda i: i.pop("votes")),
        ("'blur' is missing", lambda i: i["votes"].pop("blur")),
        ("votes.blur", lambda i: i["votes"].update(blur=0)),
        ("votes.blur", lambda i: i["votes"].update(blur=float("nan"))),
        ("votes.blur", lambda i: i["votes"].update(blur="wide")),
        ("votes.power", lambda i: i["votes"].update(power=2.5)),
        ("votes.power", lambda i: i["votes"].update(power=17)),
    ],
)
def test_a_wrong_description_names_the_key(forge: Forge, words: str, change: Change) -> None:
    with pytest.raises(AtlasError, match=f"^a: atlas.json: .*{words}"):
        parse_atlas(forge(described(change), labels__npz=arrays()), "a")


@pytest.mark.parametrize(
    ("words", "data"),
    [
        ("", b"no zip"),
        ("land.npy", npz(z=np.zeros((6, 4), np.float32))),
        ("'z'", arrays(z=np.zeros((6, 3), np.float32))),
        ("'z'", arrays(z=np.zeros((6, 4), np.int32))),
        ("'z'", arrays(z=np.full((6, 4), np.nan, np.float32))),
        ("'z'", arrays(z=np.full((6, 4), 1e9, np.float32))),
        ("'weight'", arrays(weight=np.ones(5, np.float32))),
        ("'weight'", arrays(weight=np.zeros(6, np.float32))),
        ("'weight'", arrays(weight=np.full(6, np.inf, np.float32))),
        ("'genre'", arrays(genre=np.zeros(6, np.float32))),
        ("'genre' has an index beyond", arrays(genre=np.full(6, 2, np.int16))),
        ("'genre' has an index beyond", arrays(genre=np.full(6, -1, np.int16))),
        ("'genre'", arrays(genre=np.zeros((6, 1), np.int16))),
        ("'land' has an index beyond", arrays(land=np.full((4, 4), 9, np.uint8))),
        ("'land'", arrays(land=np.zeros((4, 5), np.uint8))),
        ("'land'", arrays(land=np.zeros((4, 4), np.float32))),
        ("'land'", arrays(land=np.zeros(4, np.uint8))),
        ("0 labels", arrays(0)),
        (f"{MOST_LABELS + 1} labels", arrays(MOST_LABELS + 1)),
        (f"{MOST_SIDE + 1} cells", arrays(side=MOST_SIDE + 1)),
        ("0 cells", arrays(side=0)),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_wrong_labels_are_refused(forge: Forge, words: str, data: bytes) -> None:
    with pytest.raises(AtlasError, match=f"^a: .*{words}"):
        parse_atlas(forge(described(), labels__npz=data), "a")


def test_damaged_labels_are_refused(tmp_path: Path, labelled: Atlas) -> None:
    path = write_labelled(tmp_path / "a.atlas", labelled)
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["labels.npz"] = members["labels.npz"][:-9] + b"something"
    with ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(AtlasError, match=r"labels\.npz is damaged"):
        read_atlas(path)
