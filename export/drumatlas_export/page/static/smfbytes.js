// The bytes of a MIDI file, and the errors about them. Pure.

import { MESSAGE_CHARACTERS } from "./smftables.js";

const PIECE = 1 << 13; // arguments per call

// The file can't be read. The middle of a long message is left out, as in `drumatlas.errors`.
export class MidiFileError extends Error {
  constructor(message) {
    const letters = Array.from(message);
    const most = MESSAGE_CHARACTERS;
    const [start, end] = [letters.slice(0, most / 2), letters.slice(-most / 4)].map((some) => some.join(""));
    super((letters.length > most ? `${start} ... ${end}` : message).replace(/ +/g, " ").trim());
  }
}

// The track can't be read from byte `at` on.
export class BrokenTrackError extends MidiFileError {
  constructor(at, why) {
    super(`byte ${at}: ${why}`);
    [this.at, this.why] = [at, why];
  }
}

// The event at byte `at` runs past the end of the bytes.
export class PastEndError extends BrokenTrackError {
  constructor(at) {
    super(at, "an event runs past the end");
  }
}

// A byte beyond the end of the file was requested. Readers of tracks convert this to another error.
export class NoByteError extends Error {}

// Bytes as numbers, and as text with one character per byte, which is fast to search.
export class SmfBytes {
  constructor(bytes) {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += PIECE) {
      pieces.push(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
    }
    [this.bytes, this.text, this.length] = [bytes, pieces.join(""), bytes.length];
  }

  byte(at) {
    if (at >= this.length) throw new NoByteError(`the file ends before byte ${at}`);
    return this.bytes[at];
  }

  // Returns whether `letters` are at byte `at`.
  has(letters, at) {
    return at <= this.length && this.text.startsWith(letters, at);
  }

  // Returns where `letters` begin, at byte `at` or later; -1 if nowhere.
  find(letters, at) {
    return this.text.indexOf(letters, at);
  }

  // Returns whether `letters` are somewhere in bytes [start, end).
  holds(letters, start, end) {
    return this.text.slice(start, end).includes(letters);
  }

  // Returns the big-endian number in bytes [start, end), up to the end of the file.
  number(start, end) {
    let value = 0;
    for (let at = start; at < Math.min(end, this.length); at++) value = 256 * value + this.bytes[at];
    return value;
  }

  // Returns the variable-length quantity at byte `at`, and the position after it.
  variable(at) {
    let value = 0;
    for (let place = at; place < at + 4; place++) {
      const byte = this.byte(place);
      value = (value << 7) | (byte & 0x7f);
      if (byte < 0x80) return [value, place + 1];
    }
    throw new BrokenTrackError(at, "a number of more than 4 bytes");
  }
}

export function countOf(count, unit) {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
