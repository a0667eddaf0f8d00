// Reads the atlas that is written into the page. Its numbers are little-endian in base64; every
// machine with a browser is little-endian, too.

import { landOf } from "./genre.js";

export function readAtlas(text) {
  const about = JSON.parse(text);
  const floats = (value) => new Float32Array(bytes(value));
  const doubles = (value) => new Float64Array(bytes(value));
  const { x, y, z, genre, origin } = about.map;
  return {
    ...about,
    points: {
      n: about.points,
      x: floats(x),
      y: floats(y),
      z: floats(z),
      genre: new Int16Array(bytes(genre)),
      generated: new Uint8Array(bytes(origin)),
    },
    genres: about.genres.map((one) => ({ ...one, centroid: floats(one.centroid), typical: floats(one.typical) })),
    decoder: readGraph(about.decoder),
    encoder: about.encoder && readGraph(about.encoder),
    known: new BigUint64Array(bytes(about.known)),
    thresholds: floats(about.thresholds),
    labels: about.labels && {
      ...about.labels,
      z: floats(about.labels.z),
      weight: floats(about.labels.weight),
      genre: new Uint8Array(bytes(about.labels.genre)),
      land: landOf(about.labels.side, new Uint16Array(bytes(about.labels.lengths)), new Uint8Array(bytes(about.labels.land))),
    },
    groove: about.groove && { loud: floats(about.groove.loud), near: floats(about.groove.near) },
    near: doubles(about.near),
    far: doubles(about.far),
    rounds: doubles(about.rounds),
    homes: floats(about.homes),
    centre: floats(about.centre),
    reach: floats(about.reach),
    basis: floats(about.basis),
    inverse: doubles(about.inverse),
  };
}

const READERS = {
  f4: (base64) => new Float32Array(bytes(base64)),
  i4: (base64) => new Int32Array(bytes(base64)),
};

// Reads a network as `drumatlas_export.page.graph` writes it. Each array gets the number that nodes
// know it by.
export function readGraph(graph) {
  const arrays = [];
  for (const { number, shape, kind, data } of graph.arrays) {
    arrays[number] = { shape, data: READERS[kind](data) };
  }
  return { ...graph, arrays };
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}
