// What the box said last, by key; whoever listens to a key hears of each change.

export class Store {
  state = { values: {} };
  #listeners = new Map();

  on(key, listener) {
    if (!this.#listeners.has(key)) this.#listeners.set(key, []);
    this.#listeners.get(key).push(listener);
    if (key in this.state) listener(this.state[key]);
  }

  // Take a part of the state over; listeners are told when all of it is in.
  take({ values, ...rest }) {
    Object.assign(this.state, rest);
    Object.assign(this.state.values, values);
    for (const [name, value] of Object.entries(values ?? {})) this.#tell(`values.${name}`, value);
    for (const [key, value] of Object.entries(rest)) this.#tell(key, value);
  }

  #tell(key, value) {
    for (const listener of this.#listeners.get(key) ?? []) listener(value);
  }
}
