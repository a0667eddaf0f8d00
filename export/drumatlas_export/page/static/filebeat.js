// The beat of a .mid file, as in `drumatlas.web.drop`, which gives the reasons. Pure.

import { misfitLine, readFile, unvoicedLine, whyNoBeat } from "./filedrums.js";
import { fourFour, twoBars } from "./filegrid.js";
import { MidiFileError, SmfBytes } from "./smfbytes.js";
import { MAX_STRETCHES } from "./smftables.js";

// Returns {code, remarks} of a file's bytes. The code, 32 numbers, is the two bars that the drums
// play most often (the first of several). The remarks are sentences about notes that were changed
// or left out. Throws MidiFileError if the file can't be read.
export function beatOf(bytes) {
  const drums = readFile(new SmfBytes(bytes));
  const ranges = fourFour(drums.track);
  if (ranges.length > MAX_STRETCHES) throw new MidiFileError(`changes its metre over ${MAX_STRETCHES} times`);
  const found = new Map(); // by the code's text: the code, and why it is off the grid, each time
  for (const [code, reason] of twoBars(drums.track, ranges, drums.map, drums.lead)) {
    const key = code.join();
    if (!found.has(key)) found.set(key, { code, reasons: [] });
    found.get(key).reasons.push(reason);
  }
  const lines = [...drums.track.remarks, unvoicedLine(drums.unvoiced)].filter(Boolean);
  if (!found.size) throw new MidiFileError([whyNoBeat(drums), ...lines].join("; "));
  const { code, reasons } = mostPlayed([...found.values()]);
  return { code, remarks: [...lines, misfitLine(reasons)].filter(Boolean) };
}

function mostPlayed(beats) {
  const most = beats.reduce((count, { reasons }) => Math.max(count, reasons.length), 0);
  return beats.find(({ reasons }) => reasons.length === most);
}
