import type { Platform } from "../platform/platform.ts";
import type { SentSecrets } from "./sent_secrets.ts";
import type { Action, End, Input } from "../session/lib.ts";

/**
 * Sends a request with the program's own headers, and hands in the response as it arrives. Returns the function that aborts the request,
 * after which nothing is handed in.
 */
export function exchange(
  platform: Platform,
  secrets: SentSecrets,
  { requestId, request }: Action & { readonly type: "send" },
  handle: (input: Input) => void,
): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  secrets.remember();
  const own = secrets.headers;
  const headers = [...request.headers, ...own];
  const isPrivate = own.length > 0 || headers.some(([name]) => name === "x-featurehub");
  const receive = async (): Promise<void> => {
    let end: End = { kind: "complete" };
    try {
      const { head, body } = await platform.send({ ...request, headers, isPrivate }, signal);
      if (!signal.aborted) handle({ type: "opened", requestId, head });
      const reader = body?.getReader();
      for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
        if (signal.aborted) return;
        handle({ type: "bytes", requestId, bytes: piece.value });
      }
    } catch (error) {
      end = platform.endOf(error);
    }
    if (!signal.aborted) handle({ type: "closed", requestId, end });
  };
  void receive();
  return () => {
    abort.abort();
  };
}
