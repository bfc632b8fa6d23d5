// Explanations of evaluations and diagnostics of features, which a page loads when it uses them. The comment of
// `first_part.ts` says why its parts are exported here, too.
export { diagnosticsOf, explainFeature } from "../engine/explain.ts";
export * from "../first_part.ts";
