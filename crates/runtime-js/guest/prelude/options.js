// What a call asks for beyond its rule: `timeout` in milliseconds, `retry` as tries in all or false for one, `maxBytes` of the
// response. The host takes the smaller one of each and of what the rule says, so nothing here can widen.

const LONGEST_TIMEOUT = 900000, MOST_TRIES = 5, MOST_BYTES = 1099511627776;
const NET_OPTIONS = ["method", "headers", "body", "redirect", "signal", "auth", "authMode", "timeout", "retry", "maxBytes"];

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

// egret.net.fetch knows its options: what is none of them would be thought to do something. fetch is the Web's and ignores others.
const knownOptions = (init) => {
  if (!isObject(init)) return;
  const keys = ownKeys(init);
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] === "string" && !among(NET_OPTIONS, keys[i])) throw new TypeError(excerpt(keys[i]) + " is no option of egret.net.fetch");
  }
};
