// Drum note-ons and metre of a Standard MIDI File, as `drumatlas.beat.smf`, which says why. Pure.

export const DRUM_CHANNEL = 9; // "channel 10", counted from 0
const MAX_TICKS = 2 ** 28; // at 480 ticks a beat and 120 BPM three days; more is garbage
const MAX_SIGNATURES = 10_000;
const DATA_BYTES = { 0x8: 2, 0x9: 2, 0xa: 2, 0xb: 2, 0xc: 1, 0xd: 1, 0xe: 2 }; // by status >> 4
const SYSTEM_BYTES = { 0xf1: 1, 0xf2: 2, 0xf3: 1 };

// The drums of a file's bytes: {ticksPerBeat, notes: [[tick, key, velocity]], signatures: [[tick,
// numerator, denominator]]}, each in order of time. An Error says what is wrong with the file.
export function readDrums(bytes) {
  const read = new Reader(bytes);
  const ticksPerBeat = header(read);
  const track = { ticksPerBeat, notes: [], signatures: [] };
  while (read.at + 8 <= bytes.length) {
    const kind = read.text(4);
    const size = read.number(4);
    const end = read.at + size;
    if (kind === "MTrk") {
      const isWhole = readTrack(read, Math.min(end, bytes.length), track);
      if (!isWhole && end > bytes.length) throw new Error("cut short: a track runs past the end of the file");
    }
    read.at = end;
  }
  const inOrder = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  track.notes.sort(inOrder);
  track.signatures.sort(inOrder);
  return track;
}

// Ticks a beat; leaves the reader behind the header.
function header(read) {
  const { bytes } = read;
  if (read.text(4) === "RIFF" && text(bytes, 8) === "RMID") {
    // Microsoft's wrapping of a plain file.
    read.at = 12;
    while (read.at < 64 && text(bytes, read.at) !== "MThd") read.at++;
  } else read.at = 0;
  if (text(bytes, read.at) !== "MThd") throw new Error("not a MIDI file (no MThd at its start)");
  read.at += 4;
  const size = read.number(4);
  const start = read.at;
  const form = read.number(2);
  read.number(2); // of tracks
  const division = read.number(2);
  if (size < 6 || form > 1) throw new Error(`header size ${size}, format ${form}: only formats 0 and 1 can be read`);
  if (division === 0 || division >= 0x8000) throw new Error("time in SMPTE frames, not in beats");
  read.at = start + size;
  return division;
}

// Reads one track's events; whether its end was marked. Running status goes on over meta events and
// SysEx (against the standard, but real files do it).
function readTrack(read, end, track) {
  let tick = 0;
  let status = 0;
  while (read.at < end) {
    tick += read.variable();
    if (tick > MAX_TICKS) throw new Error(`the time runs past ${MAX_TICKS} ticks`);
    const byte = read.peek();
    if (byte >= 0xf0) {
      read.at++;
      if (byte === 0xff) {
        if (readMeta(read, tick, track)) return true;
      } else if (byte === 0xf0 || byte === 0xf7) read.skip(read.variable());
      else read.skip(SYSTEM_BYTES[byte] ?? 0);
      continue;
    }
    if (byte >= 0x80) {
      status = byte;
      read.at++;
    }
    if (!status) throw new Error(`byte ${read.at}: data without a status`);
    if (status === (0x90 | DRUM_CHANNEL)) {
      const [key, velocity] = [read.byte() & 0x7f, read.byte() & 0x7f];
      if (velocity) track.notes.push([tick, key, velocity]);
    } else read.skip(DATA_BYTES[status >> 4]);
  }
  return false;
}

// A meta event, behind its 0xff; whether it ends the track.
function readMeta(read, tick, track) {
  const kind = read.byte();
  const size = read.variable();
  if (kind === 0x2f) return true;
  const at = read.at;
  if (kind === 0x58 && size >= 2) {
    track.signatures.push([tick, read.byte(), 2 ** Math.min(read.byte(), 8)]);
    if (track.signatures.length > MAX_SIGNATURES) throw new Error(`more than ${MAX_SIGNATURES} time signatures`);
  }
  read.at = at + size;
  return false;
}

class Reader {
  at = 0;

  constructor(bytes) {
    this.bytes = bytes;
  }

  peek() {
    if (this.at >= this.bytes.length) throw new Error("cut short: an event runs past the end of the file");
    return this.bytes[this.at];
  }

  byte() {
    const value = this.peek();
    this.at++;
    return value;
  }

  skip(count) {
    this.at += count;
  }

  // Big-endian, of `count` bytes.
  number(count) {
    let value = 0;
    for (let i = 0; i < count; i++) value = 256 * value + this.byte();
    return value;
  }

  // A variable-length quantity.
  variable() {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.byte();
      value = 128 * value + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    throw new Error(`byte ${this.at - 4}: a number of more than 4 bytes`);
  }

  text(count) {
    const found = text(this.bytes, this.at, count);
    this.at += count;
    return found;
  }
}

function text(bytes, at, count = 4) {
  return String.fromCharCode(...bytes.subarray(at, at + count));
}
