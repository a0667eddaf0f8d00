// The WebSocket to the box. It reconnects by itself, synchronises the clocks, and sends only the
// latest value of a control that is being turned.

import { RemoteClock } from "./clock.js";

const TURN_MS = 25; // between two messages with turns; the box reads a hundred times a second
const PING_MS = 1000;
const FIRST_PINGS = 6; // right after opening, FIRST_PING_MS apart
const FIRST_PING_MS = 60;
const RETRY_MS = [300, 600, 1200, 2500, 5000];
const MAX_MISSED = 9; // with more unanswered pings the connection is dead, even if TCP still waits

export class Link {
  clock = new RemoteClock();
  isOpen = false;
  onState = () => {};
  onNotes = () => {};
  onNotice = () => {};
  onPassing = () => {};
  onOpen = () => {};
  #socket = null;
  #turns = {};
  #turning = 0;
  #tries = 0;
  #pinging = 0;
  #missed = 0; // pings since the last answer; a suspended page sends none

  constructor(url) {
    this.url = url;
  }

  open() {
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = () => this.#closed(socket);
  }

  turn(name, value) {
    this.#turns[name] = Math.min(Math.max(value, 0), 1);
    this.#turning ||= setTimeout(() => this.#flush(), TURN_MS);
  }

  press(name) {
    this.#flush();
    this.send({ press: name });
  }

  send(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  sendFile(bytes) {
    if (!this.isOpen) throw new Error("not sent: the box does not answer");
    this.#socket.send(bytes);
  }

  #flush() {
    clearTimeout(this.#turning);
    this.#turning = 0;
    if (Object.keys(this.#turns).length) this.send({ turn: this.#turns });
    this.#turns = {};
  }

  #opened() {
    this.isOpen = true;
    this.#tries = 0;
    this.#missed = 0;
    this.clock.forget();
    this.onOpen(true);
    this.#ping(FIRST_PINGS);
  }

  #closed(socket) {
    if (socket !== this.#socket) return;
    this.isOpen = false;
    clearTimeout(this.#pinging);
    this.onOpen(false);
    const wait = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)];
    setTimeout(() => this.open(), wait);
  }

  #ping(quick) {
    if (this.#missed > MAX_MISSED) {
      const dead = this.#socket;
      dead.close();
      this.#closed(dead);
      return;
    }
    this.#missed++;
    this.send({ ping: performance.now() });
    this.#pinging = setTimeout(() => this.#ping(quick - 1), quick > 0 ? FIRST_PING_MS : PING_MS);
  }

  #receive(message) {
    if ("pong" in message) {
      this.#missed = 0;
      this.clock.answer(message.pong, message.now, performance.now());
    }
    if (message.state) this.onState(message.state);
    if (message.notes) this.onNotes(message.notes);
    if (message.passing) this.onPassing(message.passing);
    if (message.said) this.onNotice(message.said);
  }
}
