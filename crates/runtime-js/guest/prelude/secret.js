// egret.secret(NAME): what code has the host do with a secret. The value never comes here. A secret that is missing and
// one that is not granted are refused alike, and only when they are used.

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const LONGEST_SIGNATURE = 128; // hexadecimal digits, of SHA-512
const DIGITS = "0123456789abcdef";
const PLACE = /^(?:bearer|basic|path|body|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|query:[0-9A-Za-z_.-]{1,64})$/;

const hashName = (value) => {
  const given = text(value), name = toUpperCase(given);
  if (!among(HASHES, name)) throw new TypeError("an HMAC is made with " + arrayJoin(HASHES, ", ") + ", not with " + excerpt(given));
  return name;
};

const hmacData = (value) => {
  const bytes = typeof value === "string" ? encode(value) : viewOf(value);
  if (bytes === undefined) throw new TypeError("the data of an HMAC must be a string or bytes");
  return viewLength(bytes) === 0 ? undefined : bytes;
};

// As hexadecimal digits. What is too long for any signature is none; the host says so of what is no number.
const signatureText = (value) => {
  const bytes = typeof value === "string" ? undefined : viewOf(value);
  if (typeof value !== "string" && bytes === undefined) throw new TypeError("a signature must be bytes or a string of hexadecimal digits");
  if (bytes === undefined) return value.length > LONGEST_SIGNATURE ? "" : toWellFormed(value);
  let digits = "";
  if (viewLength(bytes) * 2 > LONGEST_SIGNATURE) return digits;
  for (let i = 0; i < viewLength(bytes); i++) digits += DIGITS[bytes[i] >> 4] + DIGITS[bytes[i] & 15];
  return digits;
};

const secretOf = (value) => {
  const name = text(value);
  return freeze({
    __proto__: null,
    async hmac(algorithm, data) {
      return asBuffer(takeBody(startCall(SIGN, [name, hashName(algorithm)], hmacData(data))));
    },
    async verify(signature, data, algorithm = "SHA-256") {
      const head = [name, hashName(algorithm), signatureText(signature)];
      return takeBody(startCall(VERIFY, head, hmacData(data)))[0] === 1;
    },
  });
};

// The `auth` and `authMode` of a request: a secret's name and its place, "" for none.
const authOf = (auth, mode) => {
  if (auth === undefined) {
    if (mode !== undefined) throw new TypeError("authMode says where the secret of auth goes; there is no auth");
    return ["", ""];
  }
  if (typeof auth !== "string" || auth === "") throw new TypeError("auth must be the name of a secret");
  if (mode === undefined) return [toWellFormed(auth), ""];
  if (typeof mode !== "string" || exec(PLACE, mode) === null) {
    throw new TypeError("authMode must be bearer, basic, header:NAME, query:NAME, path or body");
  }
  return [toWellFormed(auth), mode];
};
