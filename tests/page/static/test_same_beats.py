"""Compare the beats that the static page makes and finds with the box's, on many inputs."""

import itertools
from typing import Any

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas, Groove
from drumatlas.beat.codes import grids, pack, rotation_hash
from drumatlas.beat.voices import GROUPS, VOICE_TABLE
from drumatlas.explore.density import Density, hits_at
from drumatlas.explore.encode import encode_beat
from drumatlas.explore.filters import BeatFilter, entropy
from drumatlas.explore.genre import genre_of
from drumatlas.explore.latent import (
    knobs_to_latent,
    latent_to_knobs,
    latent_to_map,
    map_to_latent,
)
from drumatlas.explore.search import Places
from drumatlas.explore.velocity import velocities
from support.page_modules import PLACES, Computed

GROUP_OF_VOICE = [GROUPS.index(voice.group) for voice in VOICE_TABLE]
SNARE = next(voice.bit for voice in VOICE_TABLE if voice.group == "snare")


def _some_groove(luck: np.random.Generator) -> Groove:
    return Groove(
        loud=luck.uniform(10, 127, (16, 14)).astype(np.float32),
        near=luck.uniform(-40, 40, (10, 14)).astype(np.float32),
        late_ms=np.zeros((16, 14), np.float32),
        spread_ms=np.zeros(14, np.float32),
    )


def _some_probabilities(luck: np.random.Generator) -> Any:
    """Return p [32, 14] in float32: from empty to crowded, some of it certain."""
    logits = luck.normal(luck.uniform(-6, 1), luck.uniform(0.5, 6), (32, 14))
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


@pytest.mark.parametrize("has_groove", [False, True])
def test_velocities_are_those_of_the_box(computed: Computed, has_groove: bool) -> None:
    luck = np.random.default_rng(21)
    groove = _some_groove(luck) if has_groove else None
    beats = []
    for i in range(300):
        p, thresholds = _some_probabilities(luck), luck.uniform(0.02, 0.98, 14).astype(np.float32)
        accent = [0.5, 0.0, 1.0][i] if i < 3 else float(luck.random())
        beats.append((p, p > thresholds, thresholds, accent))
    found = computed(
        'import { grooveOf } from "./groove.js";\nimport { velocities } from "./shape.js";',
        """const groove = given.groove && grooveOf(given.groove);
        const floats = (values) => Float32Array.from(values);
        return given.beats.map(([p, hits, thresholds, accent]) =>
            velocities(
                floats(p), Uint8Array.from(hits), floats(thresholds), accent, given.snare, groove));
        """,
        {
            "snare": SNARE,
            "groove": groove and {n: getattr(groove, n).ravel().tolist() for n in ("loud", "near")},
            "beats": [
                (p.ravel().tolist(), hits.ravel().astype(int).tolist(), limits.tolist(), accent)
                for p, hits, limits, accent in beats
            ],
        },
    )
    heard = set()
    for page, (p, hits, thresholds, accent) in zip(found, beats, strict=True):
        box = velocities(p, hits, thresholds, accent, groove).ravel().tolist()
        assert page == box
        heard |= set(box)
    assert len(heard) > 100


def test_a_density_gives_the_hits_of_the_box(computed: Computed) -> None:
    luck = np.random.default_rng(22)
    beats = []
    for _ in range(400):
        overall = float(luck.choice([luck.random(), 0.0, 0.5, 1.0]))
        groups = [float(luck.choice([0.5, luck.random()])) for _ in GROUPS]
        natural = luck.uniform(0.05, 0.9, 14).astype(np.float32)
        beats.append((_some_probabilities(luck), natural, overall, groups))
    found = computed(
        'import { shaped } from "./shape.js";',
        """const floats = (values) => Float32Array.from(values);
        return given.beats.map(([p, natural, overall, groups]) => {
            const made = shaped(floats(p), floats(natural), { overall, groups }, given.groupOf);
            return [Array.from(made.hits), Array.from(made.thresholds)];
        });""",
        {
            "groupOf": GROUP_OF_VOICE,
            "beats": [(p.ravel().tolist(), n.tolist(), o, g) for p, n, o, g in beats],
        },
    )
    counts = set()
    for (page_hits, page_thresholds), (p, natural, overall, groups) in zip(
        found, beats, strict=True
    ):
        hits, thresholds = hits_at(p, natural, Density(overall, tuple(groups)))
        assert page_hits == hits.ravel().astype(int).tolist()
        assert page_thresholds == pytest.approx(thresholds.tolist(), abs=1e-7)
        counts.add(int(hits.sum()))
    assert len(counts) > 60


def test_the_filter_decides_as_on_the_box(computed: Computed) -> None:
    luck = np.random.default_rng(23)
    codes = []
    for _ in range(3000):
        few = luck.integers(0, 1 << 14, luck.integers(1, 9))
        odds = luck.dirichlet(np.full(len(few), luck.uniform(0.1, 2)))
        codes.append(luck.choice(few, 32, p=odds).tolist())
    known = sorted({rotation_hash(code) for code in codes[::3]})
    turned = [
        code[n:] + code[:n] for code, n in zip(codes, luck.integers(0, 32, 3000), strict=True)
    ]
    found = computed(
        'import { BeatFilter, entropy } from "./filter.js";',
        """const filter = new BeatFilter(BigUint64Array.from(given.known, BigInt));
        return given.codes.map((code) => [
            entropy(code), filter.isLively(code), filter.isKnown(code),
            filter.passes(code), filter.passes(code, false),
        ]);""",
        {"known": [str(one) for one in known], "codes": turned},
    )
    box = BeatFilter(known)
    verdicts = zip(
        box.lively(turned).tolist(),
        [box.is_known(code) for code in turned],
        box.passes(turned).tolist(),
        box.passes(turned, False).tolist(),
        strict=True,
    )
    expected = [list(one) for one in verdicts]
    assert [one[1:] for one in found] == expected
    assert [one[0] for one in found] == pytest.approx(entropy(turned).tolist(), abs=1e-12)
    assert {(lively, known) for lively, known, *_ in expected} == set(
        itertools.product((False, True), repeat=2)
    )


def test_a_search_finds_what_the_box_finds(
    computed: Computed, data: str, atlas: Atlas, places: Places
) -> None:
    luck = np.random.default_rng(24)
    asked = []
    for i in range(240):
        spread = luck.choice([0.7, 1.5, 4.0]) * luck.standard_normal(4)
        z = (atlas.latent.centre + atlas.latent.reach * spread).astype(np.float32)
        values = luck.random(1 + len(GROUPS)).tolist() if i % 2 else [0.5] * (1 + len(GROUPS))
        asked.append((z, Density(values[0], tuple(values[1:])), bool(i % 3)))
    found = computed(
        PLACES,
        """const { places } = made(given.atlas);
        return given.asked.map(([z, overall, groups, novelty]) => {
            const place = places.at(Float32Array.from(z), { overall, groups }, novelty);
            return [Array.from(place.code), place.moved, Array.from(place.z)];
        });""",
        {
            "atlas": data,
            "asked": [(z.tolist(), d.overall, d.groups, novelty) for z, d, novelty in asked],
        },
    )
    moved = 0
    for (code, away, where), (z, density, novelty) in zip(found, asked, strict=True):
        box = places.at(z, density, novelty)
        assert code == list(box.code)
        assert away == pytest.approx(box.moved, abs=1e-5)
        assert where == pytest.approx(box.z.tolist(), abs=1e-5)
        moved += box.moved > 0
    assert moved > 10


def test_a_beat_lands_where_it_lands_on_the_box(
    computed: Computed, data: str, atlas: Atlas, places: Places
) -> None:
    luck = np.random.default_rng(26)
    codes = []
    for i in range(15):
        z = atlas.latent.centre + atlas.latent.reach * luck.standard_normal(4)
        hits = places.hits(z[None].astype(np.float32))[1][0].copy()
        hits.ravel()[luck.permutation(hits.size)[: i % 6]] ^= True  # no longer a beat of the space
        codes.append(tuple(pack(hits).tolist()))
    found = computed(
        PLACES,
        """const { encoder } = made(given.atlas);
        return given.codes.map((code) => Array.from(encoder.place(code)));""",
        {"atlas": data, "codes": codes},
    )
    moved = 0
    for page, code in zip(found, codes, strict=True):
        box = encode_beat(atlas, code)
        assert page == pytest.approx(box.tolist(), abs=1e-5)
        answer = atlas.encode(grids([code]).astype(np.float32))[0]
        moved += not np.array_equal(box, answer)
    assert moved > 10


def test_an_edited_beat_leads_to_the_place_of_the_box(
    computed: Computed, data: str, atlas: Atlas, places: Places
) -> None:
    luck = np.random.default_rng(27)
    edits = []
    for cell in luck.integers(0, 448, 8):
        z = (atlas.latent.centre + atlas.latent.reach * luck.standard_normal(4)).astype(np.float32)
        hits = places.hits(z[None])[1][0].copy()
        hits.ravel()[cell] ^= True
        edits.append((tuple(pack(hits).tolist()), z.tolist()))
    found = computed(
        PLACES,
        """const { encoder } = made(given.atlas);
        return given.edits.map(([code, near]) => Array.from(encoder.place(code, near)));""",
        {"atlas": data, "edits": edits},
    )
    for page, (code, near) in zip(found, edits, strict=True):
        box = encode_beat(atlas, code, np.array(near, np.float32))
        assert page == pytest.approx(box.tolist(), abs=1e-5)


def test_map_knobs_and_genres_lead_to_the_places_of_the_box(
    computed: Computed, data: str, atlas: Atlas
) -> None:
    luck = np.random.default_rng(25)
    spots, knobs = luck.random((200, 2)).tolist(), luck.uniform(-0.5, 1.5, (200, 4))
    found = computed(
        PLACES,
        """const { atlas, space } = made(given.atlas);
        return given.asked.map(([[x, y], knobs]) => {
            const z = space.ofKnobs(knobs);
            const genre = atlas.genres[space.genreAt(z).index].name;
            const places = [space.ofMap(x, y), z, space.toKnobs(z), space.toMap(z)];
            return [...places.map((one) => Array.from(one)), genre];
        });""",
        {"atlas": data, "asked": list(zip(spots, knobs.tolist(), strict=True))},
    )
    for (of_map, of_knobs, back, on_map, genre), spot, turns in zip(
        found, spots, knobs, strict=True
    ):
        assert of_map == pytest.approx(map_to_latent(atlas, *spot).tolist(), abs=1e-5)
        z = knobs_to_latent(atlas.latent, turns.astype(np.float32))
        assert of_knobs == pytest.approx(z.tolist(), abs=1e-5)
        assert back == pytest.approx(latent_to_knobs(atlas.latent, z).tolist(), abs=1e-5)
        assert on_map == pytest.approx(latent_to_map(atlas, z), abs=1e-5)
        assert genre == genre_of(atlas, z).name
