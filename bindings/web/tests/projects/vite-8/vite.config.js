export default { build: { rollupOptions: { input: ["index.html", "server.html", "components.html"] } } };
