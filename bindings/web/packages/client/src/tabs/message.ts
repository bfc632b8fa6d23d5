/** The version of the messages. Tabs with another version use another channel, and form a group of their own. */
export const VERSION = 1;

/** A time limit for terms that lie ahead of the tab's own clock, in milliseconds: one day. */
const AHEAD = 86_400_000;

/**
 * A message between the tabs of a group.
 *
 * - `hello`: a tab looks for the leader.
 * - `list`: the event with all features of the leader; for one tab, or for all.
 * - `event`: an event of the leader's stream, as it came.
 * - `end`: the leader's stream has ended.
 * - `lead`: a tab has become the leader, or is the leader, and waits for the Edge.
 *
 * The term of a leader is the time at which it became the leader. Of two leaders, the one with the later term counts.
 */
export type Message =
  | { readonly type: "hello"; readonly from: string }
  | {
      readonly type: "list";
      readonly from: string;
      readonly term: number;
      readonly text: string;
      readonly to?: string;
    }
  | { readonly type: "event"; readonly from: string; readonly term: number; readonly text: string }
  | { readonly type: "lead"; readonly from: string; readonly term: number }
  | { readonly type: "end"; readonly from: string; readonly term: number };

/** Returns a received message; `undefined` if it has another version or another form. */
export function readMessage(data: unknown, now: number): Message | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { v, type, from, term, text, to } = data as Partial<Record<string, unknown>>;
  if (v !== VERSION || typeof from !== "string") return undefined;
  if (type === "hello") return { type, from };
  if (typeof term !== "number" || !(term >= 0 && term <= now + AHEAD)) return undefined;
  if (type === "end" || type === "lead") return { type, from, term };
  if (typeof text !== "string") return undefined;
  if (type === "event") return { type, from, term, text };
  if (type !== "list" || (to !== undefined && typeof to !== "string")) return undefined;
  return to === undefined ? { type, from, term, text } : { type, from, term, text, to };
}
