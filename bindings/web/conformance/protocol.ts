/**
 * The commands of the adapter protocol, version 1 (docs/reference/adapter-protocol.md), and parts of the answers.
 *
 * @packageDocumentation
 */

/** The types of features, after which the protocol names the getters. */
export type Kind = "BOOLEAN" | "STRING" | "NUMBER" | "JSON";

/** The attributes of a context. */
export type Context = Readonly<Record<string, readonly string[]>>;

/** A value as JSON. */
export type JsonValue = unknown;

/** A command about a client. */
export interface ClientCommand {
  readonly client: string;
}

/** One read of a feature. */
export interface Read {
  readonly feature: string;
  readonly type: Kind;
  readonly default?: JsonValue;
  readonly context?: Context | null;
}

/** One read of a payload. */
export interface EvaluateRead extends Read {
  readonly native?: JsonValue;
  readonly now_ms?: number | null;
}

/** The command `evaluate`. */
export interface EvaluateCommand {
  readonly payload: string;
  readonly profile: string;
  readonly reads: readonly EvaluateRead[];
}

/** The command `read`. */
export interface ReadCommand extends ClientCommand {
  readonly reads: readonly Read[];
}

/** The answer to one read. */
export interface ReadAnswer {
  value?: JsonValue;
  text?: string | null;
  is_set?: boolean;
  exists?: boolean;
  locked?: boolean;
  version?: number | bigint;
  type?: string | null;
  strategy_id?: string | null;
  reason?: string;
  bucket?: number | null;
  trace?: readonly Step[];
  properties?: Readonly<Record<string, string>>;
  error?: string;
}

/** One step of a trace, in the form of the vectors. */
export interface Step {
  readonly strategy: string;
  readonly outcome: string;
  readonly attribute?: number;
  readonly bucket?: number;
  readonly threshold?: number;
}

/** The command `create`. */
export interface CreateCommand extends ClientCommand {
  readonly edge_url: string;
  readonly keys: readonly string[];
  readonly mode?: "stream" | "poll" | "passive" | "once" | null;
  readonly poll_ms?: number | null;
  readonly retry?: {
    readonly initial_ms: number;
    readonly max_ms: number;
    readonly jitter?: number | null;
  } | null;
  readonly refused?: { readonly initial_ms: number; readonly max_ms: number } | null;
  readonly healthy_after_ms?: number | null;
  readonly timeouts?: {
    readonly connect_ms?: number | null;
    readonly head_ms?: number | null;
    readonly poll_ms?: number | null;
    readonly idle_ms?: number | null;
    readonly held_back_ms?: number | null;
  } | null;
  readonly max_bytes?: number | null;
  readonly headers?: Readonly<Record<string, string>> | null;
  readonly ca_pem?: string | null;
  readonly proxy?: string | null;
  readonly store?: string | null;
  readonly context?: Context | null;
  readonly context_in_query?: boolean | null;
  readonly keep_values?: boolean | null;
  readonly catch?: boolean | null;
  readonly debug?: boolean | null;
  readonly readers?: number | null;
}

/** The commands `wait` and `refresh`. */
export interface WaitCommand extends ClientCommand {
  readonly timeout_ms?: number | null;
}

/** The command `context`. */
export interface ContextCommand extends WaitCommand {
  readonly attributes?: Context | null;
}

/** The command `keys`. */
export interface KeysCommand extends WaitCommand {
  readonly keys: readonly string[];
}

/** One action of a listener. */
export type Action =
  | { readonly do: "throw" | "close" }
  | { readonly do: "sleep"; readonly ms: number }
  | { readonly do: "read"; readonly feature: string; readonly type: Kind }
  | {
      readonly do: "evaluate";
      readonly feature: string;
      readonly type: Kind;
      readonly context?: Context | null;
    }
  | { readonly do: "listen"; readonly listener: string; readonly feature: string }
  | { readonly do: "unlisten"; readonly listener: string };

/** The command `listen`. */
export interface ListenCommand extends ClientCommand {
  readonly listener: string;
  readonly on?: "feature" | "readiness" | "new_state" | "raw" | "usage" | null;
  readonly feature?: string | null;
  readonly context?: Context | null;
  readonly then?: readonly Action[] | null;
}

/** The command `unlisten`. */
export interface UnlistenCommand extends ClientCommand {
  readonly listener: string;
}

/** The command `catch`. */
export interface CatchCommand extends ClientCommand {
  readonly on?: boolean | null;
}

/** The command `release`. */
export interface ReleaseCommand extends ClientCommand {
  readonly features?: readonly string[] | null;
}

/** The command `intercept`. */
export interface InterceptCommand extends ClientCommand {
  readonly interceptor: string;
  readonly feature?: string | null;
  readonly value?: JsonValue;
  readonly throw?: boolean | null;
  readonly even_locked?: boolean | null;
}

/** The command `record`. */
export interface RecordCommand extends ClientCommand {
  readonly name: string;
  readonly params?: Readonly<Record<string, JsonValue>> | null;
  readonly context?: Context | null;
}

/** The command `update`. */
export interface UpdateCommand extends ClientCommand {
  readonly feature: string;
  readonly lock?: boolean | null;
  readonly value?: JsonValue;
}
