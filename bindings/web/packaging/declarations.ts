import { join } from "node:path";
import ts from "typescript";
import type { Package } from "./packages.ts";

/**
 * Writes the declarations of a package into `dist/types`. The packages that it needs must have been built before.
 *
 * @throws an error with the compiler's messages
 */
export function declare(of: Package): void {
  const from = join(of.folder, "tsconfig.json");
  const { config } = ts.readConfigFile(from, (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, of.folder);
  const program = ts.createProgram({
    rootNames: of.subpaths.map(({ source }) => join(of.folder, source)),
    options: {
      ...options,
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: join(of.folder, "src"),
      outDir: join(of.dist, "types"),
      paths: {
        "fh-client": [join(of.folder, "../client/dist/types/index.d.ts")],
        "fh-client/*": [join(of.folder, "../client/dist/types/*/index.d.ts")],
      },
    },
  });
  const emitted = program.emit(undefined, write, undefined, true, {
    afterDeclarations: [withBuiltExtensions],
  });
  const found = [...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics];
  if (found.length === 0) return;
  const names = {
    getCanonicalFileName: String,
    getCurrentDirectory: () => of.folder,
    getNewLine: () => "\n",
  };
  throw new Error(ts.formatDiagnostics(found, names));
}

/** Writes a declaration. One with `Symbol.dispose` names the library of this symbol, so that programs need no setting for it. */
function write(path: string, text: string): void {
  const isDisposable = /\[Symbol\.(?:asyncDispose|dispose)\]/.test(text);
  ts.sys.writeFile(path, isDisposable ? `/// <reference lib="esnext.disposable" />\n${text}` : text);
}

/** Replaces `./file.ts` by `./file.js` in imports of declarations, as compilers expect in published packages. */
function withBuiltExtensions(context: ts.TransformationContext): ts.Transformer<ts.SourceFile | ts.Bundle> {
  const { factory } = context;
  const visit = (node: ts.Node): ts.Node => {
    if (ts.isStringLiteral(node) && /^\.{1,2}\/.*\.tsx?$/.test(node.text) && isSpecifier(node.parent))
      return factory.createStringLiteral(node.text.replace(/\.tsx?$/, ".js"));
    return ts.visitEachChild(node, visit, context);
  };
  return (file) => ts.visitEachChild(file, visit, context);
}

function isSpecifier(parent: ts.Node | undefined): boolean {
  return parent === undefined || ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent);
}
