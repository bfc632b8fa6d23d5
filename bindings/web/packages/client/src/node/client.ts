import { Client as AnyClient } from "../client/client.ts";
import { errorText, SnapshotWriter } from "../storage/snapshot_writer.ts";
import type { AnyFlags } from "../reads/plain_value.ts";
import { partsOf } from "../reads/live.ts";
import { CONTEXT_FORM } from "../options/check.ts";
import type { ClientOptions, ContextAttributes } from "../options/options.ts";
import type { Context } from "../reads/context.ts";
import { EnvironmentOverrides } from "../repository/environment_overrides.ts";
import { attributesIn, type Interceptor, type Notice, type Readiness } from "../repository/lib.ts";
import { SNAPSHOT } from "../repository/source.ts";
import { contextHeader } from "../session/context_header.ts";
import { ownerOf } from "../storage/snapshot_owner.ts";
import { serveSaved } from "../driver/parts.ts";
import { lowerCase, trim, utf8 } from "../text/text.ts";
import { checkArguments } from "./arguments.ts";
import { type GivenEnvironment, readBootstrap } from "./bootstrap.ts";
import { load, replace, replaceNow, type SnapshotFile } from "./snapshot_file.ts";

const URL_VARIABLES = ["FEATUREHUB_EDGE_URL"];
const KEY_VARIABLES = ["FEATUREHUB_CLIENT_API_KEY", "FEATUREHUB_API_KEY"];

/** Returns the first of these environment variables that is neither missing nor blank. */
function firstSet(names: readonly string[]): string | undefined {
  return names.map((name) => process.env[name]).find((text) => text !== undefined && trim(text) !== "");
}

function missing(setting: string, variables: readonly string[]): TypeError {
  return new TypeError(`${setting} is missing: set the environment variable ${variables.join(" or ")}`);
}

/** @throws a TypeError if a program in JavaScript gives a text or another value as a context */
function checkContext(attributes: unknown): void {
  if (typeof attributes !== "object")
    throw new TypeError(`the context is of the type ${typeof attributes}: ${CONTEXT_FORM}`);
}

/**
 * The settings of a client in Node.
 *
 * @example
 * ```ts
 * const options: NodeClientOptions = { snapshotFile: snapshotFile("features.json"), keepAlive: false };
 * ```
 */
export interface NodeClientOptions extends ClientOptions {
  /** The file that keeps the client's last features; see `snapshotFile`. */
  readonly snapshotFile?: SnapshotFile;
  /**
   * Features that the client serves from the start: a feature, an environment or a list of these, the stored state of the browser SDK, or a
   * snapshot, as JSON. Features of environments that no API key may read are left out with a notice, unless the client is offline.
   */
  readonly bootstrap?: string | Uint8Array;
}

/**
 * A client for servers and programs in Node, with files and environment variables. It has all that `Client` of `fh-client` has.
 *
 * @example
 * ```ts
 * const client = Client.fromEnvironment({ snapshotFile: snapshotFile("features.json") });
 * await client.ready({ timeoutMs: 5000 });
 * ```
 */
export class Client<F extends object = AnyFlags> extends AnyClient<F> {
  readonly #writer: SnapshotWriter | undefined;
  readonly #header: string | undefined;

  /**
   * Starts a client, which connects in the background.
   *
   * @throws a TypeError as the constructor of `Client` of `fh-client` does, also if the bootstrap features cannot be read
   */
  constructor(url: string, apiKey: string | Iterable<string>, options: NodeClientOptions = {}) {
    const keys = checkArguments(url, apiKey, options);
    const bootstrap = options.bootstrap === undefined ? [] : readBootstrap(options.bootstrap);
    super(url, keys, options);
    const isOffline = options.mode === "offline";
    this.#offer(bootstrap, isOffline);
    const { snapshotFile: file, context } = options;
    if (file === undefined) return;
    this.#header = context && contextHeader(attributesIn(context).map);
    const { repository, driver } = partsOf(this);
    const owner = ownerOf(driver.keys, this.#header);
    const saved = load(file, owner, repository.clock());
    if (typeof saved === "string") this.#ignored(saved);
    else if (saved) serveSaved(partsOf(this), saved);
    const onFailure = (error: unknown): void => {
      this.#ignored(
        `the snapshot file cannot be written: ${(error as { code?: string }).code ?? errorText(error)}`,
      );
    };
    const writer = new SnapshotWriter(
      {
        write: ({ text }) => replace(file.path, text),
        writeNow: ({ text }) => {
          replaceNow(file.path, text);
        },
        rules: () => driver.received ?? repository.live.rules,
        status: () => this.status,
        clock: repository.clock,
        onFailure,
      },
      owner,
    );
    this.#writer = writer;
    this.onRaw((update) => {
      writer.received(update);
    });
    this.onStatus(({ connection }) => {
      if (connection === "closed") writer.close();
      else writer.schedule();
    });
  }

  /**
   * Returns a client whose URL and API key are those of the environment variables `FEATUREHUB_EDGE_URL`, and `FEATUREHUB_CLIENT_API_KEY` or
   * else `FEATUREHUB_API_KEY`. A variable that is empty or blank counts as missing.
   *
   * @throws a TypeError as the constructor does, also if a variable is missing
   */
  static fromEnvironment<F extends object = AnyFlags>(options: NodeClientOptions = {}): Client<F> {
    const [url = "", key = ""] = [firstSet(URL_VARIABLES), firstSet(KEY_VARIABLES)];
    checkArguments(url, key, options);
    if (options.mode !== "offline") {
      if (url === "") throw missing("the Edge's URL", URL_VARIABLES);
      if (key === "") throw missing("the API key", KEY_VARIABLES);
    }
    return new Client<F>(url, key, options);
  }

  override context(attributes: ContextAttributes): Context<F> {
    checkContext(attributes);
    return super.context(attributes);
  }

  override async setApiKeys(apiKeys: string | Iterable<string>): Promise<Readiness> {
    const { driver } = partsOf(this);
    const former = driver.keys;
    const done = super.setApiKeys(apiKeys);
    // Keys that the client refuses leave those that it has.
    if (driver.keys !== former) this.#writer?.setOwner(ownerOf(driver.keys, this.#header));
    return done;
  }

  override close(): void {
    // A program may end directly after this call.
    this.#writer?.close();
    super.close();
  }

  /** Serves the features of these environments, with a notice for those that no API key may read. */
  #offer(environments: readonly GivenEnvironment[], areAllowed: boolean): void {
    const { driver } = partsOf(this);
    const known = this.environments.map(lowerCase);
    for (const [id = driver.keys.first.environment, features] of environments) {
      if (areAllowed || known.includes(lowerCase(id))) {
        driver.handle({ type: "stored", source: SNAPSHOT, environment: id, features: utf8(features) });
      } else this.#ignored(`no API key of the client may read the environment ${id}`);
    }
  }

  #ignored(why: string): void {
    const notice: Notice = { kind: "store_ignored", source: SNAPSHOT, why };
    partsOf(this).driver.notice(notice);
  }
}

/**
 * Returns the overrides of the environment variables, as an interceptor for the option `interceptors`; `undefined` unless
 * `FEATUREHUB_OVERRIDE_FEATURES` is `true`. `FEATUREHUB_FEATURE_KEY` or `FEATUREHUB_KEY` overrides the feature `KEY`. The variables are read
 * once, at this call.
 *
 * @example
 * ```ts
 * const overrides = environmentOverrides();
 * const client = Client.fromEnvironment({ interceptors: overrides ? [{ interceptor: overrides }] : [] });
 * ```
 */
export function environmentOverrides(): Interceptor | undefined {
  const variables = Object.entries(process.env);
  return EnvironmentOverrides.fromVariables(
    variables.map(([name, value = ""]): [string, string] => [name, value]),
  );
}
