import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

/** The packages of the published SDKs. */
export const PUBLISHED = ["featurehub-javascript-client-sdk", "featurehub-javascript-node-sdk"] as const;

/** A name that a module exports. */
export interface Declaration {
  readonly isValue: boolean;
  readonly isType: boolean;
  readonly isClass: boolean;
  /** The name of the type behind the name, which is another one if the name is an alias. */
  readonly typeName: string;
  /** The public members of a class, of its instances and static ones, or those of an interface; inherited ones too. */
  readonly members: ReadonlySet<string>;
  /** The public members that the class or interface declares itself. */
  readonly ownMembers: ReadonlySet<string>;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  types: [],
};

/** Returns a program with these files. */
export function parsed(...files: string[]): ts.Program {
  return ts.createProgram(files, OPTIONS);
}

/** Returns the file with the declarations of a published SDK. */
export function declarationsOf(name: (typeof PUBLISHED)[number]): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return join(dirname(manifest), "dist/index.d.ts");
}

/** Returns the names that a file of the program exports, values and types. */
export function exportsOf(program: ts.Program, file: string): Map<string, Declaration> {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) return unknownFile(file);
  return new Map(
    checker.getExportsOfModule(module).map((symbol) => [symbol.name, declaration(checker, symbol)]),
  );
}

function declaration(checker: ts.TypeChecker, exported: ts.Symbol): Declaration {
  const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
  const has = (flags: ts.SymbolFlags): boolean => (symbol.flags & flags) !== 0;
  const [isValue, isType] = [has(ts.SymbolFlags.Value), has(ts.SymbolFlags.Type)];
  const type = isType ? checker.getDeclaredTypeOfSymbol(symbol) : undefined;
  const holder = isValue ? checker.getTypeOfSymbol(symbol) : undefined;
  const hasMembers = has(ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias);
  const properties = [
    ...(type && hasMembers ? checker.getPropertiesOfType(type) : []),
    ...(holder && !has(ts.SymbolFlags.Enum) ? checker.getPropertiesOfType(holder) : []),
  ].filter((property) => isPublic(property));
  const own = properties.filter((property) =>
    property.declarations?.some((each) => symbol.declarations?.includes(each.parent as ts.Declaration)),
  );
  return {
    isValue,
    isType,
    isClass: has(ts.SymbolFlags.Class),
    typeName: type?.getSymbol()?.name ?? symbol.name,
    members: new Set(properties.map(({ name }) => name)),
    ownMembers: new Set(own.map(({ name }) => name)),
  };
}

/** Returns false for private and protected members, those with an underscore, and the prototype of a class. */
function isPublic(property: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const flags = (property.declarations ?? []).map((each) => ts.getCombinedModifierFlags(each));
  const isName = property.name !== "prototype" && !property.name.startsWith("_");
  return isName && flags.every((each) => (each & hidden) === 0);
}

/**
 * Returns the names of a module that the files of a program use, as `Name`, and the members of its classes, as `Name.member`. The use of a
 * member of a derived class counts for the classes that it extends, too.
 */
export function usedNames(program: ts.Program, module: string, files: readonly string[]): Set<string> {
  const checker = program.getTypeChecker();
  const used = new Set<string>();
  const use = (type: ts.Type, member: string): void => {
    const { symbol } = type as { readonly symbol: ts.Symbol | undefined };
    if (!symbol) return;
    const isModule = symbol.declarations?.some((each) => ts.isSourceFile(each) && each.fileName === module);
    used.add(isModule === true ? member : `${symbol.name}.${member}`);
    if (type.isClassOrInterface()) for (const base of checker.getBaseTypes(type)) use(base, member);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      const object = node.expression;
      use(checker.getNonNullableType(checker.getTypeAtLocation(object)), node.name.text);
      // The type of an object such as `FeatureHub` has no name.
      if (ts.isPropertyAccessExpression(object)) used.add(`${object.name.text}.${node.name.text}`);
    } else if (ts.isObjectBindingPattern(node)) {
      const from = ts.isVariableDeclaration(node.parent) ? node.parent.initializer : undefined;
      const type = checker.getTypeAtLocation(from ?? node.parent);
      for (const { name, propertyName } of node.elements) {
        const member = (propertyName ?? name).getText();
        use(checker.getNonNullableType(type), member);
        if (from && ts.isPropertyAccessExpression(from)) used.add(`${from.name.text}.${member}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(program.getSourceFile(file) ?? unknownFile(file));
  return used;
}

function unknownFile(file: string): never {
  throw new Error(`no file ${file}`);
}
