// GET /zen asks a public API on the internet that egret.toml allows.
export default async function () {
  const response = await fetch("https://api.github.com/zen");
  return new Response(`GitHub says: ${await response.text()}\n`, { status: response.status });
}
