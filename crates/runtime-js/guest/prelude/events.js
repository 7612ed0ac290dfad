// Event and EventTarget, as much as AbortSignal and code written for it need: no tree, no capture, no bubbling.

let fire;

class Event {
  #type;
  #cancelable;
  #target = null;
  #prevented = false;
  #stopped = false;

  constructor(type, init = {}) {
    if (arguments.length < 1) throw new TypeError("Event needs a type");
    this.#type = text(type);
    this.#cancelable = !!init?.cancelable;
  }

  static {
    // Runs the listeners in order; whether the default was not prevented. What a listener throws is reported.
    fire = (target, listeners, event) => {
      event.#target = target;
      event.#stopped = false;
      const now = copyFrom(listeners, 0);
      for (let i = 0; i < now.length && !event.#stopped; i++) {
        const listener = now[i];
        if (listener.type !== event.#type || listener.removed) continue;
        if (listener.once) listener.remove();
        try {
          if (typeof listener.callback === "function") apply(listener.callback, target, [event]);
          else listener.callback.handleEvent(event);
        } catch (error) {
          report(error);
        }
      }
      return !event.#prevented;
    };
  }

  get type() { return this.#type; }
  get target() { return this.#target; }
  get currentTarget() { return this.#target; }
  get cancelable() { return this.#cancelable; }
  get bubbles() { return false; }
  get defaultPrevented() { return this.#prevented; }

  preventDefault() {
    if (this.#cancelable) this.#prevented = true;
  }

  stopImmediatePropagation() {
    this.#stopped = true;
  }
}

class EventTarget {
  #listeners = [];

  addEventListener(type, callback, options = {}) {
    const name = text(type);
    if (callback === null || callback === undefined) return;
    if (!isObject(callback)) throw new TypeError("a listener is a function or an object with handleEvent");
    const signal = isObject(options) ? options.signal : undefined;
    if (signal !== undefined && !isSignal(signal)) throw new TypeError("signal must be an AbortSignal");
    if (signal?.aborted || this.#find(name, callback) >= 0) return;
    const listener = { __proto__: null, type: name, callback, once: isObject(options) && !!options.once, removed: false };
    listener.remove = () => this.removeEventListener(name, callback);
    arrayPush(this.#listeners, listener);
    if (signal !== undefined) onAbort(signal, listener.remove);
  }

  #find(type, callback) {
    for (let i = 0; i < this.#listeners.length; i++) {
      if (this.#listeners[i].type === type && this.#listeners[i].callback === callback) return i;
    }
    return -1;
  }

  removeEventListener(type, callback) {
    const at = this.#find(text(type), callback);
    if (at < 0) return;
    this.#listeners[at].removed = true;
    removeAt(this.#listeners, at, 1);
  }

  dispatchEvent(event) {
    return fire(this, this.#listeners, event);
  }
}
const dispatchEvent = uncurry(EventTarget.prototype.dispatchEvent);

exposeClass(Event);
exposeClass(EventTarget);
