// Reads the atlas that is written into the page. Its numbers are little-endian in base64; every
// machine with a browser is little-endian, too.

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
    layers: about.layers.map((one) => ({ ...one, weights: floats(one.weights), bias: floats(one.bias) })),
    encoder: about.encoder?.map((one) => ({ ...one, weights: floats(one.weights), bias: floats(one.bias) })),
    known: new BigUint64Array(bytes(about.known)),
    thresholds: floats(about.thresholds),
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

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}
