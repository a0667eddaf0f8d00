// The latest state of the box. Listeners of a key are called on each change.

export class Store {
  state = { values: {} };
  #listeners = new Map();

  on(key, listener) {
    if (!this.#listeners.has(key)) this.#listeners.set(key, []);
    this.#listeners.get(key).push(listener);
    if (key in this.state) listener(this.state[key]);
  }

  // Merges a part of the state, then calls the listeners.
  update({ values, ...rest }) {
    Object.assign(this.state, rest);
    Object.assign(this.state.values, values);
    for (const [name, value] of Object.entries(values ?? {})) this.#notify(`values.${name}`, value);
    for (const [key, value] of Object.entries(rest)) this.#notify(key, value);
  }

  #notify(key, value) {
    for (const listener of this.#listeners.get(key) ?? []) listener(value);
  }
}
