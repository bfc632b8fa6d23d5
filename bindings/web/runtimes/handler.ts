import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the example of a project as the function `answer`, whose response has what the example prints, or its error. Runtimes at the edge of
 * a network send requests and set timers in a handler only, so the client is made and closed in it. The imports stay outside.
 */
export function exampleAsFunction(project: string): string {
  const example = readFileSync(join(project, "main.ts"), "utf8");
  const [, imports, body] = /^((?:import [^;]*;\n)+)([^]*)$/.exec(example) ?? [];
  if (imports === undefined || body === undefined) throw new Error("the example does not begin with imports");
  return `import "./edge.mjs";
${imports}
async function printed(): Promise<string> {
  const lines: string[] = [];
  const console = { log: (...values: unknown[]) => void lines.push(values.join(" ")) };
${body}
  return lines.join("\\n");
}

const answer = async (): Promise<Response> => new Response(await printed().catch(String));
`;
}
