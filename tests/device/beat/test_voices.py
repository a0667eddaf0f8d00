from drumatlas.beat.voices import BIT_OF_NOTE, GROUPS, UNVOICED_NAMES, VOICE_TABLE, VOICES


def test_bits_stand_in_order() -> None:
    assert [voice.bit for voice in VOICE_TABLE] == list(range(VOICES))


def test_notes_are_those_of_the_published_packs() -> None:
    # Bit 9 never occurs there.
    notes = [voice.note for voice in VOICE_TABLE if voice.bit != 9]
    assert notes == [36, 38, 42, 41, 45, 46, 48, 49, 51, 60, 61, 62, 64]


def test_every_key_folds_into_one_voice_only() -> None:
    keys = [key for voice in VOICE_TABLE for key in (voice.note, *voice.folds)]
    assert len(keys) == len(set(keys)) == len(BIT_OF_NOTE)


def test_related_keys_fold_into_one_voice() -> None:
    for key, note in {
        35: 36,
        40: 38,
        44: 42,
        43: 41,
        50: 48,
        57: 49,
        59: 51,
        63: 62,
        66: 64,
    }.items():
        assert BIT_OF_NOTE[key] == BIT_OF_NOTE[note]
    assert BIT_OF_NOTE[56] == BIT_OF_NOTE[82] == 9
    assert 34 not in BIT_OF_NOTE  # the metronome bell is no drum


def test_groups_are_those_of_the_density_controls() -> None:
    assert {voice.group for voice in VOICE_TABLE} == set(GROUPS)


def test_hats_edges_surdos_and_bells_have_a_voice() -> None:
    # V-Drums; General MIDI 2.
    assert (BIT_OF_NOTE[22], BIT_OF_NOTE[26]) == (2, 5)
    assert [BIT_OF_NOTE[key] for key in range(82, 88)] == [9, 9, 9, 9, 3, 3]


def test_keys_without_a_voice_have_a_name() -> None:
    assert set(UNVOICED_NAMES) == set(range(27, 35))
    assert not set(UNVOICED_NAMES) & set(BIT_OF_NOTE)
    assert set(range(35, 88)) <= set(BIT_OF_NOTE)
