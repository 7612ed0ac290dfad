// console. Values are shown as a person would want to read them in a log; getters are never run.

const LONGEST_TEXT = 16384; // characters of one line
const MOST_ITEMS = 100;
const DEEPEST = 4;
const errorStack = (error) => {
  const stack = error.stack;
  return typeof stack === "string" ? guestStack(stack) : "";
};

// The frames in the guest's own files.
const guestStack = (stack) => {
  const lines = stringSplit(stack, "\n"), kept = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] === "" || stringIndexOf(lines[i], "egret:") >= 0 || stringIndexOf(lines[i], "(native)") >= 0) continue;
    arrayPush(kept, lines[i]);
  }
  return arrayJoin(kept, "\n");
};

const constructorName = (value) => {
  for (let at = getPrototypeOf(value); at !== null; at = getPrototypeOf(at)) {
    const descriptor = getOwnPropertyDescriptor(at, "constructor");
    if (descriptor !== undefined && typeof descriptor.value === "function") {
      const name = getOwnPropertyDescriptor(descriptor.value, "name");
      return typeof name?.value === "string" ? name.value : "";
    }
  }
  return null;
};

const quote = (string) => (stringIndexOf(string, "'") < 0 && stringIndexOf(string, "\n") < 0 ? "'" + string + "'" : stringify(string));
const isName = (key) => exec(/^[A-Za-z_$][\w$]*$/, key) !== null;

const showPrimitive = (value) => {
  if (typeof value === "string") return quote(value);
  if (typeof value === "bigint") return "" + value + "n";
  if (typeof value === "symbol") return apply(Symbol.prototype.toString, value, []);
  return value === 0 && 1 / value < 0 ? "-0" : "" + value;
};

const tagged = (name, body) => (name === "" ? body : name + " " + body);

const showError = (error) => {
  const head = String(error.name ?? "Error") + ": " + String(error.message ?? "");
  const stack = errorStack(error);
  return stack === "" ? head : head + "\n" + stack;
};

const showKey = (key) => (typeof key === "symbol" ? "[" + showPrimitive(key) + "]" : isName(key) ? key : quote(key));

const showProperties = (value, keys, depth, seen, parts) => {
  for (let i = 0; i < keys.length && parts.length < MOST_ITEMS; i++) {
    const descriptor = getOwnPropertyDescriptor(value, keys[i]);
    if (descriptor === undefined || !descriptor.enumerable) continue;
    const shown = "value" in descriptor ? show(descriptor.value, depth + 1, seen) : descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
    arrayPush(parts, showKey(keys[i]) + ": " + shown);
  }
  return parts;
};

const showList = (value, depth, seen) => {
  const parts = [];
  const shown = min(value.length, MOST_ITEMS);
  for (let i = 0; i < shown; i++) {
    const descriptor = getOwnPropertyDescriptor(value, i);
    arrayPush(parts, descriptor === undefined ? "<empty>" : "value" in descriptor ? show(descriptor.value, depth + 1, seen) : "[Getter]");
  }
  if (value.length > shown) arrayPush(parts, "... " + (value.length - shown) + " more");
  return parts.length === 0 ? "[]" : "[ " + arrayJoin(parts, ", ") + " ]";
};

const braces = (parts) => (parts.length === 0 ? "{}" : "{ " + arrayJoin(parts, ", ") + " }");

const mapForEach = uncurry(Map.prototype.forEach);
const setForEach = uncurry(Set.prototype.forEach);
const mapSize = getter(Map.prototype, "size");
const setSize = getter(Set.prototype, "size");
const dateToJson = uncurry(Date.prototype.toISOString);
const dateTime = uncurry(Date.prototype.getTime);
const regExpText = uncurry(RegExp.prototype.toString);
const regExpSource = getter(RegExp.prototype, "source");

// The kinds that have their own look, tried in turn; each probe throws on a value of another kind.
const SPECIAL = [
  [mapSize, (value, depth, seen) => {
    const parts = [];
    mapForEach(value, (v, k) => parts.length < MOST_ITEMS && arrayPush(parts, show(k, depth + 1, seen) + " => " + show(v, depth + 1, seen)));
    return "Map(" + mapSize(value) + ") " + braces(parts);
  }],
  [setSize, (value, depth, seen) => {
    const parts = [];
    setForEach(value, (v) => parts.length < MOST_ITEMS && arrayPush(parts, show(v, depth + 1, seen)));
    return "Set(" + setSize(value) + ") " + braces(parts);
  }],
  [dateTime, (value) => (dateTime(value) !== dateTime(value) ? "Invalid Date" : dateToJson(value))],
  [regExpSource, (value) => regExpText(value)],
  [bufferLength, (value) => "ArrayBuffer { byteLength: " + bufferLength(value) + " }"],
];

const showSpecial = (value, depth, seen) => {
  for (let i = 0; i < SPECIAL.length; i++) {
    try {
      SPECIAL[i][0](value);
    } catch {
      continue;
    }
    return SPECIAL[i][1](value, depth, seen);
  }
  return undefined;
};

const showWeb = (value, depth, seen) => {
  if (isHeaders(value)) return "Headers " + showPairs(rawHeaders(value));
  if (isParams(value)) return "URLSearchParams " + showPairs(listOf(value));
  if (isUrl(value)) return "URL " + quote(urlHref(value));
  if (isResponse(value)) {
    const parts = responseParts(value);
    return "Response { status: " + parts.status + ", headers: " + showPairs(parts.headers) + ", bodyUsed: " + parts.body.used + " }";
  }
  if (isRequest(value)) {
    const parts = requestParts(value);
    return "Request { method: " + quote(parts.method) + ", url: " + quote(parts.url) + ", headers: " + showPairs(parts.headers) + " }";
  }
  return undefined;
};
const showPairs = (list) => {
  const parts = [];
  for (let i = 0; i < list.length; i += 2) arrayPush(parts, showKey(list[i]) + ": " + quote(list[i + 1]));
  return braces(parts);
};

const showFunction = (value) => {
  const name = getOwnPropertyDescriptor(value, "name")?.value;
  return typeof name === "string" && name !== "" ? "[Function: " + name + "]" : "[Function (anonymous)]";
};

const showObject = (value, depth, seen) => {
  if (isView(value) && typedArrayTag(value) !== undefined) {
    return typedArrayTag(value) + "(" + value.length + ") " + showList(value, depth, seen);
  }
  if (isArray(value)) return showList(value, depth, seen);
  const special = showWeb(value, depth, seen) ?? showSpecial(value, depth, seen);
  if (special !== undefined) return special;
  const state = host.promiseState(value);
  if (state >= 0) return "Promise { " + (state === 0 ? "<pending>" : state === 1 ? "<fulfilled>" : "<rejected>") + " }";
  const name = constructorName(value);
  const body = braces(showProperties(value, ownKeys(value), depth, seen, []));
  return tagged(name === null ? "[Object: null prototype]" : name === "Object" ? "" : name, body);
};

const show = (value, depth, seen) => {
  if (!isObject(value)) return showPrimitive(value);
  if (typeof value === "function") return showFunction(value);
  for (let i = 0; i < seen.length; i++) if (seen[i] === value) return "[Circular]";
  if (value instanceof Error || value instanceof DOMException) return showError(value);
  if (depth > DEEPEST) return isArray(value) ? "[Array]" : "[Object]";
  arrayPush(seen, value);
  const shown = showObject(value, depth, seen);
  removeAt(seen, seen.length - 1, 1);
  return shown;
};

// A hostile proxy may throw out of any look at it.
const inspect = (value) => {
  try {
    return show(value, 0, []);
  } catch {
    return "[cannot be shown]";
  }
};

const showArgument = (value) => (typeof value === "string" ? value : inspect(value));

const FORMATS = {
  __proto__: null,
  s: (value) => (typeof value === "symbol" ? showPrimitive(value) : isObject(value) ? inspect(value) : "" + value),
  d: (value) => (isObject(value) || typeof value === "symbol" ? "NaN" : typeof value === "bigint" ? "" + value + "n" : "" + Number(value)),
  i: (value) => (isObject(value) || typeof value === "symbol" ? "NaN" : "" + trunc(Number(value))),
  f: (value) => (isObject(value) || typeof value === "symbol" ? "NaN" : "" + Number(value)),
  j: (value) => stringify(value) ?? "undefined",
  o: inspect,
  O: inspect,
  c: () => "",
};

// Replaces %s and its like in a first string; what is left over follows, separated by blanks.
const format = (args) => {
  let out = "", used = 1;
  if (typeof args[0] !== "string") {
    out = args.length === 0 ? "" : inspect(args[0]);
  } else {
    const pattern = args[0];
    for (let i = 0; i < pattern.length; i++) {
      const next = pattern[i + 1];
      if (pattern[i] !== "%" || next === undefined) out += pattern[i];
      else if (next === "%") out += pattern[++i];
      else if (FORMATS[next] !== undefined && used < args.length) {
        out += FORMATS[next](args[used++]);
        i++;
      } else out += "%";
    }
  }
  for (let i = used; i < args.length; i++) out += " " + showArgument(args[i]);
  return out.length > LONGEST_TEXT ? stringSlice(out, 0, LONGEST_TEXT) + "... " + (out.length - LONGEST_TEXT) + " more characters" : out;
};

const write = (level, args) => host.log(level, toWellFormed(format(args)));

// An error that nothing caught: of a timer, a listener, or a promise nobody listens to.
const report = (error) => host.log(ERROR, toWellFormed("Uncaught " + inspect(error)));

expose("console", {
  __proto__: {},
  debug(...args) { write(DEBUG, args); },
  log(...args) { write(INFO, args); },
  info(...args) { write(INFO, args); },
  warn(...args) { write(WARN, args); },
  error(...args) { write(ERROR, args); },
  trace(...args) { write(DEBUG, args); },
});
