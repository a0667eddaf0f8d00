// Encodes a place as a link's fragment and decodes it. The box checks it again. Pure.

const KEY = "place=";
const round = (value) => Math.round(value * 1e5) / 1e5;

// Encodes `knobs` (4), `novelty` and those of `values` (by name) that differ from their defaults.
export function toFragment(knobs, values, defaults, novelty) {
  const changed = Object.entries(values).filter(([name, value]) => round(value) !== round(defaults[name]));
  const place = {
    k: knobs.map(round),
    v: Object.fromEntries(changed.map(([name, value]) => [name, round(value)])),
    n: novelty ? 1 : 0,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(place));
  const text = btoa(String.fromCharCode(...bytes));
  return KEY + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Returns the snapshot in a fragment (with or without #), or null.
export function fromFragment(fragment) {
  const text = fragment.replace(/^#/, "");
  if (!text.startsWith(KEY) || text.length > 4000) return null;
  try {
    const binary = atob(text.slice(KEY.length).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const place = JSON.parse(new TextDecoder().decode(bytes));
    const knobs = place.k.map(Number);
    const values = Object.fromEntries(Object.entries(place.v).map(([name, v]) => [name, Number(v)]));
    const isWhole = knobs.length === 4 && [...knobs, ...Object.values(values)].every(Number.isFinite);
    return isWhole ? { knobs, values, novelty: place.n !== 0 } : null;
  } catch {
    return null;
  }
}
