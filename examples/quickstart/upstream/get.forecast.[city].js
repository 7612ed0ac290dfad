// What the stand-in for the weather API answers.
const rain = { oslo: 80, lisbon: 10 };

export default {
  fetch(request, env, ctx) {
    const city = ctx.params.city;
    if (!(city in rain)) return Response.json({ error: "unknown city" }, { status: 404 });
    return Response.json({ city, rain: rain[city] });
  },
};
