import { fileURLToPath } from "node:url";
import ts from "typescript";

import type { CodeBlock } from "./code_blocks.ts";

const WEB = fileURLToPath(new URL("../../../../", import.meta.url));

/** A block, and the modules whose exports it can use without an import. Of a name that several of them export, the first one counts. */
export interface ScopedBlock extends CodeBlock {
  /** Names of packages, or paths of files. */
  readonly scope: readonly string[];
}

/** The settings with which TypeDoc reads the packages. Preludes are imported by their paths. */
function settings(): ts.CompilerOptions {
  const read = (path: string): string | undefined => ts.sys.readFile(path);
  const file = ts.readJsonConfigFile(`${WEB}tsconfig.docs.json`, read);
  const { options } = ts.parseJsonSourceFileConfigFileContent(file, ts.sys, WEB);
  return { ...options, rewriteRelativeImportExtensions: false, allowImportingTsExtensions: true };
}

/** Returns the names that a block declares at its top level or imports, and all names in the block. */
function namesOf(file: ts.SourceFile): { readonly declared: Set<string>; readonly all: Set<string> } {
  const declared = new Set<string>();
  const all = new Set<string>();
  const bind = (name: ts.BindingName | undefined): void => {
    if (!name) return;
    if (ts.isIdentifier(name)) declared.add(name.text);
    else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) all.add(node.text);
    if (ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node)) bind(node.name);
    ts.forEachChild(node, visit);
  };
  visit(file);
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations) bind(name);
    else if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement)
    )
      bind(statement.name);
  }
  return { declared, all };
}

/** Returns the exports of modules: for each module the names, which are true if they are values. */
function exportsOf(
  modules: readonly string[],
  options: ts.CompilerOptions,
): { readonly exports: Map<string, Map<string, boolean>>; readonly program: ts.Program } {
  const host = ts.createCompilerHost(options);
  const roots = modules.map((module) => {
    const from = `${WEB}example.ts`;
    const mode = ts.ModuleKind.ESNext;
    const found = ts.resolveModuleName(
      module,
      from,
      options,
      host,
      undefined,
      undefined,
      mode,
    ).resolvedModule;
    if (!found) throw new Error(`there is no module ${module}`);
    return found.resolvedFileName;
  });
  const program = ts.createProgram(roots, options, host);
  const checker = program.getTypeChecker();
  const exports = modules.map((module, at): [string, Map<string, boolean>] => {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(roots[at]!)!);
    const names = (symbol ? checker.getExportsOfModule(symbol) : []).map((name): [string, boolean] => {
      const target = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
      return [name.name, (target.flags & ts.SymbolFlags.Value) !== 0];
    });
    return [module, new Map(names)];
  });
  return { exports: new Map(exports), program };
}

/** Returns the imports of the names that a block uses and does not declare. */
function prelude(
  block: ScopedBlock,
  file: ts.SourceFile,
  exports: Map<string, Map<string, boolean>>,
): string {
  const { declared, all } = namesOf(file);
  const missing = new Set([...all].filter((name) => !declared.has(name)));
  const imports = block.scope.map((module) => {
    const names = [...exports.get(module)!].filter(([name]) => missing.delete(name));
    const list = names.map(([name, isValue]) => (isValue ? name : `type ${name}`));
    return `import { ${list.join(", ")} } from ${JSON.stringify(module)};`;
  });
  // On one line, so that the lines of an error are those of the block.
  return `export {}; ${imports.join(" ")}\n`;
}

/**
 * Compiles blocks in TypeScript, each as a module, and returns the errors of each with its file and line. All of them are files of one
 * program, so that the packages are read once.
 */
export function problemsOf(blocks: readonly ScopedBlock[]): string[] {
  const options = settings();
  const { exports, program: packages } = exportsOf(
    [...new Set(blocks.flatMap(({ scope }) => scope))],
    options,
  );
  const texts = new Map<string, { readonly block: ScopedBlock; readonly text: string }>();
  blocks.forEach((block, at) => {
    const path = `${WEB}example_${at}.${block.language}`;
    const file = ts.createSourceFile(path, block.code, ts.ScriptTarget.ES2023);
    texts.set(path, { block, text: prelude(block, file, exports) + block.code });
  });
  const files = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...files,
    fileExists: (path) => texts.has(path) || files.fileExists(path),
    readFile: (path) => texts.get(path)?.text ?? files.readFile(path),
    getSourceFile: (path, version, ...others) => {
      const example = texts.get(path);
      if (example) return ts.createSourceFile(path, example.text, version, true);
      return packages.getSourceFile(path) ?? files.getSourceFile(path, version, ...others);
    },
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts].flatMap(([path, { block }]) => {
    const file = program.getSourceFile(path)!;
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return diagnostics.map(({ start = 0, messageText }) => {
      const line = block.line + file.getLineAndCharacterOfPosition(start).line;
      return `${block.file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
  });
}
