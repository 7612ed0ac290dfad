// Request: the inbound one that a handler is given, and the outbound ones that fetch takes.

const STANDARD_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
const REDIRECTS = ["follow", "error", "manual"];
const among = (list, value) => {
  for (let i = 0; i < list.length; i++) if (list[i] === value) return true;
  return false;
};

const normalMethod = (value) => {
  const method = text(value), upper = toUpperCase(method);
  if (exec(TOKEN, method) === null) throw new TypeError(excerpt(method) + " is not a valid method");
  if (upper === "CONNECT" || upper === "TRACE" || upper === "TRACK") throw new TypeError("the method " + upper + " is not allowed");
  return among(STANDARD_METHODS, upper) ? upper : method;
};

let isRequest, inboundRequest, requestParts;

class Request {
  #method = "GET";
  #url;
  #headers;
  #redirect = "follow";
  #signal = null;
  #auth = ["", ""];
  #options = ["", "", ""];
  #cache = ["default", "", ""];
  #body = new Body(NULL_BODY);

  constructor(input, init = undefined) {
    if (input === INTERNAL) return; // filled in by whoever asked
    if (arguments.length < 1) throw new TypeError("Request needs an address");
    if (init !== undefined && init !== null && !isObject(init)) throw new TypeError("the second argument of Request must be an object");
    const { method, headers, redirect, signal, body, auth, authMode, timeout, retry, maxBytes, cache, cacheKey, cacheRefresh } = init ?? {};
    if (isRequest(input)) this.#copy(input, headers === undefined);
    else this.#address(usv(input));
    if (method !== undefined) this.#method = normalMethod(method);
    if (headers !== undefined || this.#headers === undefined) this.#headers = new Headers(headers);
    if (redirect !== undefined) {
      this.#redirect = text(redirect);
      if (!among(REDIRECTS, this.#redirect)) throw new TypeError("redirect must be follow, error or manual");
    }
    if (signal !== undefined) {
      if (signal !== null && !isSignal(signal)) throw new TypeError("signal must be an AbortSignal");
      this.#signal = signal === null ? null : followSignal(signal);
    }
    if (auth !== undefined || authMode !== undefined) this.#auth = authOf(auth, authMode);
    this.#options = optionsOf(this.#options, timeout, retry, maxBytes);
    this.#cache = cacheOf(this.#cache, cache, cacheKey, cacheRefresh);
    const bodyless = this.#method === "GET" || this.#method === "HEAD";
    const given = body !== undefined && body !== null;
    if (bodyless && (given || (isRequest(input) && input.#body.source !== NULL_BODY))) throw new TypeError("a request with method " + this.#method + " cannot have a body");
    if (given) {
      const { source, type } = extractBody(body);
      this.#body = new Body(source);
      if (type !== null) setHeader(this.#headers, "content-type", type);
    } else if (isRequest(input)) this.#body = moveBody(input.#body);
  }

  #address(input) {
    const parts = parseUrl(input);
    if (parts === undefined) throw new TypeError(excerpt(input) + " is not a valid absolute URL");
    if (parts[USERNAME] !== "" || parts[PASSWORD] !== "") throw new TypeError("the URL of a request cannot hold a user name or a password");
    this.#url = parts[HREF];
  }

  #copy(other, withHeaders) {
    this.#url = other.#url;
    this.#method = other.#method;
    this.#redirect = other.#redirect;
    this.#auth = other.#auth;
    this.#options = other.#options;
    this.#cache = other.#cache;
    if (withHeaders) this.#headers = headersFrom(copyFrom(rawHeaders(other.#headers), 0), false);
    if (other.#signal !== null) this.#signal = followSignal(other.#signal);
  }

  static {
    isRequest = (value) => isObject(value) && #redirect in value;
    inboundRequest = (method, url, headers, source) => {
      const request = new Request(INTERNAL);
      request.#method = method;
      request.#url = url;
      request.#headers = headersFrom(headers, true);
      request.#body = new Body(source);
      return request;
    };
    requestParts = (request) => ({
      method: request.#method, url: request.#url, headers: rawHeaders(request.#headers),
      redirect: request.#redirect, signal: request.#signal, auth: request.#auth, options: request.#options,
      cache: request.#cache, body: request.#body,
    });
  }

  get method() { return this.#method; }
  get url() { return this.#url; }
  get headers() { return this.#headers; }
  get redirect() { return this.#redirect; }
  get cache() { return this.#cache[0]; }
  get signal() {
    this.#signal ??= newSignal();
    return this.#signal;
  }
  get body() { return noStream(this.#body); }
  get bodyUsed() { return this.#body.used; }

  arrayBuffer() { return readBuffer(this.#body); }
  bytes() { return readBytes(this.#body); }
  json() { return readJson(this.#body); }
  text() { return readText(this.#body); }

  clone() {
    const copy = new Request(INTERNAL);
    copy.#body = cloneBody(this.#body);
    copy.#copy(this, false);
    copy.#headers = headersFrom(copyFrom(rawHeaders(this.#headers), 0), headersGuarded(this.#headers));
    return copy;
  }
}

// A signal of its own that aborts when the other does.
const followSignal = (signal) => {
  const follower = newSignal();
  if (isAborted(signal)) abortSignal(follower, abortReason(signal));
  else onAbort(signal, () => abortSignal(follower, abortReason(signal)));
  return follower;
};

exposeClass(Request);
