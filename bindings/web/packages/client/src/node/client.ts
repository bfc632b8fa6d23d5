import { attributesOf, type Interceptor, type Notice } from "../repository/lib.ts";
import { Client as AnyClient } from "../client.ts";
import type { AnyFlags } from "../flags.ts";
import { partsOf } from "../live_reads.ts";
import type { ClientOptions } from "../options.ts";
import { EnvironmentOverrides } from "../repository/environment_overrides.ts";
import type { Readiness } from "../repository/lib.ts";
import { SNAPSHOT } from "../repository/source.ts";
import { contextHeader } from "../session/context_header.ts";
import { type ApiKeys, ApiKeys as Keys } from "../session/lib.ts";
import { ownerOf } from "../snapshot_form.ts";
import type { Status } from "../status.ts";
import { lowerCase, trim, utf8 } from "../text.ts";
import { type GivenEnvironment, readBootstrap } from "./bootstrap.ts";
import { load, type SnapshotFile } from "./snapshot_file.ts";
import { SnapshotWriter } from "./snapshot_writer.ts";

/** The settings of a client in Node. */
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
  readonly #clock: () => number;
  /** The time `savedAt` of the snapshot with which the client started. */
  readonly #restored: number | undefined;

  /**
   * Starts a client, which connects in the background.
   *
   * @throws a TypeError as the constructor of `Client` of `fh-client` does, also if the bootstrap features cannot be read
   */
  constructor(url: string, apiKey: string | Iterable<string>, options: NodeClientOptions = {}) {
    const texts = typeof apiKey === "string" ? [apiKey] : [...apiKey];
    const bootstrap = options.bootstrap === undefined ? [] : readBootstrap(options.bootstrap);
    super(url, texts, options);
    this.#clock = options.clock ?? Date.now;
    const parsed = Keys.parse(texts);
    const keys = typeof parsed === "string" ? undefined : parsed;
    const isOffline = options.mode === "offline";
    this.#offer(bootstrap, isOffline, keys);
    const { snapshotFile: file, context } = options;
    if (file === undefined || keys === undefined) return;
    this.#header = context && contextHeader(attributesOf(Object.entries(context)));
    const owner = ownerOf(keys, this.#header);
    const saved = load(file, owner, this.#clock());
    if (typeof saved === "string") this.#ignored(saved);
    else if (saved) {
      this.#restored = saved.savedAt;
      this.#offer(saved.environments, true, keys);
    }
    const { repository } = partsOf(this);
    const onFailure = (error: unknown): void => {
      this.#ignored(
        `the snapshot file cannot be written: ${(error as { code?: string }).code ?? String(error)}`,
      );
    };
    const writer = new SnapshotWriter(
      {
        path: file.path,
        rules: () => repository.latest ?? repository.live.rules,
        status: () => super.status,
        clock: this.#clock,
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
    const variable = (name: string): string | undefined => {
      const text = process.env[name];
      return text === undefined || trim(text) === "" ? undefined : text;
    };
    const key = variable("FEATUREHUB_CLIENT_API_KEY") ?? variable("FEATUREHUB_API_KEY");
    return new Client<F>(variable("FEATUREHUB_EDGE_URL") ?? "", key ?? "", options);
  }

  /** The present status of the client. The age of features from a snapshot file counts from the time at which they were saved. */
  override get status(): Status {
    const { status } = { status: super.status };
    if (this.#restored === undefined || status.source?.kind !== "snapshot") return status;
    return { ...status, dataAge: Math.max(this.#clock() - this.#restored, 0) / 1000 };
  }

  /** {@inheritDoc AnyClient.setApiKeys} */
  override async setApiKeys(apiKeys: string | Iterable<string>): Promise<Readiness> {
    const texts = typeof apiKeys === "string" ? [apiKeys] : [...apiKeys];
    const keys = Keys.parse(texts);
    const done = super.setApiKeys(texts);
    if (typeof keys !== "string") this.#writer?.setOwner(ownerOf(keys, this.#header));
    return done;
  }

  /** {@inheritDoc AnyClient.close} */
  override close(): void {
    // A program may end directly after this call.
    this.#writer?.close();
    super.close();
  }

  /** Serves the features of these environments, with a notice for those that no API key may read. */
  #offer(environments: readonly GivenEnvironment[], areAllowed: boolean, keys: ApiKeys | undefined): void {
    const { driver } = partsOf(this);
    const known = this.environments.map(lowerCase);
    for (const [id = keys?.first.environment ?? "", features] of environments) {
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
 * Returns the overrides of the environment variables (sdk-behaviour 2.8), as an interceptor for the option `interceptors`; `undefined` unless
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
