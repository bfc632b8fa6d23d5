import webpack from "webpack";

const settings = {
  mode: "production",
  entry: "./pages.js",
  // The names of the engine's files show which engine a page requests.
  output: { assetModuleFilename: "[name]-[hash][ext]" },
  // webpack warns of files above 244 KiB. The full engine is larger, but a page loads it only when a feature needs it.
  performance: { maxAssetSize: 600_000 },
};
webpack(settings, (error, stats) => {
  if (error) throw error;
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString("errors-warnings"));
});
