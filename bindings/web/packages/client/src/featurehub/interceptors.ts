import type { Interceptor, Override } from "../repository/lib.ts";
import type { FeatureState } from "./models.ts";
import type { ClientFeatureRepository } from "./repository.ts";

/** The value with which an interceptor of 1.x overrides a feature. */
export class InterceptorValueMatch {
  value: string | undefined;

  constructor(value: string | undefined) {
    this.value = value;
  }
}

/** The answer of an interceptor: a match of 1.x, or whether the interceptor overrides the feature, and its value. */
export type InterceptorAnswer =
  | { readonly value: string | undefined }
  | readonly [isMatch: boolean, value: string | boolean | number | undefined]
  | null
  | undefined;

/** An interceptor of 2.x, or one of 1.x, which is not called for locked features. */
export interface FeatureValueInterceptor {
  matched(key: string, repository: ClientFeatureRepository, feature?: FeatureState): InterceptorAnswer;
  repository?(repository: ClientFeatureRepository): void;
  close?(): void;
}

/** An interceptor of 1.x. */
export type FeatureStateValueInterceptor = FeatureValueInterceptor;

/** Returns the interceptor in the form of the client. */
export function clientInterceptor(given: FeatureValueInterceptor, of: ClientFeatureRepository): Interceptor {
  return {
    name: "featurehub",
    intercept: ({ key, feature }): Override => {
      const state = feature && (JSON.parse(feature.json) as FeatureState);
      const answer = given.matched(key, of, state);
      if (!answer) return undefined;
      // The client refuses a promise.
      if ("then" in answer) return answer as never;
      if (!("value" in answer)) return answer[0] ? (answer[1] ?? null) : undefined;
      return (!feature?.isLocked && answer.value) || undefined;
    },
    close: () => given.close?.(),
  };
}
