// Colours of the theme, from the style sheet, and of genres. Pure except for `theme`.

// Paul Tol's "muted" scheme, distinguishable for colour-blind people, too (Technical Note
// SRON/EPS/TN/09-002, 2021), with the orange of his "vibrant" scheme in place of its pale grey.
export const MUTED = [
  "#88ccee", "#cc6677", "#ddcc77", "#44aa99", "#aa4499", "#999933", "#332288", "#882255", "#117733",
  "#ee7733",
];
// The same hues, lighter where they would be invisible on black.
export const MUTED_ON_DARK = [
  "#88ccee", "#dd7788", "#ddcc77", "#44bbaa", "#cc66bb", "#b3b34d", "#7766dd", "#bb4477", "#33aa55",
  "#ee8844",
];

// Returns the colour of a number of the palette in a theme.
export function colourOf(number, theme) {
  const colours = theme.isDark ? MUTED_ON_DARK : MUTED;
  return colours[number % colours.length];
}

const OF_GENRES = 9; // colours of genres without families; the last one is for families alone

// Returns a colour index for each genre ({x, y, count}), so that genres of the same colour lie far
// apart; the largest choose first. There are more genres than distinguishable colours, so all of
// them have labels, too.
export function colourGenres(genres, colours = OF_GENRES) {
  const order = genres.map((_, i) => i).sort((a, b) => genres[b].count - genres[a].count);
  const chosen = new Array(genres.length).fill(0);
  const used = Array.from({ length: colours }, () => []);
  for (const i of order) {
    const room = used.map((others) =>
      Math.min(2, ...others.map((j) => Math.hypot(genres[i].x - genres[j].x, genres[i].y - genres[j].y))),
    );
    chosen[i] = room.indexOf(Math.max(...room));
    used[chosen[i]].push(i);
  }
  return chosen;
}

export function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// Returns the current values of the style sheet's variables: {ink: "#...", ...}.
export function theme() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ground", "panel", "line", "ink", "quiet", "accent", "signal", "training", "generated", "off"];
  const found = Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
  found.isDark = style.getPropertyValue("--is-dark").trim() === "1";
  return found;
}
