import type { ClientOptions, ContextAttributes } from "./options.ts";

/** Returns an interceptor or observer that passes on all calls except `close`, because it belongs to another client. */
function shared<T extends object>(handler: T): T {
  return new Proxy({} as T, {
    get(_, name): unknown {
      const member = handler[name as keyof T];
      if (typeof member === "function") return name === "close" ? undefined : member.bind(handler);
      return member;
    },
  });
}

/** Returns the options of a client for another context, which keeps nothing and has none of the listeners (sdk-behaviour 2.12). */
export function isolatedOptions(options: ClientOptions, context: ContextAttributes): ClientOptions {
  const { interceptors = [], observers = [] } = options;
  return {
    ...options,
    context,
    storage: null,
    interceptors: interceptors.map((each) => ({ ...each, interceptor: shared(each.interceptor) })),
    observers: observers.map((each) => ({ ...each, observer: shared(each.observer) })),
    ...({ onReadiness: undefined, onStatus: undefined } as object),
  };
}
