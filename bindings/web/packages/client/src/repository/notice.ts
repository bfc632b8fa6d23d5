import type { Kind } from "./value.ts";
import { type Source, sourceName } from "./source.ts";

/**
 * An unusual event, which programs should log.
 *
 * - `key_in_several_environments`: several environments have a feature with the same key. `answers` is the id of the
 *   environment whose feature is used, which is that of the earliest API key.
 * - `comma_in_value`: a value of an attribute contains a comma. An Edge splits such a value at its commas, in most cases into several values.
 * - `other_context`: a read of another context than the client's has no value, because the API key is server-evaluated. Reported for
 *   the first such read. `use` says what to write.
 * - `feature_not_found`: a read of a feature that does not exist. `meant` is the key of the feature with the nearest name, if one is near. Like
 *   the two kinds below, it is reported once for each name, and neither for overrides nor for reads that do not count as uses.
 * - `type_mismatch`: a read of a feature as another type than its own, which has no value.
 * - `attribute_not_read`: no rule reads an attribute of a context, though a rule reads one of nearly the same name, which the context lacks.
 * - `notices_left_out`: further notices of the kind `of` are left out, because `reported` were reported.
 * - `override_refused`: an interceptor returned a value that does not fit the feature's type. The read continued as if the
 *   interceptor had returned none. Reported at most once for each interceptor and feature.
 * - `interceptor_panicked`: an interceptor threw, or its promise was rejected. If it was called for a read, the read continued as if the interceptor had
 *   returned no value. Reported at most once for each interceptor.
 * - `fell_back_to_polling`: the Edge cannot stream, so the client polls. The client retries streaming from time to time.
 * - `streams_held_back`: two streams in a row were held back on their way from the Edge, and a poll succeeded. The client polls,
 *   and retries streaming from time to time. Not reported again until another attempt fails.
 * - `store_ignored`: features from a store or a snapshot were not applied. `why` is the reason.
 * - `ignored`: a part of a response or of a stream had no effect, because it belongs to another environment.
 * - `attribute_ignored`: a value of an attribute is no text, number, boolean or valid time, and was left out. Reported once for each name.
 *   Only this client has this notice, because the compilers of other languages refuse such a value.
 * - `callback_threw`: a listener, an observer or the clock threw `error`, or its promise was rejected with `error`. Reported once. All of
 *   them are counted in `counters`. Only this client has this notice.
 */
export type Notice =
  | { readonly kind: "key_in_several_environments"; readonly feature: string; readonly answers: string }
  | { readonly kind: "comma_in_value"; readonly attribute: string }
  | {
      readonly kind: "override_refused";
      readonly interceptor: string;
      readonly feature: string;
      readonly why: string;
    }
  | { readonly kind: "interceptor_panicked"; readonly interceptor: string }
  | { readonly kind: "other_context"; readonly use: string }
  | { readonly kind: "feature_not_found"; readonly feature: string; readonly meant?: string | undefined }
  | {
      readonly kind: "type_mismatch";
      readonly feature: string;
      readonly type: Kind;
      readonly readAs: Kind;
    }
  | { readonly kind: "attribute_not_read"; readonly attribute: string; readonly meant: string }
  | { readonly kind: "notices_left_out"; readonly of: string; readonly reported: number }
  | { readonly kind: "fell_back_to_polling" | "streams_held_back" }
  | { readonly kind: "store_ignored"; readonly source: Source; readonly why: string }
  | { readonly kind: "ignored"; readonly what: string }
  | { readonly kind: "attribute_ignored"; readonly attribute: string }
  | { readonly kind: "callback_threw"; readonly error: unknown };

/**
 * Returns the sentence that describes the notice to people.
 *
 * @example
 * ```ts
 * client.onNotice((notice) => console.warn(noticeText(notice)));
 * ```
 */
export function noticeText(notice: Notice): string {
  switch (notice.kind) {
    case "key_in_several_environments":
      return `several environments have the feature ${notice.feature}; the feature of environment ${notice.answers} is used`;
    case "comma_in_value":
      return `a value of the attribute ${notice.attribute} contains a comma: an Edge splits the value at its commas`;
    case "other_context":
      return "a read of another context than the client's has no value, because the API key is server-evaluated, so the client has the values of one context: use a client-evaluated API key (with `*`), set the client's context by `setContext`, or make a client for each context by `isolated`";
    case "feature_not_found":
      return notice.meant === undefined
        ? `there is no feature ${notice.feature}, and none of a similar name, so reads return defaults`
        : `there is no feature ${notice.feature}, so reads return defaults; did you mean ${notice.meant}?`;
    case "type_mismatch":
      return `the feature ${notice.feature} is of type ${notice.type}, so reads as ${notice.readAs} return defaults; use the getter of its type`;
    case "attribute_not_read":
      return `no rule reads the attribute ${notice.attribute}, but one reads ${notice.meant}, which the context lacks; did you mean ${notice.meant}?`;
    case "notices_left_out":
      return `further notices ${notice.of} are left out, after ${notice.reported} of them`;
    case "override_refused":
      return `the override of ${notice.feature} by ${notice.interceptor} was not used: ${notice.why}`;
    case "interceptor_panicked":
      return `the interceptor ${notice.interceptor} panicked`;
    case "fell_back_to_polling":
      return "the Edge cannot stream: the client polls, and retries streaming later";
    case "streams_held_back":
      return "something between the client and the Edge, such as a proxy, holds streams back: the client polls, and retries streaming later";
    case "store_ignored":
      return `the state from ${sourceName(notice.source)} was not used: ${notice.why}`;
    case "ignored":
      return `ignored: ${notice.what}`;
    case "attribute_ignored":
      return `the attribute ${notice.attribute} was left out: its value is no text, number, boolean or valid time`;
    case "callback_threw":
      return `a listener or an observer threw: ${textOf(notice.error)}`;
  }
}

/** Returns the text of something that was thrown. Its own conversion to text may throw, too. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an object without a text";
  }
}
