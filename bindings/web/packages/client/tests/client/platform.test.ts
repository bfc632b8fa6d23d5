import { afterEach, describe, expect, test, vi } from "vitest";

import { ClientPlatform as BrowserPlatform } from "../../src/browser/platform.ts";
import { Driver, LONGEST_DELAY } from "../../src/driver/driver.ts";
import { DriverClock } from "../../src/driver/clock.ts";
import { ClientPlatform as NodePlatform } from "../../src/node/platform.ts";
import { ClientPlatform as WorkerdPlatform } from "../../src/workerd/platform.ts";
import type { LifeCycle, Platform, PlatformRequest } from "../../src/platform/platform.ts";
import { Repository } from "../../src/repository/lib.ts";
import { SentSecrets } from "../../src/driver/sent_secrets.ts";
import { ApiKeys, defaultConfig, EdgeUrl, SecretUrl, Session } from "../../src/session/lib.ts";
import { becomes, eventually } from "../eventually.ts";

describe("the clock", () => {
  test("counts whole milliseconds, never goes back, and adds the time of a sleep", () => {
    const times = { monotonic: 1_000.5, wall: 5_000 };
    const clock = new DriverClock({ monotonic: () => times.monotonic, wallClock: () => times.wall });
    const advance = (monotonic: number, wall: number): number => {
      times.monotonic += monotonic;
      times.wall += wall;
      return clock.now();
    };
    expect(advance(0, 0)).toBe(0);
    expect(advance(10.9, 10)).toBe(10);
    // Small differences are corrections of the wall clock.
    expect(advance(10, 1_999)).toBe(20);
    expect(advance(0, -60_000)).toBe(20);
    expect(advance(-5, 0)).toBe(20);
    // The machine slept for an hour, during which the monotonic clock stopped.
    expect(advance(0, 3_600_000)).toBe(3_600_020);
    expect(advance(100, 3_600_100)).toBe(7_200_120);
  });
});

describe("the driver", () => {
  /** Returns a driver whose platform has no network, and the delays of the timers that it sets. Parts of the platform may be given. */
  function idle(
    interval: number,
    given: Partial<Platform> = {},
  ): {
    connection: () => string;
    delays: number[];
    driver: Driver;
    lifeCycle: LifeCycle;
    sent: PlatformRequest[];
    session: Session;
  } {
    const [edge, keys] = [EdgeUrl.parse("http://edge"), ApiKeys.parse(["environment/key"])];
    if (typeof edge === "string" || typeof keys === "string")
      throw new Error("the URL and the key are valid");
    const delays: number[] = [];
    const sent: PlatformRequest[] = [];
    let lifeCycle: LifeCycle | undefined;
    const platform: Platform = {
      ...{
        identification: undefined,
        storage: undefined,
        hasTabs: false,
        readFile: undefined,
        monotonic: () => 0,
        wallClock: () => 0,
      },
      setTimer: (_call, delay) => {
        delays.push(delay);
        return { clear: () => undefined };
      },
      send: (request) => {
        sent.push(request);
        const body = new Response('[{"id":"environment","features":[]}]').body;
        return Promise.resolve({
          head: { status: 200, headers: [["content-type", "application/json"]] },
          body,
        });
      },
      endOf: () => ({ kind: "broken", text: "" }),
      watch: (watched) => {
        lifeCycle = watched;
        return () => undefined;
      },
      ...given,
    };
    const config = { ...defaultConfig(edge, keys), mode: { kind: "polling", interval } as const };
    const repository = new Repository({ clock: () => 0 });
    const session = new Session(config, () => 0);
    const driver = new Driver({
      ...{ session, repository, platform },
      ...{
        engine: { compile: () => expect.fail("no rules"), close: () => undefined },
        secrets: new SentSecrets(keys, []),
      },
    });
    lifeCycle ??= {} as LifeCycle;
    return { connection: () => repository.status.connection, delays, driver, lifeCycle, sent, session };
  }

  const fail = (): never => {
    throw new Error("refused");
  };
  const setTimer: Platform["setTimer"] = (call, delay) => {
    const timer = setTimeout(call, delay);
    return {
      clear: () => {
        clearTimeout(timer);
      },
    };
  };

  test.each([
    ["monotonic clock", { monotonic: fail, wallClock: () => 0 }],
    ["wall clock", { monotonic: () => performance.now(), wallClock: fail }],
    ["clock", { monotonic: fail, wallClock: fail }],
    ["function that sends", { monotonic: () => performance.now(), send: fail }],
    ["transport", { monotonic: () => performance.now() }],
  ])("goes on where each %s throws at each call", async (name, given) => {
    let polls = 0;
    const { driver } = idle(5, { setTimer, ...given });
    const { transport } = driver;
    driver.transport = (send) => {
      polls++;
      return name === "transport" ? fail() : transport(send);
    };
    driver.handle({ type: "start" });
    await eventually(() => {
      expect(polls).toBeGreaterThan(2);
    });
    driver.handle({ type: "stop" });
    await driver.finished;
  });

  test("goes on where each function of a step throws, and says so", async () => {
    const { connection, driver, sent, session } = idle(1_000, {
      monotonic: () => performance.now(),
      watch: () => fail,
      setTimer,
    });
    const { transport } = driver;
    driver.transport = fail;
    driver.handle({ type: "start" });
    driver.abort = fail;
    driver.suspend("program");
    expect(connection()).toBe("suspended");
    driver.transport = (send) => {
      transport(send);
      return fail;
    };
    vi.spyOn(session, "handle").mockImplementationOnce(fail);
    driver.handle({ type: "tick" });
    driver.resume("program");
    await becomes(() => [connection(), sent.length], ["resting", 1]);
    driver.handle({ type: "stop" });
    await driver.finished;
    expect(connection()).toBe("closed");
  });

  test("cuts the delay of its timer to what timers can have", async () => {
    const { delays, driver } = idle(LONGEST_DELAY * 10);
    driver.handle({ type: "start" });
    await becomes(() => delays.at(-1), LONGEST_DELAY);
    expect(LONGEST_DELAY).toBe(2_147_483_647);
  });

  test("suspends, resumes and refreshes when the page changes", async () => {
    const { driver, lifeCycle, sent, delays } = idle(1_000);
    driver.handle({ type: "start" });
    await becomes(() => delays.at(-1), 1_000);
    lifeCycle.suspend();
    const before = delays.length;
    driver.handle({ type: "tick" });
    expect(delays).toHaveLength(before);
    lifeCycle.resume();
    expect(delays).toHaveLength(before + 1);
    lifeCycle.refresh();
    expect(sent).toHaveLength(2);
  });

  test("stays suspended until both the program and the page have resumed it", async () => {
    const { connection, driver, lifeCycle, sent } = idle(1_000);
    driver.handle({ type: "start" });
    await becomes(() => connection(), "resting");
    driver.suspend("program");
    // The page is shown.
    lifeCycle.resume();
    expect(connection()).toBe("suspended");
    lifeCycle.suspend();
    driver.resume("program");
    expect(connection()).toBe("suspended");
    lifeCycle.resume();
    expect(connection()).toBe("resting");
    expect(sent).toHaveLength(1);
  });
});

describe("a browser", () => {
  const request = (headers: [string, string][], isPrivate = false): PlatformRequest => ({
    ...{ kind: "stream", url: new SecretUrl("http://edge.example/features/key"), headers, isPrivate },
  });
  const settings = { keepAlive: true, whenHidden: "continue" } as const;

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  /** Returns the settings with which a request was sent. */
  async function sent(given: PlatformRequest): Promise<RequestInit> {
    let init: RequestInit | undefined;
    const fetch = (_url: unknown, options?: RequestInit): Promise<Response> => {
      init = options;
      return Promise.resolve(new Response("", { headers: { ETag: "1" } }));
    };
    const platform = new BrowserPlatform({ ...settings, fetch: fetch });
    const { head } = await platform.send(given, new AbortController().signal);
    expect(head).toEqual({
      status: 200,
      headers: [
        ["content-type", "text/plain;charset=UTF-8"],
        ["etag", "1"],
      ],
    });
    return init ?? {};
  }

  test("sends no cache-control, no cookies and no referrer, and no x-sdk", async () => {
    const accept: [string, string] = ["accept", "text/event-stream"];
    const init = await sent(request([accept, ["cache-control", "no-cache"]]));
    expect(init).toMatchObject({ cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
    expect(init.headers).toEqual([accept]);
    expect(new BrowserPlatform({ ...settings, fetch }).identification).toBeUndefined();
  });

  test("follows redirects unless they would carry a context or the program's headers", async () => {
    expect((await sent(request([]))).redirect).toBe("follow");
    expect((await sent(request([["x-featurehub", "userkey=mara"]], true))).redirect).toBe("error");
  });

  test.each([
    ["another origin", "https://elsewhere.example/features", true],
    ["the same origin", "http://edge.example/elsewhere", false],
  ])("that was redirected to %s", async (_name, url, isBroken) => {
    const response = Object.defineProperties(new Response(""), {
      redirected: { value: true },
      url: { value: url },
    });
    const platform = new BrowserPlatform({ ...settings, fetch: () => Promise.resolve(response) });
    const outcome = await platform
      .send(request([]), new AbortController().signal)
      .catch((error: unknown) => error);
    expect(outcome instanceof Error).toBe(isBroken);
    if (isBroken)
      expect(platform.endOf(outcome)).toEqual({ kind: "broken", text: "a redirect led to another origin" });
  });

  test("reports what happens to its page, until the watch ends", () => {
    vi.useFakeTimers();
    const [page, events] = [
      Object.assign(new EventTarget(), { visibilityState: "visible" }),
      new EventTarget(),
    ];
    vi.stubGlobal("document", page);
    vi.stubGlobal("addEventListener", events.addEventListener.bind(events));
    const seen: string[] = [];
    const call = (name: string) => () => seen.push(name);
    const lifeCycle = {
      refresh: call("refresh"),
      suspend: call("suspend"),
      resume: call("resume"),
      flush: call("flush"),
    };
    const platform = new BrowserPlatform({ fetch, keepAlive: true, whenHidden: "pause" });
    const end = platform.watch(lifeCycle);
    const fire = (target: EventTarget, type: string, persisted = false): string[] => {
      target.dispatchEvent(Object.assign(new Event(type), { persisted }));
      return seen.splice(0);
    };
    const change = (state: string): string[] => {
      page.visibilityState = state;
      return fire(page, "visibilitychange");
    };
    expect(change("hidden")).toEqual(["flush"]);
    vi.advanceTimersByTime(29_999);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen.splice(0)).toEqual(["suspend"]);
    expect(change("visible")).toEqual(["resume"]);
    expect(change("hidden")).toEqual(["flush"]);
    expect(change("visible")).toEqual(["resume"]);
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual([]);
    expect(fire(events, "online")).toEqual(["refresh"]);
    expect(fire(events, "offline")).toEqual([]);
    expect(fire(events, "pagehide")).toEqual(["flush"]);
    expect(fire(events, "pagehide", true)).toEqual(["flush", "suspend"]);
    expect(fire(events, "pageshow")).toEqual([]);
    expect(fire(events, "pageshow", true)).toEqual(["resume", "refresh"]);
    end();
    expect([...change("hidden"), ...fire(events, "online")]).toEqual([]);
  });
});

describe("Node", () => {
  test.each([
    [
      { cause: { code: "ECONNREFUSED", message: "connect failed" } },
      { kind: "broken", text: "ECONNREFUSED: connect failed" },
    ],
    [{ cause: { code: "UND_ERR_CONNECT_TIMEOUT" } }, { kind: "connect_timeout" }],
    [
      { cause: { code: "EPROTO", message: "SSL routines:wrong version number" } },
      {
        kind: "tls",
        text: "EPROTO: SSL routines:wrong version number; the server answers without TLS at this port: write http:// in the URL, or the port at which it has https",
      },
    ],
    [{ cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT", message: "self-signed" } }, { kind: "tls" }],
    [{ cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID", message: "another name" } }, { kind: "tls" }],
    [new Error("the program's"), { kind: "broken", text: "the program's" }],
    [undefined, { kind: "broken", text: "the request failed" }],
  ])("gives the reason of an error: %o", (error, end) => {
    const platform = new NodePlatform({});
    expect(platform.endOf(error)).toMatchObject(end);
  });
});

test("workerd gets requests without the settings that it refuses, and other runtimes keep no response", async () => {
  let sent: RequestInit | undefined;
  const settings = {
    ...({ keepAlive: true, whenHidden: "continue" } as const),
    fetch: (_url: unknown, init?: RequestInit) => {
      sent = init;
      return Promise.resolve(new Response());
    },
  };
  const platform = new WorkerdPlatform(settings);
  const url = new SecretUrl("http://edge.example/features/key");
  const request = {
    kind: "stream",
    url,
    headers: [["accept", "text/event-stream"]],
    isPrivate: true,
  } as const;
  await platform.send(request, new AbortController().signal);
  expect(Object.keys(sent!).sort()).toEqual(["headers", "redirect", "signal"]);
  expect(sent).toMatchObject({ redirect: "manual" });
  vi.stubGlobal("EdgeRuntime", "edge-runtime");
  for (const other of [platform, new NodePlatform(settings)]) {
    await other.send(request, new AbortController().signal);
    expect(sent).toMatchObject({ redirect: "manual", cache: "no-store" });
  }
  vi.unstubAllGlobals();
  expect(platform.redirected(url, "/b")?.expose()).toBe("http://edge.example/b");
  expect(platform.endOf(new Error("lost"))).toEqual({ kind: "broken", text: "lost" });
});
