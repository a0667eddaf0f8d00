// Finds the channels that a file declares as drum kits by its messages to synthesizers, as in
// `drumatlas.beat.smf.declared`, which names its sources. Pure.

import {
  BANK, DECLARING, DECLARING_XG, DRUM_CHANNEL, GM2_BANK, GS_PART, PROGRAM, RESETS, SYSEX, XG_BANK, XG_MESSAGE, XG_ON,
  XG_PART,
} from "./smftables.js";

const [RESET, GS, XG_MODE, ANY_XG] = [RESETS, GS_PART, XG_PART, XG_MESSAGE].map((one) => new RegExp(`^(?:${one})`, "s"));
const [DECLARES_XG, ...DECLARES] = [DECLARING_XG, ...DECLARING].map((one) => new RegExp(one, "s"));

// Returns whether a file's bytes may contain such a declaration for a channel other than 10.
export function mayDeclare({ text }) {
  if (DECLARES.some((one) => one.test(text))) return true;
  return (text.includes(XG_ON) || text.includes("\x4c\x08")) && DECLARES_XG.test(text);
}

// The declarations in all messages of a file, [tick, message as text], track by track.
export class Declared {
  #banks = new Map();
  #changes = new Map(); // by channel: tick, why or ""

  constructor(messages) {
    const ordered = messages.toSorted((a, b) => a[0] - b[0]);
    this.isXg = ordered.some(([, one]) => one.charCodeAt(0) === SYSEX && ANY_XG.test(one.slice(1)));
    for (const [tick, message] of ordered) {
      if (message.charCodeAt(0) === SYSEX) this.#takeSysex(tick, message.slice(1));
      else this.#takeChange(tick, ...Array.from(message, (letter) => letter.charCodeAt(0)));
    }
  }

  // The channels (0..15) that play a drum kit at any time.
  get channels() {
    const kits = [...this.#changes].filter(([, changes]) => changes.some(([, why]) => why));
    return new Set(kits.map(([channel]) => channel));
  }

  // Returns why `channel` plays a drum kit at `tick`; "" if nothing declares it.
  at(channel, tick) {
    const changes = this.#changes.get(channel) ?? [];
    return changes.findLast(([from]) => from <= tick)?.[1] ?? "";
  }

  #takeSysex(tick, body) {
    const [gs, xg] = [GS.exec(body), XG_MODE.exec(body)];
    if (RESET.test(body)) {
      this.#banks.clear();
      for (const channel of this.#changes.keys()) this.#set(tick, channel, "");
    } else if (gs) {
      const block = gs[1].charCodeAt(0) & 0x0f;
      const channel = block === 0 ? DRUM_CHANNEL : block - (block < 10 ? 1 : 0);
      this.#set(tick, channel, gs[2].charCodeAt(0) ? "a GS drum part" : "");
    } else if (xg) this.#set(tick, xg[1].charCodeAt(0), xg[2].charCodeAt(0) ? "an XG drum part" : "");
  }

  // Handles bank select, which takes effect at the next program change, and program change.
  #takeChange(tick, status, first, second) {
    const channel = status & 0x0f;
    if ((status & 0xf0) !== PROGRAM) {
      if ((status & 0xf0) === BANK && first === 0) this.#banks.set(channel, second);
      return;
    }
    const bank = this.#banks.get(channel);
    if (bank === GM2_BANK) this.#set(tick, channel, `GM2 bank ${bank}`);
    else if (bank === XG_BANK && this.isXg) this.#set(tick, channel, `XG bank ${bank}`);
    else if (bank !== undefined && !this.at(channel, tick).includes("GS")) this.#set(tick, channel, "");
  }

  #set(tick, channel, why) {
    if (!this.#changes.has(channel)) this.#changes.set(channel, []);
    this.#changes.get(channel).push([tick, why]);
  }
}
