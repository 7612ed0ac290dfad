// POST /charge charges an amount through the vendor's client.
import { Payments } from "../sdk/payments.js";

export default async function (request, env) {
  const { amount } = await request.json();
  return Response.json(await new Payments(env.API_KEY, env.API).charge(amount));
}
