// A client as vendors ship it: it wants a key and sends it. What it is given here is a placeholder.
export class Payments {
  #key;
  #base;

  constructor(key, base) {
    if (!key) throw new Error("no API key provided");
    this.#key = key;
    this.#base = base;
  }

  async charge(amount) {
    const response = await fetch(`${this.#base}/v1/charges`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#key}`, "content-type": "application/json" },
      body: JSON.stringify({ amount }),
    });
    if (!response.ok) throw new Error(`the payment failed with ${response.status}`);
    return response.json();
  }
}
