// The drums of a MIDI file: its notes, the map from notes to voices, and the notes without a voice,
// as in `drumatlas.beat.drums`, which gives the reasons. Pure.

import { whyEmpty } from "./filegrid.js";
import { mapFor } from "./filemap.js";
import { APPLIED, applied, channelsOfMark, findMark, mapOfMark } from "./filemark.js";
import { readDrums } from "./smf.js";
import { countOf } from "./smfbytes.js";
import { keyOf, placeOf } from "./smfnotes.js";
import { EDITED, NO_VOICE, SHOWN_KEYS, SYNTH_RESETS, UNVOICED_NAMES } from "./smftables.js";

// Reads the drums in an SmfBytes: {track, map, unvoiced: Map of key to count, lead}. The file
// begins with step `lead` (0..31) of two bars. Our own mark decides the voices, or else the notes
// do.
export function readFile(data) {
  const mark = findMark(data);
  if (!mark) {
    const track = readDrums(data);
    const isForSynth = SYNTH_RESETS.some((reset) => data.text.includes(reset));
    return counted(track, mapFor(new Set(track.packed.map(keyOf)), isForSynth), 0);
  }
  const track = readDrums(data, channelsOfMark(mark));
  const marked = applied(mark, track);
  if (marked) return counted(marked, APPLIED, mark.lead);
  track.remarks.push(EDITED);
  return counted(track, mapOfMark(mark), mark.lead);
}

function counted(track, map, lead) {
  const unvoiced = new Map();
  for (const note of track.packed) {
    if (map[placeOf(note)] === NO_VOICE) unvoiced.set(keyOf(note), (unvoiced.get(keyOf(note)) ?? 0) + 1);
  }
  return { track, map, unvoiced, lead };
}

function total(counts) {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

// Returns why there is no beat in these drums.
export function whyNoBeat({ track, unvoiced }) {
  const isVoiceless = track.packed.length > 0 && total(unvoiced) === track.packed.length;
  return isVoiceless ? "no note has a voice" : whyEmpty(track);
}

// Returns how many notes have no voice, and which; "" if all have one.
export function unvoicedLine(unvoiced) {
  if (!unvoiced.size) return "";
  const keys = [...unvoiced].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const label = (key) => (key in UNVOICED_NAMES ? `${key} (${UNVOICED_NAMES[key]})` : key);
  const parts = keys.slice(0, SHOWN_KEYS).map(([key, count]) => `note ${label(key)}: ${count}`);
  if (keys.length > SHOWN_KEYS) parts.push(`${keys.length - SHOWN_KEYS} more`);
  return `${countOf(total(unvoiced), "note")} without a voice (${parts.join(", ")})`;
}

// Returns how many windows were moved to 16ths; "" if none were. Each reason says why a window is
// off the grid, or is "".
export function misfitLine(reasons) {
  const counts = new Map();
  for (const reason of reasons.filter(Boolean)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (!counts.size) return "";
  const words = [...counts].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${count} ${reason}`);
  return `of ${reasons.length} two-bar windows: ${words.join(", ")}; moved to the nearest 16ths`;
}
