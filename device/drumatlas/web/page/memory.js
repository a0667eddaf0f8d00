// Settings that the browser stores for the page. If storage is blocked (no cookies, or the page is
// a file), access throws, and settings last until the page is closed.

const here = {};

// Returns the text stored under a name, or null.
export function recall(name) {
  if (name in here) return here[name];
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name, text) {
  here[name] = text;
  try {
    localStorage.setItem(name, text);
  } catch {
    // kept in `here` until the page is closed
  }
}
