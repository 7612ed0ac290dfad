// URL and URLSearchParams. The host parses, as the URL standard says; here is only their shape in JavaScript.

const askUrl = (question) => {
  const answer = host.url(pack(question));
  return answer === undefined ? undefined : parseJson(answer);
};

// Lists of names and values in turn, and their text. The host bounds how long they may be.
const askQuery = (question) => {
  const answer = askUrl(question);
  if (answer === undefined) throw new RangeError("the query string is too long");
  return answer;
};

// Indices of what the host gives for a URL.
const HREF = 0, ORIGIN = 1, PROTOCOL = 2, USERNAME = 3, PASSWORD = 4, HOST = 5, HOSTNAME = 6, PORT = 7, PATHNAME = 8, SEARCH = 9, HASH = 10;

const parseUrl = (input, base) => askUrl(base === undefined ? ["parse", input] : ["parse", input, base]);

let isParams, paramsOf, listOf, isUrl, urlParts, urlHref;

class URLSearchParams {
  #list = []; // name, value, name, value, ...
  #url = null;

  constructor(init = "") {
    if (isObject(init)) this.#fill(init);
    else {
      const query = usv(init);
      this.#list = askQuery(["query", query[0] === "?" ? stringSlice(query, 1) : query]);
    }
  }

  static {
    isParams = (value) => isObject(value) && #list in value;
    paramsOf = (url, query) => {
      const params = new URLSearchParams();
      params.#url = url;
      params.#list = askQuery(["query", query]);
      return params;
    };
    listOf = (params, list) => {
      if (list !== undefined) params.#list = list;
      return params.#list;
    };
  }

  #fill(init) {
    const method = init[symbolIterator];
    if (method !== undefined && method !== null) {
      const pairs = sequence(init);
      for (let i = 0; i < pairs.length; i++) {
        if (!isObject(pairs[i])) throw new TypeError("each entry of the sequence must be a pair");
        const pair = sequence(pairs[i]);
        if (pair.length !== 2) throw new TypeError("each entry of the sequence must have two members");
        arrayPush(this.#list, usv(pair[0]), usv(pair[1]));
      }
      return;
    }
    const keys = ownKeys(init);
    for (let i = 0; i < keys.length; i++) {
      const descriptor = getOwnPropertyDescriptor(init, keys[i]);
      if (descriptor === undefined || !descriptor.enumerable) continue;
      const name = usv(keys[i]), value = usv(init[keys[i]]);
      const at = this.#find(name, 0);
      if (at < 0) arrayPush(this.#list, name, value);
      else this.#list[at + 1] = value;
    }
  }

  #find(name, from) {
    const list = this.#list;
    for (let i = from; i < list.length; i += 2) if (list[i] === name) return i;
    return -1;
  }

  // Keeps the entries that the test wants and tells the URL.
  #keep(wanted) {
    const list = this.#list, kept = [];
    for (let i = 0; i < list.length; i += 2) if (wanted(list[i], list[i + 1])) arrayPush(kept, list[i], list[i + 1]);
    this.#list = kept;
    this.#changed();
  }

  #changed() {
    if (this.#url) urlParts(this.#url, "search", paramsText(this));
  }

  get size() {
    return this.#list.length / 2;
  }

  append(name, value) {
    if (arguments.length < 2) throw new TypeError("append needs a name and a value");
    arrayPush(this.#list, usv(name), usv(value));
    this.#changed();
  }

  delete(name, value = undefined) {
    if (arguments.length < 1) throw new TypeError("delete needs a name");
    const gone = usv(name), only = value === undefined ? undefined : usv(value);
    this.#keep((n, v) => n !== gone || (only !== undefined && v !== only));
  }

  get(name) {
    if (arguments.length < 1) throw new TypeError("get needs a name");
    const at = this.#find(usv(name), 0);
    return at < 0 ? null : this.#list[at + 1];
  }

  getAll(name) {
    if (arguments.length < 1) throw new TypeError("getAll needs a name");
    const wanted = usv(name), values = [];
    for (let at = this.#find(wanted, 0); at >= 0; at = this.#find(wanted, at + 2)) arrayPush(values, this.#list[at + 1]);
    return values;
  }

  has(name, value = undefined) {
    if (arguments.length < 1) throw new TypeError("has needs a name");
    const wanted = usv(name), only = value === undefined ? undefined : usv(value);
    for (let at = this.#find(wanted, 0); at >= 0; at = this.#find(wanted, at + 2)) {
      if (only === undefined || this.#list[at + 1] === only) return true;
    }
    return false;
  }

  set(name, value) {
    if (arguments.length < 2) throw new TypeError("set needs a name and a value");
    const wanted = usv(name), given = usv(value);
    const first = this.#find(wanted, 0);
    if (first < 0) return this.append(wanted, given);
    this.#list[first + 1] = given;
    for (let at = this.#find(wanted, first + 2); at >= 0; at = this.#find(wanted, at)) removeAt(this.#list, at, 2);
    this.#changed();
  }

  sort() {
    const list = this.#list, pairs = [];
    for (let i = 0; i < list.length; i += 2) arrayPush(pairs, [list[i], list[i + 1]]);
    arraySort(pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#list = [];
    for (let i = 0; i < pairs.length; i++) arrayPush(this.#list, pairs[i][0], pairs[i][1]);
    this.#changed();
  }

  forEach(callback, self = undefined) {
    if (typeof callback !== "function") throw new TypeError("forEach needs a function");
    for (let i = 0; i < this.#list.length; i += 2) apply(callback, self, [this.#list[i + 1], this.#list[i], this]);
  }

  // Live: what is appended while iterating is seen.
  *entries() {
    for (let i = 0; i < this.#list.length; i += 2) yield [this.#list[i], this.#list[i + 1]];
  }

  *keys() {
    for (let i = 0; i < this.#list.length; i += 2) yield this.#list[i];
  }

  *values() {
    for (let i = 0; i < this.#list.length; i += 2) yield this.#list[i + 1];
  }

  toString() {
    const question = ["form"];
    for (let i = 0; i < this.#list.length; i++) arrayPush(question, this.#list[i]);
    return askQuery(question)[0];
  }
}
defineProperty(URLSearchParams.prototype, symbolIterator, { value: URLSearchParams.prototype.entries, writable: true, enumerable: false, configurable: true });

const paramsText = uncurry(URLSearchParams.prototype.toString);

class URL {
  #parts;
  #params = null;

  constructor(url, base = undefined) {
    if (arguments.length < 1) throw new TypeError("URL needs an address");
    const input = usv(url);
    this.#parts = parseUrl(input, base === undefined ? undefined : usv(base));
    if (this.#parts === undefined) throw new TypeError(excerpt(input) + " is not a valid URL");
  }

  static {
    isUrl = (value) => isObject(value) && #parts in value;
    urlHref = (url) => url.#parts[HREF];
    // Sets one component; what the standard ignores is ignored.
    urlParts = (url, part, value) => {
      const parts = askUrl(["set", url.#parts[HREF], part, value]);
      if (parts !== undefined) url.#parts = parts;
      return parts !== undefined;
    };
  }

  static canParse(url, base = undefined) {
    return parseUrl(usv(url), base === undefined ? undefined : usv(base)) !== undefined;
  }

  static parse(url, base = undefined) {
    const input = usv(url), from = base === undefined ? undefined : usv(base);
    return parseUrl(input, from) === undefined ? null : new URL(input, from);
  }

  #set(part, value) {
    urlParts(this, part, usv(value));
  }

  #refreshParams() {
    if (this.#params) listOf(this.#params, askQuery(["query", stringSlice(this.#parts[SEARCH], 1)]));
  }

  get href() { return this.#parts[HREF]; }
  set href(value) {
    const input = usv(value);
    const parts = parseUrl(input);
    if (parts === undefined) throw new TypeError(excerpt(input) + " is not a valid URL");
    this.#parts = parts;
    this.#refreshParams();
  }
  get origin() { return this.#parts[ORIGIN]; }
  get protocol() { return this.#parts[PROTOCOL]; }
  set protocol(value) { this.#set("protocol", value); }
  get username() { return this.#parts[USERNAME]; }
  set username(value) { this.#set("username", value); }
  get password() { return this.#parts[PASSWORD]; }
  set password(value) { this.#set("password", value); }
  get host() { return this.#parts[HOST]; }
  set host(value) { this.#set("host", value); }
  get hostname() { return this.#parts[HOSTNAME]; }
  set hostname(value) { this.#set("hostname", value); }
  get port() { return this.#parts[PORT]; }
  set port(value) { this.#set("port", value); }
  get pathname() { return this.#parts[PATHNAME]; }
  set pathname(value) { this.#set("pathname", value); }
  get search() { return this.#parts[SEARCH]; }
  set search(value) {
    this.#set("search", value);
    this.#refreshParams();
  }
  get searchParams() {
    this.#params ??= paramsOf(this, stringSlice(this.#parts[SEARCH], 1));
    return this.#params;
  }
  get hash() { return this.#parts[HASH]; }
  set hash(value) { this.#set("hash", value); }

  toString() {
    return this.#parts[HREF];
  }

  toJSON() {
    return this.#parts[HREF];
  }
}

exposeClass(URLSearchParams);
exposeClass(URL);
