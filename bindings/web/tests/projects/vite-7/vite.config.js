import { join } from "node:path";

const input = ["index.html", "server.html"].map((page) => join(import.meta.dirname, page));

export default { build: { rollupOptions: { input } } };
