// Reads drum note-ons and time signatures of a Standard MIDI File, as in `drumatlas.beat.smf.read`,
// which gives the reasons. Pure.

import { BrokenTrackError, MidiFileError, NoByteError, SmfBytes, countOf } from "./smfbytes.js";
import { declaredTracks, findHeader, readHeader } from "./smfchunks.js";
import { mayDeclare } from "./smfdeclared.js";
import { atTick, checkBounds, everything, noEvents, notesOf, readNotes, tickOf } from "./smfnotes.js";
import { channelsOf, findParts } from "./smfparts.js";
import { Search } from "./smfsearch.js";
import { DRUM_CHANNEL, MAX_REMARKS, MOST_FORMAT, PATTERN_BEATS, NOTES_PER_UNSOUND } from "./smftables.js";

// Returns the drums and time signatures in an SmfBytes: {ticksPerBeat, packed, signatures: [[tick,
// numerator, denominator]], remarks, channels, unread}, with notes and signatures in chronological
// order. `channels` (0..15) are those that play drums; null means channel 10 and others that
// certainly play drums. `unread` are the channels with notes if none of them are drums.
export function readDrums(data, channels = null) {
  const layout = layoutOf(data);
  const named = channels ?? [DRUM_CHANNEL];
  const track = {
    ticksPerBeat: layout.division, packed: [], signatures: [], remarks: layout.remarks, channels: named, unread: [],
  };
  add(track, readAll(data, layout, notesOf(named)));
  if (channels === null && (!track.packed.length || mayDeclare(data))) addParts(data, layout, track);
  if (!track.packed.length && layout.faults.length) {
    throw new MidiFileError(layout.faults.slice(0, MAX_REMARKS).join("; "));
  }
  const more = track.remarks.length - MAX_REMARKS;
  if (more > 0) track.remarks.splice(MAX_REMARKS, more, `and ${more} more`);
  return track;
}

// Finds the tracks, and adds the remarks about the file as a whole.
function layoutOf(data) {
  const [start, before] = findHeader(data);
  const [layout, at] = readHeader(data, start);
  layout.remarks.unshift(...before);
  const spans = declaredTracks(data, at);
  if (spans) layout.spans = spans;
  else new Search(data, layout).all(at);
  const { form, promised, remarks } = layout;
  const count = layout.spans.length;
  if (count !== promised) remarks.push(`the header promises ${countOf(promised, "track")}; the file has ${count}`);
  if (form > MOST_FORMAT && count > 1) throw new MidiFileError(`format ${form} of ${count} tracks; only 0, 1 and 2 exist`);
  if (form === 0 && count > 1) remarks.push(`format 0 has one track; the ${count} were read together, as in format 1`);
  if (form === MOST_FORMAT) remarks.push(`format 2: ${countOf(count, "track")} read, each a pattern of its own`);
  return layout;
}

// Reads the wanted events of each track. Those of format 2 follow one another.
function readAll(data, layout, wanted) {
  const patternTicks = layout.division * PATTERN_BEATS;
  const { spans } = layout;
  layout.spans = [];
  const parts = [];
  let start = 0;
  for (const span of spans) {
    if (!wanted.marks.some((mark) => data.holds(mark, span.start, span.end))) {
      layout.spans.push(span);
      continue;
    }
    const part = readTrack(data, layout, span, wanted, start);
    parts.push(part);
    if (layout.form !== MOST_FORMAT) continue;
    if (!part.signatures.some(([tick]) => tick === start)) part.signatures.unshift([start, 4, 4]);
    const last = Math.max(tickOf(part.packed.at(-1) ?? atTick(start)), start);
    start = (Math.floor(last / patternTicks) + 2) * patternTicks;
  }
  return parts;
}

// Reads the events of one track from tick `start` on. A damaged track is read as far as possible.
function readTrack(data, layout, span, wanted, start) {
  const whole = span.isSettled ? null : readWhole(data, span, wanted, start);
  if (whole) {
    layout.spans.push(withUnsound(layout, span, whole.unsound));
    return whole;
  }
  if (!span.isSettled) {
    new Search(data, layout).track(span);
    span = layout.spans.pop();
  }
  layout.spans.push(span);
  const part = noEvents(span.number);
  readNotes(data, span.start, span.end, wanted, part, start);
  if (span.isBroken) [part.packed, part.setup] = [[], []];
  return part;
}

// Reads the events of a track whose length is right; returns null if it is wrong.
function readWhole(data, span, wanted, start) {
  const part = noEvents(span.number);
  try {
    const [end, isOver] = readNotes(data, span.start, span.end, wanted, part, start);
    return end === span.end && isOver && part.unsound * NOTES_PER_UNSOUND <= part.packed.length ? part : null;
  } catch (error) {
    if (error instanceof BrokenTrackError || error instanceof NoByteError) return null;
    throw error;
  }
}

// Adds a remark, once, about the invalid notes of a track that is otherwise sound.
function withUnsound(layout, span, unsound) {
  if (!unsound) return span;
  const notes = unsound === 1 ? "1 note has" : `${unsound} notes have`;
  layout.remarks.push(`track ${span.number}: ${notes} a key or velocity over 127; left out`);
  return { ...span, isSettled: true };
}

// Merges the tracks in chronological order; simultaneous events stay in the file's order.
function add(track, parts) {
  track.packed = parts.flatMap(({ packed }) => packed);
  track.signatures = parts.flatMap(({ signatures }) => signatures);
  checkBounds(track.packed, track.signatures);
  track.packed.sort((a, b) => a - b);
  track.signatures.sort((a, b) => a[0] - b[0]);
}

// Adds the drums of channels other than 10 where they are certain.
function addParts(data, layout, track) {
  let tracks;
  try {
    tracks = readAll(data, layout, everything());
  } catch (error) {
    if (error instanceof MidiFileError) return; // more notes than a song has
    throw error;
  }
  for (const { channel, why, packed } of findParts(tracks, layout.division, track.packed.length > 0)) {
    track.packed = track.packed.concat(packed);
    track.remarks.push(`drums found on channel ${channel + 1} (${why})`);
  }
  track.packed.sort((a, b) => a - b);
  if (!track.packed.length) track.unread = channelsOf(tracks);
}
