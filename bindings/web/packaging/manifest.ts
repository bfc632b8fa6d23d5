import { LICENCES, type Package } from "./packages.ts";

/** Members of a manifest that only the repository needs. */
const PRIVATE = ["imports", "devDependencies", "scripts"];

/** Returns the manifest with which a package is published: its exports are the built files. */
export function publishedManifest(of: Package): Record<string, unknown> {
  const exports: Record<string, unknown> = {};
  for (const subpath of of.subpaths) {
    const platforms = of.platformsOf(subpath);
    // The first condition that holds decides: the platforms without a condition of their own come last.
    const files = [...platforms]
      .reverse()
      .flatMap((platform) => platform.served.map((condition) => [condition, of.fileOf(subpath, platform)]));
    const [[, only] = []] = files;
    exports[subpath.path] = {
      types: subpath.types,
      ...(files.length > 1 ? (Object.fromEntries(files) as Record<string, string>) : { default: only }),
    };
  }
  exports["./package.json"] = "./package.json";
  const kept = Object.entries(of.manifest).filter(([name]) => !PRIVATE.includes(name));
  const licences = of.manifest.name === "fh-client" ? [LICENCES] : [];
  return { ...Object.fromEntries(kept), exports, files: ["dist", ...licences] };
}
