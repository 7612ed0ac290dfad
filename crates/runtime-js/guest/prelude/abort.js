// AbortController and AbortSignal. An abort runs the runtime's own actions first (a call is closed at once), then the
// guest's listeners.

let isSignal, onAbort, offAbort, abortSignal, newSignal;

// Constructors that only the runtime may use are given this.
const INTERNAL = Symbol("internal");

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #actions = [];
  #handler = null;

  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("AbortSignal cannot be constructed; use AbortController");
    super();
  }

  static {
    isSignal = (value) => isObject(value) && #aborted in value;
    newSignal = () => new AbortSignal(INTERNAL);
    onAbort = (signal, action) => arrayPush(signal.#actions, action);
    offAbort = (signal, action) => {
      for (let i = 0; i < signal.#actions.length; i++) {
        if (signal.#actions[i] === action) return removeAt(signal.#actions, i, 1);
      }
    };
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException("the operation was aborted", "AbortError") : reason;
      const actions = signal.#actions;
      signal.#actions = [];
      for (let i = 0; i < actions.length; i++) actions[i]();
      dispatchEvent(signal, new Event("abort"));
    };
  }

  static abort(reason = undefined) {
    const signal = newSignal();
    abortSignal(signal, reason);
    return signal;
  }

  static timeout(milliseconds) {
    const delay = Number(milliseconds);
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) throw new TypeError("timeout needs a number of milliseconds that is not negative");
    const signal = newSignal();
    startTimer(delay, () => abortSignal(signal, new DOMException("the operation timed out", "TimeoutError")));
    return signal;
  }

  static any(signals) {
    const sources = sequence(signals);
    const joined = newSignal();
    for (let i = 0; i < sources.length; i++) {
      if (!isSignal(sources[i])) throw new TypeError("any needs a list of AbortSignals");
    }
    for (let i = 0; i < sources.length; i++) {
      if (sources[i].#aborted) {
        abortSignal(joined, sources[i].#reason);
        return joined;
      }
    }
    for (let i = 0; i < sources.length; i++) onAbort(sources[i], () => abortSignal(joined, sources[i].#reason));
    return joined;
  }

  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  get onabort() { return this.#handler; }
  set onabort(value) {
    if (this.#handler !== null) this.removeEventListener("abort", this.#handler);
    this.#handler = typeof value === "function" ? value : null;
    if (this.#handler !== null) this.addEventListener("abort", this.#handler);
  }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
}
const isAborted = getter(AbortSignal.prototype, "aborted");
const abortReason = getter(AbortSignal.prototype, "reason");

class AbortController {
  #signal = newSignal();

  get signal() { return this.#signal; }

  abort(reason = undefined) {
    abortSignal(this.#signal, reason);
  }
}

exposeClass(AbortSignal);
exposeClass(AbortController);
