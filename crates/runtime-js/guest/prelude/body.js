// Bodies. A body is whole: bytes that are here, or the rest of a response that the host still holds (an operation).

// { bytes } or { operation, signal } or { promise }; `shared` once a clone reads the same.
const NULL_BODY = null;

// Bytes on their way through promises. Without a prototype, for a promise asks what it is given for a `then`, and that
// of Uint8Array may be the guest's.
const carry = (bytes) => ({ __proto__: null, bytes });
// Operations whose response nobody can read any more.
const unread = new FinalizationRegistry((operation) => host.cancel(operation));

const textBytes = (string) => ({ __proto__: null, bytes: encode(string), shared: false });

// What a body may be made of, with the content type that it brings along.
const extractBody = (init) => {
  if (isObject(init)) {
    if (isParams(init)) return { source: textBytes(paramsText(init)), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    const view = viewOf(init);
    if (view !== undefined) return { source: { __proto__: null, bytes: bytesCopy(view), shared: false }, type: null };
    if (isHeaders(init) || isResponse(init) || isRequest(init)) throw new TypeError("a body cannot be made of a Headers, Request or Response; read it first");
  }
  return { source: textBytes(usv(init)), type: "text/plain;charset=UTF-8" };
};

// The bytes, carried, as a promise. The host is asked once, however many clones there are.
const readSource = (source) => {
  if (source.bytes !== undefined) return fulfilled(carry(source.shared ? bytesCopy(source.bytes) : source.bytes));
  source.promise ??= readOperation(source);
  const promise = source.promise;
  return source.shared ? then(promise, ({ bytes }) => carry(bytesCopy(bytes))) : promise;
};
const fulfilled = (value) => new Promise((resolve) => resolve(value));

// Reads the rest of a response that the host holds; an abort of the call ends the reading too.
const readOperation = (source) =>
  new Promise((resolve, reject) => {
    const { operation, signal } = source;
    if (signal !== null && isAborted(signal)) {
      host.cancel(operation);
      return reject(abortReason(signal));
    }
    const id = startCall(BODY, [numberToString(operation)], undefined);
    const abort = () => {
      forget(id);
      reject(abortReason(signal));
    };
    if (signal !== null) onAbort(signal, abort);
    whenDone(id, () => {
      if (signal !== null) offAbort(signal, abort);
      try {
        resolve(carry(takeBody(id)));
      } catch (error) {
        reject(error);
      }
    });
  });

// The members that Request and Response share. Each class keeps one Body in a private field.
class Body {
  source; // NULL_BODY or as above
  used = false;

  constructor(source) {
    this.source = source;
  }

  // Takes the bytes, carried; a body gives them once.
  take() {
    if (this.used) return rejected(new TypeError("the body has already been read"));
    if (this.source === NULL_BODY) return fulfilled(carry(new Uint8Array(0)));
    this.used = true;
    return readSource(this.source);
  }

  clone() {
    if (this.used) throw new TypeError("the body has already been read and cannot be cloned");
    if (this.source !== NULL_BODY) this.source.shared = true;
    return new Body(this.source);
  }

  // The same body for a new owner; this one counts as read.
  move() {
    if (this.used) throw new TypeError("the body has already been read");
    const moved = new Body(this.source);
    this.used = this.source !== NULL_BODY;
    return moved;
  }
}
setPrototypeOf(Body.prototype, null);
const takeBytes = uncurry(Body.prototype.take);
const cloneBody = uncurry(Body.prototype.clone);
const moveBody = uncurry(Body.prototype.move);
const rejected = (reason) => new Promise((_, reject) => reject(reason));

const asBuffer = (bytes) => viewBuffer(viewLength(bytes) === bufferLength(viewBuffer(bytes)) ? bytes : bytesCopy(bytes));
const asText = (bytes) => host.decode(bytes, false, false);
const asJson = (bytes) => parseJson(asText(bytes));
const readBytes = (body) => then(takeBytes(body), ({ bytes }) => bytes);
const readBuffer = (body) => then(takeBytes(body), ({ bytes }) => asBuffer(bytes));
const readText = (body) => then(takeBytes(body), ({ bytes }) => asText(bytes));
const readJson = (body) => then(takeBytes(body), ({ bytes }) => asJson(bytes));
const noStream = (body) => {
  if (body.source === NULL_BODY) return null;
  throw new TypeError("bodies are not streams here: read this one with text(), json(), bytes() or arrayBuffer()");
};
