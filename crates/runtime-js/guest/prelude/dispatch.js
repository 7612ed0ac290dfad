// The entrances: how the shim calls a handler, finishes operations and describes errors.

const wordsFor = (value) => {
  if (value === undefined) return "undefined (is a return missing?)";
  if (value === null) return "null";
  if (!isObject(value)) return "a " + typeof value;
  if (typeof value === "function") return "a function";
  const name = constructorName(value);
  return isArray(value) ? "an array" : name === null || name === "Object" ? "an object" : "an object of class " + name;
};

// `export default { fetch }` or `export default function`.
const handlerOf = (namespace) => {
  const exported = namespace.default;
  if (typeof exported === "function") return (request, env, ctx) => apply(exported, undefined, [request, env, ctx]);
  const method = isObject(exported) ? exported.fetch : undefined;
  if (typeof method !== "function") throw new TypeError("the default export must be a function or an object with a fetch function, not " + wordsFor(exported));
  return (request, env, ctx) => apply(method, exported, [request, env, ctx]);
};

const contextOf = (head, waiting) => freeze({
  params: freeze(head.params),
  invocation: head.invocation,
  // What is still to be done after the answer. The invocation's limits go on counting.
  waitUntil(promise) {
    arrayPush(waiting, then(fulfilled(promise), undefined, report));
  },
});

const answer = async (response) => {
  if (!isResponse(response)) {
    host.fail(FAIL_BAD_ANSWER, "the handler returned " + wordsFor(response) + ", not a Response");
    return;
  }
  const { status, statusText, headers, body } = responseParts(response);
  const { bytes } = await takeBytes(body);
  const head = [numberToString(status), statusText];
  for (let i = 0; i < headers.length; i++) arrayPush(head, headers[i]);
  host.respond(pack(head), viewLength(bytes) === 0 ? undefined : bytes);
};

const dispatch = async (namespace, json, body) => {
  const head = parseJson(json);
  const handler = handlerOf(namespace);
  const source = body === undefined ? NULL_BODY : { __proto__: null, bytes: new Uint8Array(body), shared: false };
  const request = inboundRequest(head.method, head.url, head.headers, source);
  const waiting = [];
  await answer(await handler(request, freeze(head.env), contextOf(head, waiting)));
  for (let i = 0; i < waiting.length; i++) await waiting[i];
};

const settle = (id) => {
  const action = mapGet(pending, id);
  if (action === undefined) return host.cancel(id);
  mapDelete(pending, id);
  try {
    action();
  } catch (error) {
    report(error);
  }
};

const LONGEST_WORDS = 4096; // characters of each part of an error's description

// [name, message, stack, operation]; the operation is that of a NetError, for which the host has its own record.
const describe = (error) => {
  const part = (read, otherwise) => {
    try {
      const value = read();
      return typeof value === "string" ? toWellFormed(stringSlice(value, 0, LONGEST_WORDS)) : otherwise;
    } catch {
      return otherwise;
    }
  };
  if (!isObject(error)) return pack(["Error", part(() => "thrown: " + inspect(error), ""), "", ""]);
  const isError = error instanceof Error || error instanceof DOMException;
  if (!isError) return pack(["Error", part(() => "thrown: " + inspect(error), ""), "", ""]);
  return pack([
    part(() => error.name, "Error"),
    part(() => error.message, ""),
    part(() => errorStack(error), ""),
    netOperation(error),
  ]);
};

return { dispatch, settle, describe, report };
