import eslint from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tsdoc from "eslint-plugin-tsdoc";
import tseslint from "typescript-eslint";

/** Globals that the pure modules must not use: their input, their time and their random numbers are arguments. */
const impureGlobals = [
  ...[
    "fetch",
    "XMLHttpRequest",
    "EventSource",
    "WebSocket",
    "navigator",
    "window",
    "document",
    "self",
    "globalThis",
  ],
  ...[
    "setTimeout",
    "setInterval",
    "setImmediate",
    "queueMicrotask",
    "requestAnimationFrame",
    "Date",
    "performance",
  ],
  ...["localStorage", "sessionStorage", "indexedDB", "caches", "BroadcastChannel", "WebAssembly", "crypto"],
  ...["process", "Buffer", "console"],
];

/** Methods whose rules differ from Rust's. `text.ts` has the functions to use. */
const unlikeRust = {
  trim: "trims other white space than Rust; use the function of text.ts",
  trimStart: "trims other white space than Rust; use the function of text.ts",
  trimEnd: "trims other white space than Rust; use the function of text.ts",
  toLowerCase: "lower-cases more than ASCII; use the function of text.ts",
  toUpperCase: "upper-cases more than ASCII; use the function of text.ts",
  localeCompare: "depends on the locale; use the comparison by bytes of text.ts",
};

/** Settings with which `import-x` reads TypeScript, and finds the files of a platform. */
const importsFor = (platform) => ({
  "import-x/extensions": [".ts", ".tsx"],
  "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".tsx"] },
  "import-x/resolver-next": [
    createNodeResolver({ extensions: [".ts", ".tsx"], conditionNames: [platform, "default"] }),
  ],
});

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "**/node_modules/**",
      "**/engine/wasm/*.js",
      "tests/projects/**",
      "examples/testing/jest/**",
    ],
  },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { tsdoc },
    rules: {
      "tsdoc/syntax": "error",
      eqeqeq: "error",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    // No two files import each other's values, directly or through others.
    files: ["packages/*/src/**"],
    plugins: { "import-x": importX },
    settings: importsFor("browser"),
    rules: { "import-x/no-cycle": "error" },
  },
  // A circle through a file of a platform is found where that file is checked.
  ...["node", "workerd"].map((platform) => ({
    files: [`packages/client/src/${platform}/**`, `packages/client/src/engine/*_in_${platform}.ts`],
    settings: importsFor(platform),
  })),
  {
    files: ["packages/client/src/session/**", "packages/client/src/repository/**"],
    rules: {
      "no-restricted-globals": ["error", ...impureGlobals],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "random numbers are an argument" },
        ...Object.entries(unlikeRust).map(([property, message]) => ({ property, message })),
      ],
    },
  },
  {
    files: ["**/tests/**"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    files: ["**/tests/**"],
    ignores: ["packages/client/tests/eventually.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "vi",
          property: "waitFor",
          message: "its limit is one second, which a busy machine reaches; use the function of eventually.ts",
        },
      ],
    },
  },
  {
    // Their types are comments in JSDoc's form, with which TypeScript checks them.
    files: ["examples/**/*.{js,mjs}"],
    rules: { "tsdoc/syntax": "off", "no-undef": "off" },
  },
  {
    // The SDKs are not installed where the types are checked, so their names are no literals there.
    files: ["bench/peers/**", "bench/startup/published.ts"],
    rules: { "@typescript-eslint/no-unnecessary-type-assertion": "off" },
  },
  { files: ["*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
