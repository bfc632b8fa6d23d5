import type { LifeCycle } from "../platform/platform.ts";

/** The time in milliseconds after which a hidden page suspends its client, if the program wants that. */
const HIDDEN_LIMIT = 30_000;

/**
 * Watches the network and the page, if there is one: a worker has none.
 *
 * A page that is hidden or left delivers usage within the event. A page that enters the back/forward cache suspends its client, and resumes
 * it when it is shown again. So does a page that the browser freezes, which could neither read a stream nor pass it on to other tabs.
 */
export function watchPage(lifeCycle: LifeCycle, pausesWhenHidden: boolean): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    clearTimeout(timer);
    lifeCycle.resume();
  };
  const suspend = (): void => {
    lifeCycle.suspend();
  };
  const on = (target: EventTarget, type: string, call: (event: Event) => void): void => {
    target.addEventListener(type, call, { signal });
  };
  if (typeof addEventListener === "function") {
    on(globalThis, "online", () => {
      lifeCycle.refresh();
    });
    on(globalThis, "pagehide", (event) => {
      lifeCycle.flush();
      if ((event as PageTransitionEvent).persisted) suspend();
    });
    on(globalThis, "pageshow", (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      show();
      lifeCycle.refresh();
    });
  }
  if (typeof document !== "undefined") {
    on(document, "freeze", suspend);
    // A paused page resumes when it is shown.
    if (!pausesWhenHidden) on(document, "resume", show);
    on(document, "visibilitychange", () => {
      if (document.visibilityState !== "hidden") {
        show();
        return;
      }
      lifeCycle.flush();
      if (!pausesWhenHidden) return;
      clearTimeout(timer);
      timer = setTimeout(suspend, HIDDEN_LIMIT);
    });
  }
  return () => {
    clearTimeout(timer);
    ended.abort();
  };
}
