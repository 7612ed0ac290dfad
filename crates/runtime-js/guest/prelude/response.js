// Response.

const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;
const isNullBodyStatus = (status) => status === 101 || status === 103 || status === 204 || status === 205 || status === 304;
const isRedirectStatus = (status) => status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

let isResponse, responseOf, responseParts;

class Response {
  #status = 200;
  #statusText = "";
  #headers;
  #body = new Body(NULL_BODY);
  #url = "";
  #redirected = false;
  #type = "default";

  constructor(body = null, init = undefined) {
    if (body === INTERNAL) return; // responseOf fills it in
    this.#init(init ?? {});
    if (body === null || body === undefined) return;
    if (isNullBodyStatus(this.#status)) throw new TypeError("a response with status " + this.#status + " has no body");
    const { source, type } = extractBody(body);
    this.#body = new Body(source);
    if (type !== null) setHeader(this.#headers, "content-type", type);
  }

  #init(init) {
    if (!isObject(init)) throw new TypeError("the second argument of Response must be an object");
    const { status, statusText, headers } = init;
    if (status !== undefined) {
      const number = Number(status);
      this.#status = number >= 0 && number < 65536 ? trunc(number) : 0;
      if (this.#status < 200 || this.#status > 599) throw new RangeError("the status " + text(status) + " is not between 200 and 599");
    }
    if (statusText !== undefined) {
      this.#statusText = text(statusText);
      if (exec(REASON, this.#statusText) === null) throw new TypeError("statusText holds characters that a status line cannot");
    }
    this.#headers = new Headers(headers);
  }

  static {
    isResponse = (value) => isObject(value) && #status in value;
    responseParts = (response) => ({ status: response.#status, statusText: response.#statusText, headers: rawHeaders(response.#headers), body: response.#body });
    // A response that a call gave.
    responseOf = (status, statusText, url, redirected, headers, source) => {
      const response = new Response(INTERNAL);
      response.#status = status;
      response.#statusText = statusText;
      response.#url = url;
      response.#redirected = redirected;
      response.#type = "basic";
      response.#headers = headers;
      response.#body = new Body(isNullBodyStatus(status) ? NULL_BODY : source);
      return response;
    };
  }

  static json(data, init = undefined) {
    const json = stringify(data);
    if (json === undefined) throw new TypeError("the data cannot be written as JSON");
    const response = new Response(json, init);
    const given = init?.headers === undefined ? null : new Headers(init.headers);
    if (given === null || !headersHas(given, "content-type")) headersSet(response.#headers, "content-type", "application/json");
    return response;
  }

  static redirect(url, status = 302) {
    const parts = parseUrl(usv(url));
    if (parts === undefined) throw new TypeError(excerpt(usv(url)) + " is not a valid absolute URL");
    const number = Number(status);
    if (!isRedirectStatus(number)) throw new RangeError(text(status) + " is not a redirect status");
    const response = new Response(null);
    response.#status = number;
    response.#headers = headersFrom(["location", parts[HREF]], true);
    return response;
  }

  get type() { return this.#type; }
  get url() { return this.#url; }
  get redirected() { return this.#redirected; }
  get status() { return this.#status; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get statusText() { return this.#statusText; }
  get headers() { return this.#headers; }
  get body() { return noStream(this.#body); }
  get bodyUsed() { return this.#body.used; }

  arrayBuffer() { return readBuffer(this.#body); }
  bytes() { return readBytes(this.#body); }
  json() { return readJson(this.#body); }
  text() { return readText(this.#body); }

  clone() {
    const copy = new Response(INTERNAL);
    copy.#body = cloneBody(this.#body);
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    copy.#type = this.#type;
    copy.#headers = headersFrom(copyFrom(rawHeaders(this.#headers), 0), headersGuarded(this.#headers));
    return copy;
  }
}

exposeClass(Response);
