import { EdgeFeatureHubConfig, type FeatureHubConfig } from "./config.ts";
import type { ClientContext, ContextRecord } from "./context.ts";
import { fhLog } from "./log.ts";
import type { FeatureStateHolder } from "./state_holder.ts";

/** The place of the present configuration and context: the window in a browser. */
interface Globals {
  fhConfig?: FeatureHubConfig | undefined;
  fhContext?: ClientContext | undefined;
}

const isPage = typeof window !== "undefined" && typeof document !== "undefined";
const globals: Globals = isPage ? (window as unknown as Globals) : {};

/**
 * One configuration and one context for a whole program. A page can set them by `meta` tags: `featurehub-url`, `featurehub-apiKey` (also
 * several), `featurehub-client` (`streaming`, `passive`, or else active), `featurehub-interval` (milliseconds), `featurehub-loglevel`,
 * `featurehub-delayed-start`; each other `featurehub-NAME` is an attribute. Upper and lower case of the names do not matter.
 *
 * @example
 * ```ts
 * FeatureHub.set(config, await config.newContext().build());
 * FeatureHub.feature("NEW_CHECKOUT").enabled;
 * ```
 */
export const FeatureHub = {
  /** Returns a feature for the present context. */
  feature<T = unknown>(key: string): FeatureStateHolder<T> {
    return FeatureHub.context.feature<T>(key);
  },
  /** Sets the configuration and the context. The former configuration is closed. */
  set(config: FeatureHubConfig, context: ClientContext): ClientContext {
    if (globals.fhConfig !== config) globals.fhConfig?.close();
    globals.fhConfig = config;
    globals.fhContext = context;
    return context;
  },
  /** Sets the configuration, and a context with these attributes. */
  setWithContext(config: FeatureHubConfig, attributes: ContextRecord): ClientContext {
    return FeatureHub.set(config, config.context(attributes));
  },
  setConfig(config: FeatureHubConfig | undefined): FeatureHubConfig | undefined {
    return (globals.fhConfig = config);
  },
  setContext(context: ClientContext | undefined): ClientContext | undefined {
    return (globals.fhContext = context);
  },
  isCompletelyConfigured(): boolean {
    return FeatureHub.isConfigSet() && FeatureHub.isContextSet();
  },
  isConfigSet(): boolean {
    return globals.fhConfig !== undefined;
  },
  isContextSet(): boolean {
    return globals.fhContext !== undefined;
  },
  get context(): ClientContext {
    if (!globals.fhContext) throw new Error("No FeatureHub context defined");
    return globals.fhContext;
  },
  get config(): FeatureHubConfig {
    if (!globals.fhConfig) throw new Error("No FeatureHub config defined");
    return globals.fhConfig;
  },
  /** Closes the configuration. */
  close(): void {
    FeatureHub.config.close();
  },
  /** @internal Reads the `meta` tags of the page. */
  _initialize(): void {
    const tags = Array.from(document.getElementsByTagName("meta"), ({ name, content }): [string, string] => [
      /^featurehub-(.+)/i.exec(name)?.[1]?.toLowerCase() ?? "",
      content,
    ]).filter(([name]) => name !== "");
    const [first, ...others] = tags.filter(([name]) => name === "apikey").map(([, key]) => key);
    const own = tags.filter(([name]) => name !== "apikey");
    const { url, client, interval, loglevel, ...rest } = Object.fromEntries(own) as Record<
      string,
      string | undefined
    >;
    if (loglevel !== undefined) setLogLevel(loglevel);
    if (first === undefined) return;
    const config = EdgeFeatureHubConfig.config(url ?? "https://app.featurehub.io/vanilla", first);
    for (const key of others) config.apiKey(key);
    const milliseconds = interval === undefined ? undefined : Number.parseInt(interval, 10);
    if (client === "streaming") config.streaming();
    else if (client?.startsWith("passive")) config.restPassive(milliseconds);
    else if (milliseconds !== undefined) config.restActive(milliseconds);
    const { "delayed-start": delayed, ...attributes } = rest;
    const context = FeatureHub.setWithContext(config, attributes);
    if (delayed === undefined) void context.build();
  },
};

function setLogLevel(level: string): void {
  const at = ["error", "log", "trace"].indexOf(level);
  if (at < 0) fhLog.quiet();
  if (at < 1) fhLog.log = () => undefined;
  if (at === 2)
    fhLog.trace = (...args) => {
      console.log("FeatureHub/Trace: ", ...args);
    };
}

if (isPage) FeatureHub._initialize();
