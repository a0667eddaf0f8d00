// What this browser remembers for the page. Where it may not (cookies are barred, or the page is a
// file), and even asking throws, it is remembered until the page is closed.

const here = {};

// What was kept under a name, or null.
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
    // until the page is closed, then
  }
}
