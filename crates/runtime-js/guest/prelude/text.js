// TextEncoder and TextDecoder: UTF-8, the only encoding here.

const UTF8_LABELS = ["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"];
const isUtf8 = (label) => {
  const name = toLowerCase(exec(/^[\t\n\f\r ]*(.*?)[\t\n\f\r ]*$/s, label)[1]);
  for (let i = 0; i < UTF8_LABELS.length; i++) if (UTF8_LABELS[i] === name) return true;
  return false;
};

const encode = (string) => host.encode(toWellFormed(string));

class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(input = "") {
    return encode(text(input));
  }

  // Writes whole characters only, as many as fit.
  encodeInto(source, destination) {
    const string = usv(source);
    if (!isView(destination) || typedArrayTag(destination) !== "Uint8Array") throw new TypeError("encodeInto needs a Uint8Array");
    const room = viewLength(destination);
    let read = 0, written = 0;
    while (read < string.length) {
      const code = charCodeAt(string, read);
      const pair = code >= 0xd800 && code <= 0xdbff;
      const size = code < 0x80 ? 1 : code < 0x800 ? 2 : pair ? 4 : 3;
      if (written + size > room) break;
      read += pair ? 2 : 1;
      written += size;
    }
    bytesSet(destination, host.encode(stringSlice(string, 0, read)));
    return { read, written };
  }
}

class TextDecoder {
  #fatal;
  #ignoreBom;
  #held = new Uint8Array(0); // the beginning of a character that the last chunk cut
  #started = false;

  constructor(label = "utf-8", options = {}) {
    if (!isUtf8(text(label))) throw new RangeError("the encoding " + excerpt(text(label)) + " is not supported, only utf-8 is");
    this.#fatal = !!options?.fatal;
    this.#ignoreBom = !!options?.ignoreBOM;
  }

  get encoding() {
    return "utf-8";
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBom;
  }

  decode(input = undefined, options = {}) {
    const chunk = input === undefined ? new Uint8Array(0) : viewOf(input);
    if (chunk === undefined) throw new TypeError("decode needs an ArrayBuffer or a view of one");
    const more = !!options?.stream;
    const bytes = new Uint8Array(viewLength(this.#held) + viewLength(chunk));
    bytesSet(bytes, this.#held);
    bytesSet(bytes, chunk, viewLength(this.#held));
    // Three bytes tell whether there is a byte order mark; with fewer, and more to come, nothing can be said yet.
    const undecided = more && !this.#started && viewLength(bytes) < 3;
    const tail = undecided ? viewLength(bytes) : more ? host.tail(bytes) : 0;
    const end = viewLength(bytes) - tail;
    const decoded = host.decode(bytesSlice(bytes, 0, end), this.#fatal, this.#ignoreBom || this.#started);
    this.#held = more ? bytesSlice(bytes, end) : new Uint8Array(0);
    this.#started = more && (this.#started || end > 0);
    if (decoded === undefined) {
      this.#held = new Uint8Array(0);
      this.#started = false;
      throw new TypeError("the bytes are not well-formed UTF-8");
    }
    return decoded;
  }
}

exposeClass(TextEncoder);
exposeClass(TextDecoder);
