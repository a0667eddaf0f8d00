// The main beat of a .mid file, as in `drumatlas.web.dropped_file`, which gives the reasons. Pure.

import { misfitLine, readFile, unvoicedLine, whyNoBeat } from "./filedrums.js";
import { fourFour, twoBars } from "./filegrid.js";
import { MidiFileError, SmfBytes } from "./smfbytes.js";
import { MAX_STRETCHES } from "./smftables.js";

// Returns {code, remarks} of a file's bytes: the step codes [32] of the two bars that its drums
// play most often (the first, if several are equal), and sentences about notes that were changed or
// left out. Throws MidiFileError if the file has no beat.
export function beatOf(bytes) {
  const drums = readFile(new SmfBytes(bytes));
  const ranges = fourFour(drums.track);
  if (ranges.length > MAX_STRETCHES) throw new MidiFileError(`changes its metre more than ${MAX_STRETCHES} times`);
  const found = new Map(); // code as text -> the code, and per occurrence why it is off the grid
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
