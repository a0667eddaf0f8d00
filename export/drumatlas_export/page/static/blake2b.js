// The hash of a beat's rotation class, as in `drumatlas.beat.codes.rotation_hash`: BLAKE2b (RFC
// 7693) with a digest of 8 bytes over the 64 bytes of the smallest rotation. Pure.

import { STEPS } from "./boxtables.js";

const INITIAL = [
  0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n,
];
const ORDER = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
const ROUNDS = 12;
const MIXED = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];
const BYTES = 64;
const PARAMETERS = 0x01010008n; // no key, 8 bytes of digest, one leaf

// Returns the 64-bit hash of 32 step codes.
export function rotationHash(code) {
  const words = new BigUint64Array(16); // a single block: the message, then zeros
  const view = new DataView(words.buffer);
  smallestRotation(code).forEach((step, i) => view.setUint16(2 * i, step, false));
  const message = Array.from({ length: 16 }, (_, i) => view.getBigUint64(8 * i, true));
  const v = BigUint64Array.from([...INITIAL, ...INITIAL]);
  v[0] ^= PARAMETERS;
  v[12] ^= BigInt(BYTES);
  v[14] = ~v[14]; // the last block
  for (let round = 0; round < ROUNDS; round++) {
    const order = ORDER[round % ORDER.length];
    MIXED.forEach(([a, b, c, d], i) => mix(v, a, b, c, d, message[order[2 * i]], message[order[2 * i + 1]]));
  }
  return INITIAL[0] ^ PARAMETERS ^ v[0] ^ v[8];
}

function mix(v, a, b, c, d, x, y) {
  v[a] = v[a] + v[b] + x;
  v[d] = rotateRight(v[d] ^ v[a], 32n);
  v[c] += v[d];
  v[b] = rotateRight(v[b] ^ v[c], 24n);
  v[a] = v[a] + v[b] + y;
  v[d] = rotateRight(v[d] ^ v[a], 16n);
  v[c] += v[d];
  v[b] = rotateRight(v[b] ^ v[c], 63n);
}

// Rotates a 64-bit word to the right. Storing it in a BigUint64Array cuts off the higher bits.
function rotateRight(word, bits) {
  return (word >> bits) | (word << (64n - bits));
}

function smallestRotation(code) {
  let best = 0;
  for (let start = 1; start < STEPS; start++) {
    for (let i = 0; i < STEPS; i++) {
      const less = code[(start + i) % STEPS] - code[(best + i) % STEPS];
      if (less < 0) best = start;
      if (less !== 0) break;
    }
  }
  return Array.from({ length: STEPS }, (_, i) => code[(best + i) % STEPS]);
}
