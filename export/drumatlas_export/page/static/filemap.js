// Which voice a file's notes play, as in `drumatlas.beat.drum_map`, which gives the reasons. Pure.
//
// A map is a table [16 * 128] with the voice of each channel and key, or NO_VOICE.

import { CHANNELS, GM_CHANNEL, GM_ROW, KEYS, NO_VOICE, SYNTH_ROW, V_DRUMS_EDGES, V_DRUMS_NOTES, V_DRUMS_ROW } from "./smftables.js";

// Returns the map of a file that names none and has the notes `keys`; `isForSynth` if the file was
// made for a GS or XG synth.
export function mapFor(keys, isForSynth) {
  const isOfVDrums = V_DRUMS_EDGES.some((key) => keys.has(key)) && [...keys].every((key) => V_DRUMS_NOTES.includes(key));
  const row = isOfVDrums ? V_DRUMS_ROW : isForSynth ? SYNTH_ROW : GM_ROW;
  return Array.from({ length: CHANNELS * KEYS }, (_, place) => row[place % KEYS]);
}

// Returns a map in which only the notes of General MIDI on channel 10 have voices, if that channel
// is among `channels`.
export function baseMap(channels) {
  const table = new Array(CHANNELS * KEYS).fill(NO_VOICE);
  if (channels.includes(GM_CHANNEL)) table.splice(GM_CHANNEL * KEYS, KEYS, ...GM_ROW);
  return table;
}
