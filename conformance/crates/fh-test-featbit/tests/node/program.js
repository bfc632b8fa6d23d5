// The test server as a child process, driven by lines of JSON.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class Program {
  #child;
  #lines;

  /** Starts the program and waits for its greeting. */
  static async start(path) {
    const program = new Program();
    program.#child = spawn(path, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = new Promise((_, reject) => program.#child.once('error', reject));
    program.#lines = createInterface({ input: program.#child.stdout })[Symbol.asyncIterator]();
    Object.assign(program, await Promise.race([program.#line(), failed]));
    return program;
  }

  async #line() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the test server has ended');
    return JSON.parse(value);
  }

  /** Executes a command. Commands must not overlap. */
  async tell(name, members = {}) {
    this.#child.stdin.write(JSON.stringify({ do: name, ...members }) + '\n');
    const answer = await this.#line();
    if (!answer.ok) throw new Error(`${name}: ${answer.error}`);
    return answer;
  }

  stop() {
    this.#child.stdin.end();
  }
}
