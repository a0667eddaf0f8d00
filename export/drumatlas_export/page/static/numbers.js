// Rounding, median and sum with exactly NumPy's results. Pure.

const LANES = 8;

// Rounds to the nearest integer, halves to the even one.
export function round(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 ? below + 1 : below;
}

export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length / 2;
  return (sorted[Math.floor(half - 0.5)] + sorted[Math.floor(half)]) / 2;
}

// Sums up to 128 values in NumPy's order (its `pairwise_sum`): eight partial sums in parallel.
export function sum(values) {
  const whole = values.length - (values.length % LANES);
  let total = 0;
  if (whole) {
    const lanes = values.slice(0, LANES);
    for (let i = LANES; i < whole; i++) lanes[i % LANES] += values[i];
    const [a, b, c, d, e, f, g, h] = lanes;
    total = a + b + (c + d) + (e + f + (g + h));
  }
  for (let i = whole; i < values.length; i++) total += values[i];
  return total;
}
