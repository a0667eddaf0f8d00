// The table of controls as the box sends it, one row each, made from `explore/controls.py`. Pure.

const SIGNS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "space" };

export const isButton = (row) => row.default === null;

export function byName(rows) {
  return Object.fromEntries(rows.map((row) => [row.name, row]));
}

// Maps each key to {name, way}. The way is 1 (up) or -1 (down) for a value, 0 for a button.
export function keyTable(rows) {
  const table = new Map();
  for (const row of rows) {
    row.keys.forEach((key, i) => table.set(key, { name: row.name, way: isButton(row) ? 0 : i % 2 ? 1 : -1 }));
  }
  return table;
}

// Returns the value 0..1 after a key stroke, as `nudged` in `explore/controls.py`.
export function nudged(row, value, way) {
  const to = row.snaps ? (Math.round(value * row.steps) + way) / row.steps : value + way / row.steps;
  return Math.min(Math.max(to, 0), 1);
}

// Returns the label with a capital letter, as shown on the panel.
export function capital(row) {
  return row.label[0].toUpperCase() + row.label.slice(1);
}

// Returns a button's tooltip: its help text and its key.
export function titleOf(row) {
  return row.keys.length ? `${row.help} (${signs(row)})` : row.help;
}

// Returns [keys, description] lines for the list of keys. Controls with the same words share one.
export function keyLines(rows) {
  const lines = new Map();
  for (const row of rows.filter((one) => one.keys.length)) {
    lines.set(row.words, [...(lines.get(row.words) ?? []), row]);
  }
  return [...lines].map(([words, of]) => [
    of.map(signs).join(isButton(of[0]) ? " " : "   "),
    of.length === 1 && isButton(of[0]) ? of[0].help : words,
  ]);
}

function signs(row) {
  return row.keys.map((key) => SIGNS[key] ?? key).join(" ");
}
