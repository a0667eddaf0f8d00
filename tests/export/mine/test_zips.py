"""Zip files are folders, however they were made, damaged or meant."""

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.smf import MAX_BYTES
from drumatlas.errors import FileError
from drumatlas_export.mine import zips
from drumatlas_export.mine.file import FileResult, Rules, mine_file
from drumatlas_export.mine.kinds import APPLE, OTHER, ZIP_IN_ZIP
from drumatlas_export.mine.local import mine_locally
from drumatlas_export.mine.sources import Source, find_sources, read_source, search
from support.beats import FUNK, ROCK, HitsOf, WriteMidi

pytestmark = pytest.mark.export

Song = Callable[..., bytes]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory, hits_of: HitsOf, write_midi: WriteMidi) -> bytes:
    path = tmp_path_factory.mktemp("song") / "a.mid"
    return write_midi(path, hits_of(ROCK, 4)).read_bytes()


def zipped(path: Path, files: dict[str, bytes], method: int = ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(ZipInfo(name), data, method)
    return path


def mined(sources: list[Source]) -> list[str]:
    return [mine_file(source, Rules()).refusal for source in sources]


def test_a_zip_file_is_a_folder(tmp_path: Path, song: bytes) -> None:
    files = {
        "rock/b.MID": song,
        "rock/": b"",
        "a.mid": b"MThd",
        "noext": song,
        "readme.txt": b"...",
        "__MACOSX/rock/._b.mid": b"",
        "more.zip": b"PK",
        "more.rar": b"",
    }
    path = zipped(tmp_path / "in" / "Songs.ZIP", files)
    found = search([tmp_path / "in"], ["Songs.ZIP"])
    assert [(one.name, one.collection, one.windowed) for one in found.sources] == [
        (f"Songs.ZIP/{name}", "Songs.ZIP", True) for name in ("a.mid", "noext", "rock/b.MID")
    ]
    assert (found.passed_over[OTHER], found.passed_over[APPLE]) == (1, 1)
    assert found.named[1] == ("Songs.ZIP/more.zip", ZIP_IN_ZIP)
    assert len(found.named) == 2
    assert [read_source(one, 1 << 20) for one in found.sources] == [b"MThd", song, song]

    alone = find_sources([path], [])
    assert [(one.name, one.collection) for one in alone] == [
        ("a.mid", "Songs.ZIP"),
        ("noext", "Songs.ZIP"),
        ("rock/b.MID", "rock"),
    ]


def test_workers_read_members_and_their_number_changes_nothing(tmp_path: Path, song: bytes) -> None:
    files = {f"{number}.mid": song[: len(song) - 8 * number] for number in range(80)}
    for name in ("a.zip", "b.zip", "c.zip"):
        zipped(tmp_path / name, files)
    sources = find_sources([tmp_path], [])
    here = [mine_file(source, Rules()) for source in sources]
    assert len(here) == 240
    assert here[0].found
    assert any(one.refusal for one in here)
    assert (
        list(mine_locally(sources, Rules(), 1)) == list(mine_locally(sources, Rules(), 2)) == here
    )


def test_a_zip_file_that_was_replaced_is_read_again(tmp_path: Path, song: bytes) -> None:
    path = zipped(tmp_path / "a.zip", {"a.mid": song})
    (source,) = find_sources([path], [])
    assert read_source(source, 4) == b"MThd"
    zipped(path, {"a.mid": b"another"})
    assert read_source(source, 99) == b"another"
    path.write_bytes(b"")
    assert mine_file(source, Rules()).refusal.startswith("unreadable: damaged zip file")
    path.unlink()
    assert mine_file(source, Rules()) == FileResult("unreadable: No such file or directory")


def test_names_that_lead_out_lead_nowhere(tmp_path: Path, song: bytes) -> None:
    files = {
        "../../up.mid": song,
        "/etc/root.mid": song,
        "win\\dir\\x.mid": song,
        "./here.mid": song,
        "..": song,
        "y" * 2000 + ".mid": song,
    }
    found = search([zipped(tmp_path / "a.zip", files)], [])
    expected = ["etc/root.mid", "here.mid", "up.mid", "win/dir/x.mid"]
    assert [one.name for one in found.sources] == expected
    assert found.passed_over == {"member of a zip file without a usable name": 2}
    assert mined(found.sources) == [""] * 4


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_with_one_name_the_last_counts(tmp_path: Path, song: bytes) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.mid", b"first")
        archive.writestr("a.mid", song)
    (source,) = find_sources([tmp_path], [])
    assert read_source(source, 1 << 20) == song


def test_members_that_can_not_be_read_say_why(tmp_path: Path, song: bytes) -> None:
    zipped(tmp_path / "bz.zip", {"a.mid": song}, ZIP_BZIP2)
    data = bytearray(zipped(tmp_path / "crc.zip", {"a.mid": song}).read_bytes())
    at = data.index(b"PK\1\2")
    changed = bytearray(data)
    changed[at + 16] ^= 1  # CRC
    (tmp_path / "crc.zip").write_bytes(changed)
    changed = bytearray(data)
    changed[at + 8] |= 1  # flags, in the directory and in front of the member
    changed[6] |= 1
    (tmp_path / "secret.zip").write_bytes(changed)
    assert mined(find_sources([tmp_path], [])) == [
        "unreadable: packed by method 12 in its zip file (unpack it)",
        "unreadable: damaged in its zip file: Bad CRC-32 for file 'a.mid'",
        "unreadable: encrypted in its zip file (unpack it with its password)",
    ]


def test_a_member_is_as_large_as_it_unpacks_to(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", {"a.mid": bytes(MAX_BYTES + 1)}).read_bytes())
    assert mined(find_sources([tmp_path], [])) == ["over 8 MiB"]
    at = data.index(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<I", 100)  # claims to be small
    (tmp_path / "a.zip").write_bytes(data)
    (source,) = find_sources([tmp_path], [])
    assert mine_file(source, Rules()).refusal.startswith("unreadable: damaged in its zip file")


def test_members_that_share_their_data_are_a_bomb(tmp_path: Path) -> None:
    data = zipped(tmp_path / "a.zip", {"a.mid": bytes(100_000)}).read_bytes()
    at = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry = data[at:end]
    directory = b"".join(
        entry.replace(b"a.mid", f"{number:05}".encode()) for number in range(10_000)
    )
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 10_000, 10_000, len(directory), at, 0)
    (tmp_path / "a.zip").write_bytes(data[:at] + directory + tail)
    packed = struct.unpack("<I", entry[20:24])[0]
    assert packed * 10_000 > len(data[:at] + directory + tail)
    assert search([tmp_path], []).named == [
        ("a.zip", "damaged zip file: members that share their data: a zip bomb")
    ]


def test_a_directory_of_too_many_members_is_not_read(
    tmp_path: Path, song: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zip", {f"{number}.mid": song for number in range(100)})
    monkeypatch.setattr(zips, "_MAX_DIRECTORY", 4000)
    assert search([tmp_path], []).named == [
        ("a.zip", "damaged zip file: a directory of over 0 MiB")
    ]
    with pytest.raises(FileError, match=r"a\.zip: damaged zip file: a directory of over"):
        find_sources([path], [])


def test_a_file_that_is_not_a_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip file")
    assert search([tmp_path], []).named == [("a.zip", "damaged zip file: File is not a zip file")]
    with pytest.raises(FileError, match=r"a\.zip: damaged zip file"):
        find_sources([tmp_path / "a.zip"], [])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, song: bytes) -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name in ("rock/a.mid", "b.mid", "readme.txt", "é.mid"):
            archive.writestr(name, song)
    return stream.getvalue()


@given(
    changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8),
    end=st.integers(0, 200),
)
def test_damage_never_raises(
    tmp_path_factory: pytest.TempPathFactory,
    whole: bytes,
    changes: list[tuple[int, int]],
    end: int,
) -> None:
    data = bytearray(whole)
    for at, byte in changes:
        data[-1 - at % len(data)] = byte
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    (folder / "a.zip").write_bytes(data[: len(data) - end])
    found = search([folder], [])
    # A directory that says it is empty is all there is to go by.
    assert found.sources or found.passed_over or not ZipFile(folder / "a.zip").namelist()
    for source in found.sources:
        result = mine_file(source, Rules())
        assert bool(result.refusal) != bool(result.found)


def test_genres_are_folders_inside_the_zip(
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    song: bytes,
    hits_of: HitsOf,
    write_midi: WriteMidi,
) -> None:
    funk = write_midi(tmp_path / "x.mid", hits_of(FUNK, 4)).read_bytes()
    zipped(tmp_path / "in" / "Motown.zip", {"Funk/Some Song.mid": song, "Other Song.mid": funk})
    out = tmp_path / "b.tsv"
    assert run("mine", tmp_path / "in", "-o", out, "--genres", "folders", "--jobs", 1)[0] == 0
    lines = [line.split("\t")[1] for line in out.read_text().splitlines() if "\t" in line]
    assert sorted(lines) == ["funk", "soul"]
