import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the npm workspace. The programs of this folder are started by npm, which starts them there. */
export const WEB = process.cwd();

/** The file with the licences of the crates in the engines. */
export const LICENCES = "THIRD-PARTY-LICENSES.txt";

/** The names of the packages that are published, in the order in which they need each other. */
export const NAMES = ["fh-client", "fh-react", "fh-openfeature"] as const;

/** The manifest of a package in the repository. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** The TypeScript files that programs import, by their subpaths. */
  readonly exports: Readonly<Record<string, string>>;
  /** Files that depend on the platform, by the names under which the sources import them. */
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A platform for which the files of a package are built, because it has other files for some of the package's imports. */
export interface Platform {
  /** The condition of the package's imports that selects the files of the platform. */
  readonly condition: string;
  /** The conditions of the package's exports under which a program gets these files. */
  readonly served: readonly string[];
  /** The end of the names of these files, before `.js`. */
  readonly suffix: string;
}

/** Pages, workers of pages, and each program for which there is nothing else. */
export const BROWSERS: Platform = { condition: "browser", served: ["default"], suffix: "" };
/** Node, and programs that are compatible with it. */
export const NODE: Platform = { condition: "node", served: ["node"], suffix: ".node" };
/** Runtimes at the edge of a network: they compile no bytes, so their bundlers compile the modules of the engine. */
export const WORKERD: Platform = {
  condition: "workerd",
  served: ["workerd", "edge-light"],
  suffix: ".workerd",
};

/** A package that is published. */
export class Package {
  readonly folder: string;
  readonly manifest: Manifest;

  constructor(name: string) {
    this.folder = join(WEB, "packages", name.replace("fh-", ""));
    this.manifest = JSON.parse(readFileSync(join(this.folder, "package.json"), "utf8")) as Manifest;
  }

  /** The folder of the built files. */
  get dist(): string {
    return join(this.folder, "dist");
  }

  /** The platforms for which the package has files of their own. A package without such files is built for all of them at once. */
  get platforms(): readonly Platform[] {
    return this.manifest.imports === undefined ? [BROWSERS] : [BROWSERS, NODE, WORKERD];
  }

  /** The subpaths that programs import, with their sources. */
  get subpaths(): readonly Subpath[] {
    return Object.entries(this.manifest.exports).map(([path, source]) => new Subpath(path, source));
  }

  /** The platforms that have a file of their own for a subpath. */
  platformsOf(subpath: Subpath): readonly Platform[] {
    return subpath.isForNode ? [NODE] : this.platforms;
  }

  /** The built file of a subpath, relative to the folder of the package. */
  fileOf(subpath: Subpath, { suffix }: Platform): string {
    return `./dist/${subpath.name}${subpath.isForNode ? "" : suffix}.js`;
  }
}

/** A path under which programs import a file of a package. */
export class Subpath {
  readonly path: string;
  readonly source: string;

  constructor(path: string, source: string) {
    this.path = path;
    this.source = source;
  }

  /** The name of the built file. */
  get name(): string {
    return this.path === "." ? "index" : this.path.slice("./".length);
  }

  /** True for files that only Node can run. */
  get isForNode(): boolean {
    return this.source.startsWith("./src/node/");
  }

  /** The file with the types of the subpath, relative to the folder of the package. */
  get types(): string {
    return this.source.replace("./src/", "./dist/types/").replace(/\.tsx?$/, ".d.ts");
  }
}
