// Calls: fetch, which gives a promise, and egret.net.fetch, which gives the response itself. Both start the same
// operation in the host; one waits for it in the event loop, the other parks right here. Whether a call may be made
// is the kernel's decision and is not prepared here in any way.

let netError, netOperation;

class NetError extends Error {
  #operation;

  constructor(token, operation, [, code, message, retryable, retryAfterMs, phase, hop]) {
    if (token !== INTERNAL) throw new TypeError("NetError cannot be constructed");
    super(message);
    this.#operation = operation;
    this.code = code;
    this.retryable = retryable === "1";
    if (retryAfterMs !== "") this.retryAfterMs = Number(retryAfterMs);
    if (phase !== "") this.phase = phase;
    if (hop !== "0") this.hop = Number(hop);
  }

  static {
    netError = (operation, head) => new NetError(INTERNAL, operation, head);
    // Which operation's failure this is, so that the host can look up its own record of it.
    netOperation = (value) => (isObject(value) && #operation in value ? numberToString(value.#operation) : "");
  }
}
defineProperty(NetError.prototype, "name", { value: "NetError", writable: true, enumerable: false, configurable: true });
expose("NetError", NetError);

const startCall = (kind, head, body) => {
  const id = host.start(kind, pack(head), body);
  if (id < 0) throw new DOMException("too many calls are pending", "QuotaExceededError");
  return id;
};

// The head of what an operation gave; its failure is thrown.
const takeHead = (id) => {
  const head = parseJson(host.head(id));
  if (head[0] === "error") {
    forget(id);
    throw netError(id, head);
  }
  return head;
};

const takeBody = (id) => {
  takeHead(id);
  const bytes = new Uint8Array(host.body(id));
  forget(id);
  return bytes;
};

// ["ok", status, statusText, url, redirected, name, value, ...]
const takeResponse = (id, signal) => {
  const head = takeHead(id);
  mapDelete(pending, id);
  const source = { __proto__: null, operation: id, signal, shared: false };
  const status = Number(head[1]);
  if (isNullBodyStatus(status)) host.cancel(id);
  else register(unread, source, id);
  return responseOf(status, head[2], head[3], head[4] === "1", headersFrom(copyFrom(head, 5), true), source);
};

const startFetch = (parts, bytes) => {
  const hash = stringIndexOf(parts.url, "#");
  const head = [parts.method, hash < 0 ? parts.url : stringSlice(parts.url, 0, hash), parts.redirect, parts.auth[0], parts.auth[1], arrayJoin(parts.options, ","), parts.cache[0], parts.cache[1], parts.cache[2]];
  for (let i = 0; i < parts.headers.length; i++) arrayPush(head, parts.headers[i]);
  return startCall(FETCH, head, bytes === null || viewLength(bytes) === 0 ? undefined : bytes);
};

const awaitResponse = (parts, bytes) =>
  new Promise((resolve, reject) => {
    const { signal } = parts;
    if (signal !== null && isAborted(signal)) return reject(abortReason(signal));
    const id = startFetch(parts, bytes);
    const abort = () => {
      forget(id);
      reject(abortReason(signal));
    };
    if (signal !== null) onAbort(signal, abort);
    whenDone(id, () => {
      if (signal !== null) offAbort(signal, abort);
      try {
        resolve(takeResponse(id, signal));
      } catch (error) {
        reject(error);
      }
    });
  });

expose("fetch", async function fetch(input, init = undefined) {
  const parts = requestParts(new Request(input, init));
  const bytes = parts.body.source === NULL_BODY ? null : (await takeBytes(parts.body)).bytes;
  return awaitResponse(parts, bytes);
});

// The whole answer of egret.net.fetch. Everything it says is here already.
let wholeResponse;
class NetResponse {
  #status;
  #statusText;
  #url;
  #redirected;
  #headers;
  #bytes;

  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("NetResponse cannot be constructed");
  }

  static {
    wholeResponse = (head, bytes) => {
      const response = new NetResponse(INTERNAL);
      response.#status = Number(head[1]);
      response.#statusText = head[2];
      response.#url = head[3];
      response.#redirected = head[4] === "1";
      response.#headers = headersFrom(copyFrom(head, 5), true);
      response.#bytes = bytes;
      return response;
    };
  }

  get status() { return this.#status; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get statusText() { return this.#statusText; }
  get headers() { return this.#headers; }
  get url() { return this.#url; }
  get redirected() { return this.#redirected; }

  text() { return asText(this.#bytes); }
  json() { return asJson(this.#bytes); }
  bytes() { return bytesCopy(this.#bytes); }
}

const wholeBody = (body) => {
  if (body.source === NULL_BODY) return null;
  if (body.source.bytes === undefined) throw new TypeError("the body of a response cannot be passed on to egret.net.fetch; read it first");
  return body.source.bytes;
};

const net = {
  // Redirects are returned unless `redirect` says otherwise.
  fetch(url, init = undefined) {
    knownOptions(init);
    const given = init !== undefined && init !== null && isObject(init) && init.redirect !== undefined;
    const request = new Request(url, init);
    const parts = requestParts(request);
    onlyNarrows(parts.cache);
    if (!given && parts.redirect === "follow") parts.redirect = "manual";
    if (parts.signal !== null && isAborted(parts.signal)) throw abortReason(parts.signal);
    const id = startFetch(parts, wholeBody(parts.body));
    host.waitFor(id);
    const head = takeHead(id);
    const body = startCall(BODY, [numberToString(id)], undefined);
    host.waitFor(body);
    return wholeResponse(head, takeBody(body));
  },
};

exposeClass(NetResponse);
delete global.NetResponse; // reached through its instances alone
expose("egret", freeze({ __proto__: null, net: freeze(net), secret: secretOf }));
