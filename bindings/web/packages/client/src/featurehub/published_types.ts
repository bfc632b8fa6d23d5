import type { ClientContext } from "./context.ts";
import type { FeatureEnvironmentCollection, FeatureRolloutStrategyAttribute } from "./models.ts";

/** The value of a rule. */
export interface BaseRolloutStrategyAllOf {
  value?: unknown;
}

/** The id and the conditions of a rule of a feature. */
export interface FeatureRolloutStrategyAllOf {
  id: string;
  attributes?: FeatureRolloutStrategyAttribute[];
}

/** The look of a rule in the console of FeatureHub. */
export interface BaseUIStrategy {
  name?: string;
  colouring?: number | null;
  disabled?: boolean;
  avatar?: string | null;
}

/** A function that is called with a changed context. The published SDKs call none. */
export type ConfigChangedListener = (config: ClientContext) => unknown;

/** A sender of the batches of `GoogleAnalyticsCollector`, which is left out. */
export interface GoogleAnalyticsApiClient {
  cid(other: Map<string, string>): string;
  postBatchUpdate(batchData: string): void;
}

/** The settings of a poll in a browser: its time limit in milliseconds. */
export interface BrowserOptions {
  timeout?: number;
}

/** The settings of a poll in Node: its time limit in milliseconds. */
export interface NodejsOptions {
  timeout?: number;
}

/** A receiver of the answer of a poll. */
export type FeaturesFunction = (environments: FeatureEnvironmentCollection[]) => void;
/** A function that resolves the promise of a poll. */
export type PromiseLikeFunction = (value: undefined | PromiseLike<void>) => void;
/** A function that rejects the promise of a poll. */
export type RejectLikeFunction = (response?: unknown) => void;

/** A source of polls of the published SDKs. The client polls itself. */
export interface PollingService {
  get frequency(): number;
  poll(): Promise<void>;
  stop(): void;
  attributeHeader(header: string): Promise<void>;
  busy: boolean;
}

/** The type of `FeatureHubPollingClient.pollingClientProvider`, which is left out. */
export type PollingClientProvider = (
  options: BrowserOptions,
  url: string,
  frequency: number,
  callback: FeaturesFunction,
) => PollingService;

/** A function that changes the requests of `NodejsPollingService`, which is left out. */
export type ModifyRequestFunction = (options: {
  headers?: Record<string, string | string[]>;
  timeout?: number;
  rejectUnauthorized?: boolean;
}) => void;

/** A stream of the published SDKs. The client opens its streams with `fetch`. */
export interface EventSource {
  readonly CLOSED: number;
  readonly CONNECTING: number;
  readonly OPEN: number;
  readonly url: string;
  readonly readyState: number;
  readonly withCredentials: boolean;
  onopen: (event: MessageEvent) => unknown;
  onmessage: (event: MessageEvent) => unknown;
  onerror: (event: MessageEvent) => unknown;
  addEventListener(type: string, listener: EventListener): void;
  dispatchEvent(event: Event): boolean;
  removeEventListener(type: string, listener?: EventListener): void;
  close(): void;
}

/** The type of `FeatureHubEventSourceClient.eventSourceProvider`, which is left out. */
export type EventSourceProvider = (
  url: string,
  settings?: {
    withCredentials?: boolean;
    headers?: object;
    proxy?: string;
    https?: object;
    rejectUnauthorized?: boolean;
  },
) => EventSource;
