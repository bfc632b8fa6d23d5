import type { Client, ClientOptions, EngineSource } from "fh-client";

import type { CreateCommand } from "./protocol.ts";

/** The differences between the adapters for Node and for browsers. The import `adapter-platform` is one of them in each build. */
export interface AdapterPlatform {
  /** The name of the SDK in the answer to `hello`. */
  readonly name: string;
  /** The name and the version of the runtime. */
  readonly runtime: string;
  /** The capabilities that the client lacks on this platform only, each with the reason. */
  readonly cannot: Readonly<Record<string, string>>;
  /** Returns the paths of settings that the client cannot set on this platform. */
  readonly ignored: (command: CreateCommand) => readonly string[];
  /** Starts a client with these options, and with the settings that only this platform has. */
  readonly start: (command: CreateCommand, options: ClientOptions) => Client;
  /** Returns the full engine of the package. */
  readonly fullEngine: () => EngineSource;
}
