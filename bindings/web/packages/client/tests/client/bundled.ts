import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/** Bundles a program that imports `fh-client`, as Node runs it, and returns its file. The engine is not part of the bundle. */
export async function bundled(program: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fh-client-"));
  const outfile = join(folder, "program.mjs");
  await writeFile(join(folder, "program.ts"), program);
  await build({
    entryPoints: [join(folder, "program.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["./engine/start.ts"],
    alias: { "fh-client": new URL("../../src/index.ts", import.meta.url).pathname },
  });
  return outfile;
}
