import type { InterceptorAnswer } from "./interceptors.ts";
import { leftOut } from "./left_out.ts";
import type { FeatureState } from "./models.ts";
import type { ClientFeatureRepository } from "./repository.ts";

const [URL_ENTRY, VALUE, NULL] = ["fh_url", "fh_value_", "fh_null_"];

/**
 * Overrides features that are not locked by the entries that testers have stored with the published user-state interceptor of 1.x:
 * `fh_value_KEY`, and `fh_null_KEY` for null. If the entry `fh_url` names another Edge, all are ignored.
 *
 * @example
 * ```ts
 * config.addValueInterceptor(new LocalSessionInterceptor());
 * ```
 */
export class LocalSessionInterceptor {
  readonly #window: Window;
  readonly #storage: Storage;
  #repository: ClientFeatureRepository | undefined;
  readonly #onStorage = ({ key, oldValue, newValue }: StorageEvent): void => {
    const isOurs = key === null || [VALUE, NULL, URL_ENTRY].some((prefix) => key.startsWith(prefix));
    if (isOurs && (key === null || oldValue !== newValue)) this.#repository?.client?.overridesChanged();
  };

  constructor(win: Window = window, storage: Storage = win.localStorage) {
    this.#window = win;
    this.#storage = storage;
  }

  /** Watches the entries for changes by other tabs. */
  repository(repository: ClientFeatureRepository): void {
    if (!this.#repository) this.#window.addEventListener("storage", this.#onStorage);
    this.#repository = repository;
  }
  /** Returns whether an entry overrides the feature, and its value. */
  matched(key: string, repository: ClientFeatureRepository, feature?: FeatureState): InterceptorAnswer {
    const url = this.#storage.getItem(URL_ENTRY);
    if (feature?.l === true || (url !== null && !sameUrl(url, repository.url))) return undefined;
    if (this.#storage.getItem(NULL + key) !== null) return [feature?.type !== "BOOLEAN", undefined];
    const value = this.#storage.getItem(VALUE + key);
    return value ? [true, value] : undefined;
  }
  close(): void {
    this.#window.removeEventListener("storage", this.#onStorage);
  }
  setUrl(): never {
    return leftOut("setUrl", "use client.overrides, whose entries belong to one client");
  }
  setFeatureValue(): never {
    return leftOut("setFeatureValue", "use client.overrides.set");
  }
}

function sameUrl(left: string, right: string | undefined): boolean {
  const plain = (url: string): string => url.replace(/\/?(?:features)?\/?$/, "");
  return right === undefined || plain(left) === plain(right);
}
