// Reads the events of a track, as in `drumatlas.beat.smf.events`, which gives the reasons. Pure.

import { BrokenTrackError, NoByteError, PastEndError } from "./smfbytes.js";
import {
  DATA_BYTES, END_OF_TRACK, MAX_TICKS, META, META_SIZES, METRE, SYSEX, SYSEX_MORE, SYSTEM_BYTES,
} from "./smftables.js";

// Yields the events in bytes [at, end), up to and including End of Track: {at, tick, status, kind,
// data, end}. `at` is where the delta time begins, `data` where the data begin, `end` the position
// after them; `kind` is a meta event's type, else 0. Throws BrokenTrackError at a malformed event,
// and PastEndError at one that runs past `end`.
export function* events(data, at, end) {
  let [tick, status] = [0, 0];
  while (at < end) {
    const event = eventAt(data, at, tick, status);
    if (event.end > end) throw new PastEndError(at);
    yield event;
    if (isEnd(event)) return;
    if (event.status < SYSEX) status = event.status;
    [tick, at] = [event.tick, event.end];
  }
}

export function isEnd(event) {
  return event.status === META && event.kind === END_OF_TRACK;
}

// Returns the position after the End of Track whose type is at byte `at`. Its length byte, always
// 0, may be missing.
export function afterEnd(data, at) {
  return at + 1 + (at + 1 < data.length && data.byte(at + 1) === 0 ? 1 : 0);
}

function eventAt(data, start, tick, status) {
  try {
    return parse(data, start, tick, status);
  } catch (error) {
    throw error instanceof NoByteError ? new PastEndError(start) : error;
  }
}

function parse(data, start, before, running) {
  let [delta, at] = data.variable(start);
  const tick = before + delta;
  if (tick > MAX_TICKS) throw new BrokenTrackError(at, `the time runs past ${MAX_TICKS} ticks`);
  const first = data.byte(at);
  const status = first >= 0x80 ? first : running;
  if (first >= 0x80) at++;
  if (status === META) return parseMeta(data, start, at, tick);
  let size;
  if (status === SYSEX || status === SYSEX_MORE) {
    [size, at] = data.variable(at);
    return { at: start, tick, status, kind: 0, data: at, end: at + size };
  }
  if (!status) throw new BrokenTrackError(at, "data without a status");
  size = status < SYSEX ? DATA_BYTES[status >> 4] : (SYSTEM_BYTES[status] ?? 0);
  for (let place = at; place < at + size; place++) {
    if (data.byte(place) >= 0x80) throw new BrokenTrackError(place, "a status where data should be");
  }
  return { at: start, tick, status, kind: 0, data: at, end: at + size };
}

function parseMeta(data, start, at, tick) {
  const kind = data.byte(at);
  if (kind >= 0x80) throw new BrokenTrackError(at, "a meta event of no type");
  const event = { at: start, tick, status: META, kind };
  if (kind === END_OF_TRACK) return { ...event, data: at + 1, end: afterEnd(data, at) };
  const [size, place] = data.variable(at + 1);
  if ((META_SIZES[kind] ?? size) !== size || (kind === METRE && size < 2)) {
    const hex = kind.toString(16).toUpperCase().padStart(2, "0");
    throw new BrokenTrackError(at, `a meta event ${hex} of ${size} bytes`);
  }
  return { ...event, data: place, end: place + size };
}
