// Maps a file's notes to voices, as in `drumatlas.beat.drum_map`, which gives the reasons. Pure.
//
// A map is a table [16 * 128] with the voice of each channel and key, or NO_VOICE.

import { CHANNELS, GM_CHANNEL, GM_ROW, KEYS, NO_VOICE, SYNTH_ROW, V_DRUMS_EDGES, V_DRUMS_NOTES, V_DRUMS_ROW } from "./smftables.js";

// Returns the map for a file without a mark that has the notes `keys`. `isForSynth`: the file is
// made for a GS or XG synth.
export function mapFor(keys, isForSynth) {
  const isOfVDrums = V_DRUMS_EDGES.some((key) => keys.has(key)) && [...keys].every((key) => V_DRUMS_NOTES.includes(key));
  const row = isOfVDrums ? V_DRUMS_ROW : isForSynth ? SYNTH_ROW : GM_ROW;
  return Array.from({ length: CHANNELS * KEYS }, (_, place) => row[place % KEYS]);
}

// Returns a map with General MIDI's voices on channel 10, if that is in `channels`, and no others.
export function baseMap(channels) {
  const table = new Array(CHANNELS * KEYS).fill(NO_VOICE);
  if (channels.includes(GM_CHANNEL)) table.splice(GM_CHANNEL * KEYS, KEYS, ...GM_ROW);
  return table;
}
