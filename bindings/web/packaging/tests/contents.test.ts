import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, posix } from "node:path";
import { expect, test } from "vitest";

import { LICENCES, WEB } from "../packages.ts";
import { Tarball } from "./tarball.ts";

const tarballs = Tarball.all();
const byName = tarballs.map((tarball) => [tarball.name, tarball] as const);

/** The places that a package may have files in. */
const ALLOWED = [
  /^(?:LICENSE|README\.md|package\.json)$/,
  /^dist\/[\w.-]+\.js(?:\.map)?$/,
  /^dist\/types\/[\w/]+\.d\.ts$/,
];
/** Further files of `fh-client`. */
const ENGINES = [LICENCES, "dist/wasm/engine.json", "dist/wasm/full.wasm", "dist/wasm/lean.wasm"];

/** The end of the name of a registry's folder, which follows the name of the host. */
const REGISTRY_DIGEST = /-[0-9a-f]{16}$/;
/** A folder of a registry in a path, wherever the registry is. */
const REGISTRY_PATH = /-[0-9a-f]{16}\//;
const CARGO_HOME = process.env["CARGO_HOME"] ?? join(homedir(), ".cargo");
const REGISTRIES = join(CARGO_HOME, "registry/src");
/** The hosts of the registries whose crates are on this machine: the names of their folders, without the digests at the end. */
const HOSTS = existsSync(REGISTRIES)
  ? readdirSync(REGISTRIES).map((folder) => folder.replace(REGISTRY_DIGEST, ""))
  : [];

/** Texts that a published file must not contain, because they tell of the machine that built it. */
const OF_THE_MACHINE = [
  ...[WEB, join(WEB, "../.."), CARGO_HOME, homedir(), ...HOSTS],
  "registry/src",
  ...["rustc", "home", "root"].map((folder) => `/${folder}/`),
];

/** Code that a content security policy can forbid, and what only Node has. */
const NOT_IN_BROWSERS = [
  /\beval\s*\(/,
  /\bnew\s+Function\b/,
  /\bFunction\s*\(\s*["'`]/,
  // The first bytes of a WebAssembly module as base64.
  /AGFzbQ/,
  /\bprocess\b/,
  /\bBuffer\b/,
  /\brequire\s*\(/,
  /["']node:/,
];

test.each(byName)("the tarball of %s has the files of the package, and no others", (name, tarball) => {
  const engines = name === "fh-client" ? ENGINES : [];
  const isExpected = (file: string): boolean =>
    ALLOWED.some((allowed) => allowed.test(file)) || engines.includes(file);
  expect(tarball.files.filter((file) => !isExpected(file))).toEqual([]);
  expect(tarball.files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", ...engines]));
});

test.each(byName)(
  "the manifest of %s has each file that it names, and nothing of the repository",
  (_, tarball) => {
    const { manifest, exports, files } = tarball;
    expect(manifest).toMatchObject({
      type: "module",
      license: "MIT",
      sideEffects: false,
      engines: { node: ">=20.19" },
    });
    for (const member of ["imports", "scripts", "devDependencies", "dependencies", "private", "workspaces"])
      expect(manifest).not.toHaveProperty(member);
    expect(exports.length).toBeGreaterThan(0);
    for (const [, conditions] of exports) {
      expect(Object.keys(conditions)[0]).toBe("types");
      expect(Object.keys(conditions).at(-1)).toBe("default");
      for (const file of Object.values(conditions)) expect(files).toContain(posix.normalize(file));
    }
  },
);

test.each(byName)("the licence of %s is that of the project", (_, tarball) => {
  expect(tarball.text("LICENSE")).toBe(readFileSync(join(WEB, "../../LICENSE"), "utf8"));
});

test("the licence of each crate in the engines is in fh-client", () => {
  const tree = ["tree", "--locked", "--offline", "-p", "fh-web-engine", "--features", "full"];
  const options = ["--target", "wasm32-unknown-unknown", "-e", "normal,no-proc-macro"];
  const printed = execFileSync("cargo", [...tree, ...options, "--prefix", "none", "-f", "{p}|{l}"], {
    ...{ cwd: join(WEB, "../.."), encoding: "utf8" },
  });
  const [client] = tarballs;
  const lines = client!.text(LICENCES).split("\n");
  // The path of an own crate follows its version.
  const crates = [...new Set(printed.replaceAll(" (*)", "").trim().split("\n"))].filter(
    (line) => !/ \(\//.test(line),
  );
  expect(crates.length).toBeGreaterThan(5);
  for (const crate of crates) {
    const [name, terms] = crate.replace(" v", " ").split("|");
    expect(lines).toContain(`${name!}: ${terms!}`);
    // The name also stands above a text, among the crates that carry it.
    expect([name, lines.some((line) => line.split(", ").includes(name!))]).toEqual([name, true]);
  }
});

test.each(byName)("the README of %s refers to no file that the tarball lacks", (_, tarball) => {
  const links = Array.from(
    tarball.text("README.md").matchAll(/\]\((?!https?:)([^)#]+)/g),
    ([, link]) => link,
  );
  expect(links.filter((link) => !tarball.files.includes(link!))).toEqual([]);
});

test.each(byName)("no file of %s names a place of the machine that built it", (_, tarball) => {
  for (const file of tarball.files) {
    const bytes = readFileSync(join(tarball.folder, file));
    expect([file, ...OF_THE_MACHINE.filter((text) => bytes.includes(text))]).toEqual([file]);
    expect([file, REGISTRY_PATH.exec(bytes.toString("latin1"))?.[0]]).toEqual([file, undefined]);
  }
});

test.each(byName)("each script of %s has a source map, which contains the sources", (_, tarball) => {
  const scripts = tarball.files.filter((file) => file.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) {
    expect(tarball.text(script)).toContain(`//# sourceMappingURL=${posix.basename(script)}.map`);
    const map = JSON.parse(tarball.text(`${script}.map`)) as { sources: string[]; sourcesContent: string[] };
    expect([script, ...map.sources.filter((source) => !source.startsWith("../src/"))]).toEqual([script]);
    expect(map.sourcesContent).toHaveLength(map.sources.length);
  }
});

test.each(byName)(
  "what pages and runtimes at the edge load of %s has no code that policies forbid, nor of Node",
  (_, tarball) => {
    for (const [subpath, { default: page, workerd = page }] of tarball.exports) {
      if (subpath === "./node" || subpath === "./server") continue;
      for (const file of new Set([...tarball.reachable(page!), ...tarball.reachable(workerd!)])) {
        const text = tarball.text(file);
        expect([file, ...NOT_IN_BROWSERS.filter((code) => code.test(text))]).toEqual([file]);
      }
    }
  },
);

test("the files for Node are found to have code of Node, so that the check above sees it", () => {
  const [client] = tarballs;
  const code = [...client!.reachable("dist/node.js")].map((file) => client!.text(file)).join("\n");
  expect(NOT_IN_BROWSERS.filter((pattern) => pattern.test(code)).map(String)).toEqual(
    expect.arrayContaining([String(/\bprocess\b/), String(/["']node:/)]),
  );
});

test("runtimes at the edge import the modules of the engine, which their bundlers compile", () => {
  const [client] = tarballs;
  for (const [subpath, { workerd, "edge-light": edgeLight, default: page }] of client!.exports) {
    if (subpath === "./node") continue;
    expect(edgeLight).toBe(workerd);
    const modules = (entry: string): string[] =>
      Array.from(client!.reachable(entry), (file) => client!.text(file))
        .flatMap((code) => Array.from(code.matchAll(/ from "(\.\/wasm\/[^"]+)"/g), ([, module]) => module!))
        .sort();
    expect(modules(workerd!)).toEqual(["./wasm/full.wasm?module", "./wasm/lean.wasm?module"]);
    expect(modules(page!)).toEqual([]);
  }
});

test("the engines import functions of wasm-bindgen's own JavaScript, and no others", () => {
  const [client] = tarballs;
  const imports = (engine: string): unknown[] => {
    const module = new WebAssembly.Module(readFileSync(join(client!.folder, `dist/wasm/${engine}.wasm`)));
    return WebAssembly.Module.imports(module).map(({ module, name, kind }) => {
      const [, plain] = /^(\w+?)(?:_[0-9a-f]{16})?$/.exec(name)!;
      return [module, plain, kind];
    });
  };
  // The table of references to JavaScript's values, and an `Error` that Rust throws.
  const table = "__wbindgen_init_externref_table";
  expect(imports("lean")).toEqual([["./lean_bg.js", table, "function"]]);
  expect(imports("full")).toEqual([
    ["./full_bg.js", "__wbg_Error", "function"],
    ["./full_bg.js", table, "function"],
  ]);
});

test("engine.json has the digests of the engines, the versions and the commit", () => {
  const [client] = tarballs;
  const described = JSON.parse(client!.text("dist/wasm/engine.json")) as Record<string, unknown>;
  expect(described).toMatchObject({ version: client!.manifest["version"], standardLibrary: "rebuilt" });
  expect(described["rustc"]).toMatch(/^rustc \d/);
  const bindgen = join(WEB, "../bindgen");
  const lock = readFileSync(join(bindgen, "Cargo.lock"), "utf8");
  const version = String(described["wasmBindgen"]);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(lock).toContain(`name = "wasm-bindgen-cli-support"\nversion = "${version}"\n`);
  // The major number of the package binaryen is the number of the release.
  const { devDependencies } = JSON.parse(readFileSync(join(bindgen, "package.json"), "utf8")) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  expect(described["wasmOpt"]).toContain(`wasm-opt version ${devDependencies["binaryen"]!.split(".")[0]!} `);
  expect(described["commit"]).toMatch(/^[0-9a-f]{40}$/);
  for (const engine of ["lean.wasm", "full.wasm"]) {
    const bytes = readFileSync(join(client!.folder, "dist/wasm", engine));
    const digest = createHash("sha256").update(bytes).digest("hex");
    expect((described["sha256"] as Record<string, string>)[engine]).toBe(digest);
    // The texts of the cargo feature `traps`, which is for tests.
    expect(bytes.includes("exhausted memory")).toBe(false);
  }
});

test("what is imported of fh-react is a client component", () => {
  const react = tarballs.find(({ name }) => name === "fh-react")!;
  for (const [, { default: entry }] of react.exports) expect(react.text(entry!)).toMatch(/^"use client";\n/);
});
