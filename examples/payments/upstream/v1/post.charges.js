// What the stand-in for the API answers. Like a careless API it repeats the key that it was sent.
const customers = { "Bearer key_of_the_only_customer": "cus_1" };

export default async function (request) {
  const credential = request.headers.get("authorization");
  const customer = customers[credential];
  if (customer === undefined) return Response.json({ error: "no such key" }, { status: 401 });
  const { amount } = await request.json();
  return Response.json({ customer, amount, authorized_by: credential });
}
