// What a call asks for beyond its rule: `timeout` in milliseconds, `retry` as tries in all or false for one, `maxBytes` of the
// response, and what it wants of stored answers. The host takes the smaller one of each and of what the rule says, so nothing here
// can widen.

const LONGEST_TIMEOUT = 900000, MOST_TRIES = 5, MOST_BYTES = 1099511627776;
const NET_OPTIONS = ["method", "headers", "body", "redirect", "signal", "auth", "authMode", "timeout", "retry", "maxBytes", "cache", "cacheKey", "cacheRefresh"];
// The modes of the Fetch standard. "force-cache" wants answers used for longer than they are fresh, which only a rule and the server may say:
// fetch takes it as "default", as if nothing stale were stored, and egret.net.fetch refuses it.
const CACHE_MODES = ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"];
const LONGEST_CACHE_KEY = 1024;

const wholeNumber = (value, name, most) => {
  if (typeof value !== "number" || !isInteger(value) || value < 1 || value > most) {
    throw new TypeError(name + " must be a whole number from 1 to " + numberToString(most));
  }
  return numberToString(value);
};

// As texts for the host, "" for what is not asked for; what is not given here stays as it was.
const optionsOf = (before, timeout, retry, maxBytes) => [
  timeout === undefined ? before[0] : wholeNumber(timeout, "timeout", LONGEST_TIMEOUT),
  retry === undefined ? before[1] : retry === false ? "1" : wholeNumber(retry, "retry", MOST_TRIES),
  maxBytes === undefined ? before[2] : wholeNumber(maxBytes, "maxBytes", MOST_BYTES),
];

// As texts for the host: the mode, the key, "1" for refresh; what is not given here stays as it was.
const cacheOf = (before, mode, key, refresh) => {
  const wish = [before[0], before[1], before[2]];
  if (mode !== undefined) {
    wish[0] = text(mode);
    if (!among(CACHE_MODES, wish[0])) throw new TypeError("cache must be one of " + arrayJoin(CACHE_MODES, ", "));
  }
  if (key !== undefined) {
    if (typeof key !== "string" || key === "" || key.length > LONGEST_CACHE_KEY) {
      throw new TypeError("cacheKey must be a string of 1 to " + numberToString(LONGEST_CACHE_KEY) + " characters");
    }
    wish[1] = toWellFormed(key);
  }
  if (refresh !== undefined) {
    if (typeof refresh !== "boolean") throw new TypeError("cacheRefresh must be true or false");
    wish[2] = refresh ? "1" : "";
  }
  return wish;
};

const onlyNarrows = (wish) => {
  if (wish[0] === "force-cache") throw new TypeError("cache cannot be force-cache: no call has answers used for longer than its rule and the server say");
};

// egret.net.fetch knows its options: what is none of them would be thought to do something. fetch is the Web's and ignores others.
const knownOptions = (init) => {
  if (!isObject(init)) return;
  const keys = ownKeys(init);
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] === "string" && !among(NET_OPTIONS, keys[i])) throw new TypeError(excerpt(keys[i]) + " is no option of egret.net.fetch");
  }
};
