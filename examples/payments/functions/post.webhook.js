// POST /webhook takes what the API tells, if its signature is right. The host computes it: the key never comes here.
export default async function (request) {
  const body = await request.bytes();
  const [scheme, signature] = (request.headers.get("x-signature") ?? "").split("=");
  const genuine = scheme === "sha256" && (await egret.secret("WHSEC").verify(signature ?? "", body));
  if (!genuine) return new Response("the signature is wrong\n", { status: 401 });
  return Response.json({ accepted: JSON.parse(new TextDecoder().decode(body)).type });
}
