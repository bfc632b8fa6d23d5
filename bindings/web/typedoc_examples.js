// A plugin of TypeDoc that warns of public declarations without an example: classes, functions and groups of options. The layers with the names
// of the published SDKs are exempt, because docs/guide/migrating-from-featurehub-js.md describes them.
//
// Members of these layers, the names that tell types apart, and parts of union types need no comment of their own either.
import { Comment, Converter, ReflectionKind } from "typedoc";

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

/** Returns what explains a member that needs no comment of its own. */
function explanation({ name, parent }) {
  if (parent?.parent === undefined || parent.kind === ReflectionKind.Module) return undefined;
  let module = parent;
  while (module.kind !== ReflectionKind.Module) module = module.parent;
  if (module.name.includes("featurehub")) return "As in the published SDKs.";
  const isPart = parent.kind === ReflectionKind.TypeLiteral || name === "kind" || name === "name";
  return isPart ? "The comment of the type explains it." : undefined;
}

/** Adds the checks to TypeDoc's validation. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      const text = explanation(reflection);
      if (text !== undefined) reflection.comment ??= new Comment([{ kind: "text", text }]);
    }
  });
  app.on("validateProject", (project) => {
    const modules = project.children.filter(({ name }) => !name.includes("featurehub"));
    const declared = modules.flatMap(({ children = [] }) => children);
    for (const declaration of declared) {
      if (needsExample(declaration) && !hasExample(declaration))
        app.logger.validationWarning(`${declaration.getFriendlyFullName()} has no @example`);
    }
  });
}
