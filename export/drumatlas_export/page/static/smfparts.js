// Finds drums on channels other than 10, where the file says so or where they can be nothing else,
// as in `drumatlas.beat.smf.parts`, which gives the reasons. Pure.

import { Declared } from "./smfdeclared.js";
import { isKit, mayBeKit } from "./smfkit.js";
import { channelOf, tickOf } from "./smfnotes.js";
import { DRUM_CHANNEL, KIT_WORDS, NOT_KITS, NO_PROGRAMS, PROGRAM, USUAL_CHANNELS, VAGUE_WORDS } from "./smftables.js";

const [KITS, VAGUE, OTHERS] = [KIT_WORDS, VAGUE_WORDS, NOT_KITS].map((one) => new RegExp(`^(?:${one})$`, "u"));
const WORD = /[\p{L}\p{Nl}\p{No}]+/gu;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

// Returns the drums of channels other than 10: [{channel, why, packed}]. `tracks` were read with
// `everything`; `division` is ticks per beat; `hasDrums`: channel 10 has drums.
export function findParts(tracks, division, hasDrums) {
  const found = declaredParts(tracks);
  if (hasDrums || found.length) return found;
  const named = tracks.flatMap((track) => namedPart(track, division));
  return named.length ? named : partsBySound(tracks, division);
}

// Returns the channels (0..15) that have notes.
export function channelsOf(tracks) {
  const channels = new Set(tracks.flatMap(({ packed }) => packed.map(channelOf)));
  return [...channels].sort((a, b) => a - b);
}

// Returns the parts that the file declares as drum kits.
function declaredParts(tracks) {
  const declared = new Declared(tracks.flatMap(({ setup }) => setup));
  const { channels } = declared;
  const parts = new Map();
  for (const note of channels.size ? tracks.flatMap(({ packed }) => packed) : []) {
    const channel = channelOf(note);
    const why = channels.has(channel) && channel !== DRUM_CHANNEL && declared.at(channel, tickOf(note));
    if (!why) continue;
    if (!parts.has(channel)) parts.set(channel, { channel, why, packed: [] });
    parts.get(channel).packed.push(note);
  }
  return [...parts.values()].sort((a, b) => a.channel - b.channel);
}

// Returns the part of a track with one channel whose name and keys say drums, else [].
function namedPart(track, division) {
  const channels = channelsOf([track]);
  const name = track.names.map(drumName).find(Boolean);
  if (channels.length !== 1 || !name) return [];
  const [channel] = channels;
  const { packed, number } = track;
  const isPlain = programs(track, channel).every((program) => NO_PROGRAMS.includes(program));
  const isKitNamed = isPlain && has(KITS, name) && mayBeKit(packed, division);
  if (!isKitNamed && !isKit(packed, division)) return [];
  return [{ channel, why: `track ${number} is named ${quoted(name)}`, packed }];
}

// Returns the only channel of a file, or those usual for drums, if they sound like a kit.
function partsBySound(tracks, division) {
  const channels = channelsOf(tracks);
  const isOnly = channels.length === 1;
  const parts = channels.filter((channel) => isOnly || USUAL_CHANNELS.includes(channel)).map((channel) => ({
    channel,
    why: `${isOnly ? "the only channel; it" : "it"} plays a drum kit's keys`,
    packed: tracks.flatMap(({ packed }) => packed.filter((note) => channelOf(note) === channel)),
  }));
  return parts.filter(({ packed }) => isKit(packed, division));
}

function programs(track, channel) {
  const status = PROGRAM | channel;
  return track.setup.filter(([, one]) => one.charCodeAt(0) === status).map(([, one]) => one.charCodeAt(1));
}

// Returns the name if it may be that of drums, else "".
function drumName(raw) {
  const name = decoded(raw).replace(UNPRINTABLE, "").trim();
  return (has(KITS, name) || has(VAGUE, name)) && !has(OTHERS, name) ? name : "";
}

// Decodes bytes as UTF-8 or else as Latin-1, in which any bytes are valid.
function decoded(raw) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  } catch {
    return String.fromCharCode(...raw);
  }
}

// Upper case first: this unifies all forms of a letter, as Python's `casefold` does.
function has(words, name) {
  const found = name.toUpperCase().toLowerCase().match(WORD) ?? [];
  return found.some((word) => words.test(word));
}

// Quotes a string of printable characters as Python does.
function quoted(name) {
  const quote = name.includes("'") && !name.includes('"') ? '"' : "'";
  const inner = name.replaceAll("\\", "\\\\");
  return quote + (quote === "'" ? inner.replaceAll("'", "\\'") : inner) + quote;
}
