// A plugin of TypeDoc that warns of public declarations without an example: classes, functions and groups of options. The layers with the names
// of the published SDKs are exempt, because docs/migrating-from-featurehub-js.md describes them.
import { ReflectionKind } from "typedoc";

/** The names of groups of options. */
const OPTIONS = /(?:Options?|Props)$/;

/** Returns true if the declaration must have an example. */
function needsExample({ kind, name }) {
  return (
    kind === ReflectionKind.Class ||
    kind === ReflectionKind.Function ||
    ((kind === ReflectionKind.Interface || kind === ReflectionKind.TypeAlias) && OPTIONS.test(name))
  );
}

/** Returns true if the declaration, or one of its signatures, has an example. */
function hasExample({ comment, signatures = [] }) {
  const comments = [comment, ...signatures.map((signature) => signature.comment)];
  return comments.some((each) => each?.getTag("@example") !== undefined);
}

/** Adds the check to TypeDoc's validation. */
export function load(app) {
  app.on("validateProject", (project) => {
    const modules = project.children.filter(({ name }) => !name.includes("featurehub"));
    const declared = modules.flatMap(({ children = [] }) => children);
    for (const declaration of declared) {
      if (needsExample(declaration) && !hasExample(declaration))
        app.logger.validationWarning(`${declaration.getFriendlyFullName()} has no @example`);
    }
  });
}
