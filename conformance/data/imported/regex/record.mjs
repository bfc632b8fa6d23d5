// Records what Java and Node make of the patterns and texts of the two files beside it: `node record.mjs`, with Java 17 and Node 20. No build
// runs it. A new pattern is an entry with its `pattern` and `texts` at the same place of both files. For an escape of Java's, whose search is
// compared in profile client, too, the entry of java-17.json also has `"search": []`.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const here = new URL(".", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, here), "utf8")).patterns;
const [patterns, ofJava] = [read("node-20.json"), read("java-17.json")];

function write(name, origin, entries) {
  const lines = entries.map((entry) => "    " + escaped(JSON.stringify(entry)));
  const head = `{\n  "format": 1,\n  "origin": ${JSON.stringify(origin)},\n  "patterns": [\n`;
  writeFileSync(new URL(name, here), head + lines.join(",\n") + "\n  ]\n}\n");
}

// ASCII only, so that no editor changes a character that it does not show.
function escaped(json) {
  return json.replace(/[\u007f-\uffff]/g, (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"));
}

function node({ pattern, texts, refused, deviates }) {
  const entry = { pattern, texts };
  try {
    const compiled = new RegExp(pattern);
    entry.search = texts.map((text) => compiled.test(text));
  } catch {
    entry.error = ["search"];
  }
  return { ...entry, refused, deviates };
}

const base64 = (text) => "=" + Buffer.from(text, "utf8").toString("base64");
const input = patterns.map(({ pattern, texts }) => [pattern, ...texts].map(base64).join(" ")).join("\n");
const run = spawnSync("java", [new URL("Record.java", here).pathname], { input, encoding: "utf8" });
if (run.status !== 0) throw new Error(run.stderr);
const [java, ...answers] = run.stdout.trimEnd().split("\n");
const flags = (letters) => [...letters].map((letter) => letter === "y");

write("java-17.json", `recorded from Java's java.util.regex 17 (${java}): whole is Matcher.matches, search Matcher.find`,
  patterns.map(({ pattern, texts, refused }, at) => {
    const [whole, search] = answers[at].split(" ");
    const java = ofJava[at].search || ofJava[at].error?.includes("search");
    if (whole === "error") return { pattern, texts, error: java ? ["whole", "search"] : ["whole"], refused };
    return { pattern, texts, whole: flags(whole), search: java ? flags(search) : undefined, refused };
  }));
write("node-20.json", `recorded from Node ${process.version} (RegExp without flags): search is RegExp.test`, patterns.map(node));
