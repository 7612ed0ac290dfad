// Headers. Names are kept as they were given to us, in lower case; values as byte strings (one character a byte).

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BAD_VALUE = /[\0\r\n]/;
const OUTSIDE_LATIN1 = /[^\x00-\xff]/;
const OUTER_BLANKS = /^[\t\n\r ]*([^]*?)[\t\n\r ]*$/;

const headerName = (value) => {
  const name = text(value);
  if (exec(TOKEN, name) === null) throw new TypeError(excerpt(name) + " is not a valid header name");
  return toLowerCase(name);
};

const headerValue = (value) => {
  const trimmed = exec(OUTER_BLANKS, text(value))[1];
  if (exec(OUTSIDE_LATIN1, trimmed) !== null) throw new TypeError("the header value " + excerpt(trimmed) + " holds characters above U+00FF");
  if (exec(BAD_VALUE, trimmed) !== null) throw new TypeError(excerpt(trimmed) + " is not a valid header value");
  return trimmed;
};

let isHeaders, headersFrom, headersGuarded, rawHeaders, setHeader;

class Headers {
  #list = []; // name, value, name, value, ...
  #guarded = false; // those of what came from outside cannot be changed

  constructor(init = undefined) {
    if (init !== undefined) this.#fill(init);
  }

  static {
    isHeaders = (value) => isObject(value) && #list in value;
    // Headers made of a list that the host has checked.
    headersFrom = (list, guarded) => {
      const headers = new Headers();
      headers.#list = list;
      headers.#guarded = guarded;
      return headers;
    };
    rawHeaders = (headers) => headers.#list;
    headersGuarded = (headers) => headers.#guarded;
    // Sets a header that was not given.
    setHeader = (headers, name, value) => {
      if (headers.#values(name).length === 0) arrayPush(headers.#list, name, value);
    };
  }

  #fill(init) {
    if (!isObject(init)) throw new TypeError("headers must be an object, a list of pairs or a Headers");
    if (isHeaders(init)) {
      this.#list = copyFrom(init.#list, 0);
      return;
    }
    const method = init[symbolIterator];
    if (method !== undefined && method !== null) {
      const pairs = sequence(init);
      for (let i = 0; i < pairs.length; i++) {
        if (!isObject(pairs[i])) throw new TypeError("each header of the list must be a pair");
        const pair = sequence(pairs[i]);
        if (pair.length !== 2) throw new TypeError("each header of the list must have a name and a value");
        arrayPush(this.#list, headerName(pair[0]), headerValue(pair[1]));
      }
      return;
    }
    const keys = ownKeys(init);
    for (let i = 0; i < keys.length; i++) {
      const descriptor = getOwnPropertyDescriptor(init, keys[i]);
      if (descriptor === undefined || !descriptor.enumerable) continue;
      arrayPush(this.#list, headerName(keys[i]), headerValue(init[keys[i]]));
    }
  }

  #change() {
    if (this.#guarded) throw new TypeError("these headers cannot be changed; make a copy with new Headers(headers)");
  }

  #values(name) {
    const list = this.#list, values = [];
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) arrayPush(values, list[i + 1]);
    return values;
  }

  #remove(name) {
    const list = this.#list, kept = [];
    for (let i = 0; i < list.length; i += 2) if (list[i] !== name) arrayPush(kept, list[i], list[i + 1]);
    this.#list = kept;
  }

  // Sorted and combined; every Set-Cookie stays alone.
  #sorted() {
    const list = this.#list, names = [], pairs = [];
    const seen = create(null);
    for (let i = 0; i < list.length; i += 2) {
      if (seen[list[i]]) continue;
      seen[list[i]] = true;
      arrayPush(names, list[i]);
    }
    arraySort(names, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (let i = 0; i < names.length; i++) {
      const values = this.#values(names[i]);
      if (names[i] !== "set-cookie") arrayPush(pairs, [names[i], arrayJoin(values, ", ")]);
      else for (let j = 0; j < values.length; j++) arrayPush(pairs, [names[i], values[j]]);
    }
    return pairs;
  }

  append(name, value) {
    const lower = headerName(name), given = headerValue(value);
    this.#change();
    arrayPush(this.#list, lower, given);
  }

  delete(name) {
    const lower = headerName(name);
    this.#change();
    this.#remove(lower);
  }

  get(name) {
    const values = this.#values(headerName(name));
    return values.length === 0 ? null : arrayJoin(values, ", ");
  }

  getSetCookie() {
    return this.#values("set-cookie");
  }

  has(name) {
    return this.#values(headerName(name)).length > 0;
  }

  set(name, value) {
    const lower = headerName(name), given = headerValue(value);
    this.#change();
    const list = this.#list, kept = [];
    let placed = false;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== lower) arrayPush(kept, list[i], list[i + 1]);
      else if (!placed) placed = !!arrayPush(kept, lower, given);
    }
    if (!placed) arrayPush(kept, lower, given);
    this.#list = kept;
  }

  forEach(callback, self = undefined) {
    if (typeof callback !== "function") throw new TypeError("forEach needs a function");
    for (let i = 0, pairs = this.#sorted(); i < pairs.length; i++, pairs = this.#sorted()) apply(callback, self, [pairs[i][1], pairs[i][0], this]);
  }

  *entries() {
    for (let i = 0, pairs = this.#sorted(); i < pairs.length; i++, pairs = this.#sorted()) yield pairs[i];
  }

  *keys() {
    for (let i = 0, pairs = this.#sorted(); i < pairs.length; i++, pairs = this.#sorted()) yield pairs[i][0];
  }

  *values() {
    for (let i = 0, pairs = this.#sorted(); i < pairs.length; i++, pairs = this.#sorted()) yield pairs[i][1];
  }
}
defineProperty(Headers.prototype, symbolIterator, { value: Headers.prototype.entries, writable: true, enumerable: false, configurable: true });
const headersHas = uncurry(Headers.prototype.has);
const headersSet = uncurry(Headers.prototype.set);

exposeClass(Headers);
