import { type ReactNode, useContext, useEffect, useMemo, useReducer, useState } from "react";
import {
  type AnyFlags,
  Client,
  type ClientOptions,
  type Context,
  type ContextAttributes,
  type Reads,
} from "fh-client";

import { ClientOwner, type MadeClientSettings } from "./made_clients.ts";
import { type Scope, ScopeContext } from "./scope.ts";
import { isAnswer } from "./shown.ts";

/**
 * The settings of a client that a provider makes; see `ClientOptions` of `fh-client`.
 *
 * @example
 * ```ts
 * const options: MadeClientOptions = { mode: "polling", interval: 30 };
 * ```
 */
export type MadeClientOptions = Omit<ClientOptions, "context" | "hydrate">;

/**
 * The properties of {@link FeatureProvider}.
 *
 * @example
 * ```ts
 * const props: FeatureProviderProps = { url: "https://edge.example", apiKey: "environment/key", context: { userkey: "mara" } };
 * ```
 */
export interface FeatureProviderProps<F extends object = AnyFlags> {
  /** A client of the program. The provider does not close it. */
  readonly client?: Client<F>;
  /** The URL of the Edge, for a client that the provider makes, and closes when it is unmounted. */
  readonly url?: string;
  /** The API key, or several of one kind, for a client that the provider makes. */
  readonly apiKey?: string | readonly string[];
  /** The settings of the client that the provider makes. Later changes have no effect. */
  readonly options?: MadeClientOptions;
  /**
   * The attributes of the user. Without them, reads have no context. With a server-evaluated key, a change makes the Edge evaluate the
   * features for the new context.
   */
  readonly context?: ContextAttributes;
  /**
   * The document of `context.dehydrate()` of the server that rendered the page. The server and the page render their first content from it,
   * so that both are the same. Its context must be that of the property `context`.
   */
  readonly hydrate?: string;
  /** The content whose components read the features. */
  readonly children?: ReactNode;
}

/** Returns the client that the provider makes for the settings; `undefined` without settings. */
function useMadeClient(settings: MadeClientSettings | undefined): Client | undefined {
  const [owner] = useState(() => new ClientOwner());
  const [, renderAgain] = useReducer((times: number) => times + 1, 0);
  const made = settings && owner.clientFor(settings);
  useEffect(() => {
    if (!made) return undefined;
    if (owner.mount(made)) {
      return () => {
        owner.unmount(made);
      };
    }
    renderAgain();
    return undefined;
  }, [owner, made]);
  return made?.client;
}

/** Returns the settings of the client that the provider makes; `undefined` if it has no URL. */
function settingsOf<F extends object>(props: FeatureProviderProps<F>): MadeClientSettings | undefined {
  const { client, url, apiKey = "", options = {}, context, hydrate } = props;
  if (client || url === undefined) return undefined;
  return {
    url,
    apiKey,
    options: { ...options, ...(context && { context }), ...(hydrate !== undefined && { hydrate }) },
  };
}

/** Returns the context, which is the same object as long as the client and the attributes are the same. */
function useContextOf(
  client: Client,
  attributes: ContextAttributes | undefined,
): Context<AnyFlags> | undefined {
  const given = attributes && client.context(attributes);
  const name = given && JSON.stringify([...given.attributes]);
  return useMemo(() => given, [client, name]);
}

/**
 * Makes the context that of the client, if the server evaluates. The provider renders it before its content, because React runs effects in
 * the order of siblings: the uses that the content reports come after the switch.
 */
function Activation({ client, context }: { client: Client; context: Context<AnyFlags> | undefined }): null {
  useEffect(() => {
    // A failure shows in the client's status.
    if (client.keyKind === "server") context?.activate().catch(() => undefined);
  }, [client, context]);
  return null;
}

/** Returns reads of the values that a server has given to the page. The client itself may have newer values. */
function hydratedReads(hydrate: string, context: Context<AnyFlags> | undefined): Reads<AnyFlags> {
  const client = Client.offline({ hydrate });
  return context ? client.context(Object.fromEntries(context.attributes)) : client;
}

/** Returns a function that returns true until reads have used a list of features once. The values of a server are not shown again later. */
function listCheck(reads: Reads<AnyFlags>): () => boolean {
  let hasHadList = false;
  return () => {
    // No feature has an empty key. With a list, the reason is NOT_FOUND.
    hasHadList ||= isAnswer(reads.peek(""));
    return !hasHadList;
  };
}

/**
 * Gives a client, and the context of a user, to the components below it. The client is that of the property `client`, or one that the
 * provider makes from `url` and `apiKey`, or that of a provider above.
 *
 * @example
 * ```tsx
 * const app = (
 *   <FeatureProvider url="https://edge.example" apiKey="environment/key" context={{ userkey: "mara" }}>
 *     <Shop />
 *   </FeatureProvider>
 * );
 * ```
 */
export function FeatureProvider<F extends object = AnyFlags>(props: FeatureProviderProps<F>): ReactNode {
  const outer = useContext(ScopeContext);
  const made = useMadeClient(settingsOf(props));
  const client = (props.client as unknown as Client | undefined) ?? made ?? outer?.client;
  if (!client) throw new Error("fh-react: a FeatureProvider needs a client, or a URL and an API key");
  const context = useContextOf(client, props.context);
  const { hydrate } = props;
  const scope = useMemo((): Scope => {
    const reads = context ?? (client === outer?.client ? outer.reads : client);
    const subscribe = (call: () => void) => {
      const subscription = reads.onGeneration(call);
      return () => {
        subscription.unsubscribe();
      };
    };
    const inherited = reads === outer?.reads ? outer : undefined;
    const hydrated = hydrate === undefined ? inherited?.hydrated : hydratedReads(hydrate, context);
    const lacksList = inherited?.lacksList ?? listCheck(reads);
    return { client, reads, hydrated, lacksList, subscribe };
  }, [client, context, outer, hydrate]);
  return (
    <ScopeContext.Provider value={scope}>
      <Activation client={client} context={context} />
      {props.children}
    </ScopeContext.Provider>
  );
}
