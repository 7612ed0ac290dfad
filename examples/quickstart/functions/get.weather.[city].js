// GET /weather/oslo asks an API over TLS and makes its own answer of what comes back.
export default {
  async fetch(request, env, ctx) {
    const response = await fetch(`${env.WEATHER}/forecast/${encodeURIComponent(ctx.params.city)}`);
    if (!response.ok) return new Response("no forecast\n", { status: 502 });
    const forecast = await response.json();
    return Response.json({ city: forecast.city, advice: forecast.rain > 50 ? "take an umbrella" : "enjoy the sun" });
  },
};
