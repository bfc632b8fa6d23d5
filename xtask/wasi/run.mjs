// Runs a test program that was compiled for wasm32-wasip1 under the WASI of Node: `node run.mjs PROGRAM [ARGUMENT]...`.
// The program sees the folder in which it is started, for tests that read data files.
import { readFile } from 'node:fs/promises';
import { argv, cwd, env, exit } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { WASI } from 'node:wasi';

// The fast calls into Node's WASI corrupt the memory of Node 20 once a program has grown its own memory by hundreds of megabytes, and Node then
// crashes at the program's end.
setFlagsFromString('--no-turbo-fast-api-calls');

const [program, ...rest] = argv.slice(2);
const folder = cwd();
const wasi = new WASI({
  version: 'preview1',
  args: [program, ...rest],
  env: { ...env, PWD: folder },
  preopens: { '.': folder },
  returnOnExit: true,
});
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
exit(wasi.start(instance));
