// Shows that `require` and `import` return one instance of the client, also for the entry of Node.
const { Client, EdgeProblem } = require("fh-client");
const node = require("fh-client/node");

void (async () => {
  const imported = await import("fh-client");
  const isOne =
    imported.Client === Client && node.EdgeProblem === EdgeProblem && node.Client.prototype instanceof Client;
  const client = new Client("https://edge.example", "environment/key*");
  await client.ready({ timeoutMs: 20_000 });
  const mara = client.context({ userkey: "mara" });
  console.log(isOne, mara.isEnabled("NEW_CHECKOUT"), mara.string("COLOUR", "none"));
  client.close();
})();
