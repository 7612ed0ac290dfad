// What the other files stand on: the language's own functions, captured before any guest code can replace them, and
// the few helpers that all share. All files of this folder are one function body; `host` is its only argument.
// Strings are joined with + alone: the engine makes of a template with values a call of String.prototype.concat, the guest's.

const {
  Array, ArrayBuffer, Error, JSON, Map, Math, Number, Object, Promise, RangeError, Reflect, Set, String, Symbol,
  SyntaxError, TypeError, Uint8Array, WeakMap, DOMException, FinalizationRegistry, globalThis: global,
} = globalThis;
const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { create, freeze, setPrototypeOf } = Object;
const { isArray } = Array;
const { isInteger } = Number;
const { isView } = ArrayBuffer;
const { min, max, trunc } = Math;
const { iterator: symbolIterator, toStringTag } = Symbol;
const parseJson = JSON.parse;
const stringify = JSON.stringify;

// uncurry(f)(self, ...args) is f.call(self, ...args), whatever the guest did to Function.prototype.
const { bind, call } = Function.prototype;
const uncurry = (method) => apply(bind, call, [method]);
const getter = (object, key) => uncurry(getOwnPropertyDescriptor(object, key).get);

const arrayJoin = uncurry(Array.prototype.join);
const arrayPush = uncurry(Array.prototype.push);
const arraySort = uncurry(Array.prototype.sort);
const arrayValues = uncurry(Array.prototype.values);
const charCodeAt = uncurry(String.prototype.charCodeAt);
const stringIndexOf = uncurry(String.prototype.indexOf);
const stringRepeat = uncurry(String.prototype.repeat);
const stringSlice = uncurry(String.prototype.slice);
const stringSplit = uncurry(String.prototype.split);
const toLowerCase = uncurry(String.prototype.toLowerCase);
const toUpperCase = uncurry(String.prototype.toUpperCase);
const toWellFormed = uncurry(String.prototype.toWellFormed);
const numberToString = uncurry(Number.prototype.toString);
const exec = uncurry(RegExp.prototype.exec);
const mapGet = uncurry(Map.prototype.get);
const mapSet = uncurry(Map.prototype.set);
const mapHas = uncurry(Map.prototype.has);
const mapDelete = uncurry(Map.prototype.delete);
const then = uncurry(Promise.prototype.then);
const bytesSet = uncurry(Uint8Array.prototype.set);
const bytesCopy = (bytes) => new Uint8Array(bytes); // unlike slice, asks no constructor of the guest
const register = uncurry(FinalizationRegistry.prototype.register);
const typedArray = getPrototypeOf(Uint8Array.prototype);
const viewBuffer = getter(typedArray, "buffer");
const viewOffset = getter(typedArray, "byteOffset");
const viewLength = getter(typedArray, "byteLength");
const dataViewBuffer = getter(DataView.prototype, "buffer");
const dataViewOffset = getter(DataView.prototype, "byteOffset");
const dataViewLength = getter(DataView.prototype, "byteLength");
const bufferLength = getter(ArrayBuffer.prototype, "byteLength");
const typedArrayTag = getter(typedArray, toStringTag);

// Array.prototype.slice and splice ask the array's constructor, which a guest can replace, what to make. These do not.
const copyFrom = (list, from) => {
  const copy = [];
  for (let i = from; i < list.length; i++) arrayPush(copy, list[i]);
  return copy;
};
const removeAt = (list, at, count) => {
  for (let i = at + count; i < list.length; i++) list[i - count] = list[i];
  list.length -= count;
};
const bytesSlice = (bytes, from, to = viewLength(bytes)) =>
  bytesCopy(new Uint8Array(viewBuffer(bytes), viewOffset(bytes) + from, to - from));

// Kinds, as the host counts them.
const FETCH = 1, BODY = 2, TIMER = 3, SIGN = 4, VERIFY = 5;
const DEBUG = 0, INFO = 1, WARN = 2, ERROR = 3;
const FAIL_THROWN = 0, FAIL_BAD_ANSWER = 1;

// Web IDL's string conversions.
const text = (value) => {
  if (typeof value === "symbol") throw new TypeError("a symbol cannot be converted to a string");
  return String(value);
};
const usv = (value) => toWellFormed(text(value));

// A list of strings as JSON. Strings alone, so that no toJSON of the guest is asked.
const pack = (strings) => {
  let out = "[";
  for (let i = 0; i < strings.length; i++) out += (i ? "," : "") + stringify(strings[i]);
  return out + "]";
};

const expose = (name, value) => defineProperty(global, name, { value, writable: true, enumerable: false, configurable: true });

// Exposes a class under its name, as Web IDL shapes one: members enumerable, and a tag.
const exposeClass = (constructor, tag = constructor.name) => {
  const { prototype } = constructor;
  const keys = ownKeys(prototype);
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] === "constructor" || typeof keys[i] === "symbol") continue;
    defineProperty(prototype, keys[i], { enumerable: true });
  }
  defineProperty(prototype, toStringTag, { value: tag, writable: false, enumerable: false, configurable: true });
  expose(tag, constructor);
};

// A value for an error's words, not longer than is good for them.
const excerpt = (string) => stringify(string.length > 200 ? stringSlice(string, 0, 200) + "..." : string);

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

// A view of the same bytes as a Uint8Array, or undefined when the value holds none.
const viewOf = (value) => {
  if (isView(value)) {
    return typedArrayTag(value) === undefined
      ? new Uint8Array(dataViewBuffer(value), dataViewOffset(value), dataViewLength(value))
      : new Uint8Array(viewBuffer(value), viewOffset(value), viewLength(value));
  }
  try {
    bufferLength(value);
  } catch {
    return undefined;
  }
  return new Uint8Array(value);
};

// The members of an iterable, as Web IDL's sequence reads them.
const sequence = (iterable) => {
  const method = iterable[symbolIterator];
  const iterator = apply(method, iterable, []);
  const { next } = iterator;
  const items = [];
  for (;;) {
    const step = apply(next, iterator, []);
    if (step.done) return items;
    arrayPush(items, step.value);
  }
};

// Operations of the host that are under way: id -> what to do when it is done.
const pending = new Map();
const whenDone = (id, action) => mapSet(pending, id, action);
const forget = (id) => {
  mapDelete(pending, id);
  host.cancel(id);
};
