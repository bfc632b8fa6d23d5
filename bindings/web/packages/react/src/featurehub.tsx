"use client";

/**
 * The names of `featurehub-react-sdk`, over the layer `fh-client/featurehub`. A program moves by its imports;
 * `docs/guide/migrating-from-featurehub-js.md` has a row for each name.
 *
 * @packageDocumentation
 */

import {
  type ClientContext,
  EdgeFeatureHubConfig,
  FeatureHub as Shared,
  type FeatureHubConfig,
  Readyness,
} from "fh-client/featurehub";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useState,
  useSyncExternalStore,
} from "react";

/** The properties of {@link FeatureHub}. */
export interface FeatureHubProps {
  readonly url?: string;
  readonly apiKey?: string;
  /** The user of the page. */
  readonly userKey?: string;
  /** The former name of `userKey`. */
  readonly username?: string;
  /** The milliseconds between two polls; 60,000 by default. */
  readonly pollInterval?: number;
  /** The way in which features are fetched; `rest-active` by default. */
  readonly connectionType?: "rest-active" | "rest-passive" | "streaming";
  /** True to show the children once features have arrived, which is the default. */
  readonly waitForReady?: boolean;
  readonly children?: ReactNode;
}

/** A configuration and its context. */
export interface UseFeatureHub {
  readonly config: FeatureHubConfig;
  readonly client: ClientContext;
}

const Scope = createContext<UseFeatureHub | undefined>(undefined);

/** Returns the configuration and the context of the program's static `FeatureHub`; `undefined` unless it has both. */
function shared(): UseFeatureHub | undefined {
  if (!Shared.isCompletelyConfigured()) return undefined;
  return { config: Shared.config, client: Shared.context };
}

function configured(props: FeatureHubProps): FeatureHubConfig {
  const { url, apiKey, pollInterval = 60_000, connectionType = "rest-active" } = props;
  const config = new EdgeFeatureHubConfig(url, apiKey);
  if (connectionType === "streaming") return config.streaming();
  return connectionType === "rest-passive"
    ? config.restPassive(pollInterval)
    : config.restActive(pollInterval);
}

/** Returns the static configuration, or one for the properties, which is closed after the component was unmounted. */
function useConfiguration(props: FeatureHubProps): UseFeatureHub {
  const { url, apiKey, pollInterval, connectionType } = props;
  const [given] = useState(shared);
  const made = useMemo(() => {
    if (given) return given;
    const config = configured(props);
    return { config, client: config.newContext(), mounted: 0 };
  }, [given, url, apiKey, pollInterval, connectionType]);
  useEffect(() => {
    if (!("mounted" in made)) return undefined;
    made.mounted += 1;
    return () => {
      made.mounted -= 1;
      // In strict mode, React mounts the component again at once.
      queueMicrotask(() => {
        if (made.mounted === 0) made.config.forceClose();
      });
    };
  }, [made]);
  return made;
}

/**
 * Gives a configuration and its context to the components below it. If the static `FeatureHub` of `fh-client/featurehub` has both, they are
 * used, and never closed.
 *
 * @example
 * ```tsx
 * const app = (
 *   <FeatureHub url="https://edge.example" apiKey="environment/key" userKey="mara">
 *     <Shop />
 *   </FeatureHub>
 * );
 * ```
 */
export function FeatureHub(props: FeatureHubProps): ReactNode {
  const { userKey, username, waitForReady = true, children } = props;
  const { config, client } = useConfiguration(props);
  const [builds, countBuild] = useReducer((times: number) => times + 1, 0);
  const subscribe = useCallback(
    (call: () => void) => {
      const listener = config.addReadinessListener(call);
      return () => {
        config.removeReadinessListener(listener);
      };
    },
    [config],
  );
  const isReady = (): boolean => config.readyness === Readyness.Ready;
  const isShown = useSyncExternalStore(subscribe, isReady, isReady) || !waitForReady;
  const user = userKey ?? username;
  useEffect(() => {
    if (user !== undefined) client.userKey(user);
    // The values of another user are read once the features are there. Failures are logged.
    void client.build().then(countBuild);
  }, [client, user]);
  const scope = useMemo(() => ({ config, client }), [config, client, builds]);
  return <Scope.Provider value={scope}>{isShown && children}</Scope.Provider>;
}

/**
 * Returns the configuration and the context of the component `FeatureHub` above.
 *
 * @throws an error if there is none, unless the static `FeatureHub` has both
 */
export function useFeatureHub(): UseFeatureHub {
  const scope = useContext(Scope) ?? shared();
  if (!scope) throw new Error("fh-react: there is no FeatureHub above this component");
  return scope;
}

/** Returns the context of the component `FeatureHub` above, as `useFeatureHub` does. */
export function useFeatureHubClient(): ClientContext {
  return useFeatureHub().client;
}

/**
 * Returns the value of a feature, and renders the component again when it changes. The default is returned while the feature has no value.
 *
 * @example
 * ```tsx
 * const isNew = useFeature("NEW_CHECKOUT");
 * const colour = useFeature<string>("COLOUR", "red");
 * ```
 */
export function useFeature<T = boolean>(key: string, defaultValue: T): T;
export function useFeature<T = boolean>(key: string, defaultValue?: T): T | undefined;
export function useFeature<T = boolean>(key: string, defaultValue?: T): T | undefined {
  const { config, client } = useFeatureHub();
  const feature = useMemo(() => client.feature<T>(key), [client, key]);
  const subscribe = useCallback(
    (call: () => void) => {
      const listener = feature.addListener(call);
      // The values of another user may equal those before them, with the defaults shown in between. No feature has changed then.
      const readiness = config.addReadinessListener(call);
      return () => {
        feature.removeListener(listener);
        config.removeReadinessListener(readiness);
      };
    },
    [config, feature],
  );
  const compared = (): unknown => comparable(feature.untrackedValue);
  const shown = useSyncExternalStore(subscribe, compared, compared);
  return useMemo(() => feature.value ?? defaultValue, [feature, shown]);
}

/** Returns the text of a document, because each read can return another object. Other values are compared themselves. */
function comparable(value: unknown): unknown {
  if (typeof value !== "object") return value;
  try {
    return JSON.stringify(value);
  } catch {
    // An interceptor gave an object that is no document.
    return "";
  }
}
