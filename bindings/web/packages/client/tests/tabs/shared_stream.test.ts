import { beforeEach, describe, expect, test } from "vitest";

import { PATIENCE } from "../../src/tabs/shared_stream.ts";
import { type Tab, TabBrowser } from "./browser_of_tabs.ts";

let browser: TabBrowser;
beforeEach(() => {
  browser = new TabBrowser();
  browser.features.set("COLOUR", "red");
});

/** Opens tabs, and lets them find each other. */
function open(count: number): Tab[] {
  const tabs = Array.from({ length: count }, () => {
    const tab = browser.open();
    browser.pass(50);
    return tab;
  });
  browser.pass(100);
  return tabs;
}

/** Returns what the tabs read. */
function colours(): (string | undefined)[] {
  return browser.tabs.filter(({ isClosed }) => !isClosed).map(({ features }) => features.get("COLOUR"));
}

/** Changes the feature, and checks that all tabs see it within a moment. */
function expectUpdate(value: string): void {
  browser.update("COLOUR", value);
  browser.pass(20);
  expect(new Set(colours())).toEqual(new Set([value]));
}

describe("tabs", () => {
  test("share one stream, on which each tab is updated", () => {
    open(7);
    expect([browser.streams.size, browser.opened]).toEqual([1, 7]);
    expectUpdate("blue");
    browser.update("OTHER", "1");
    browser.pass(20);
    expect(browser.tabs.map(({ features }) => features.get("OTHER"))).toEqual(Array(7).fill("1"));
  });

  test("get each heartbeat of a quiet stream, so that no session takes it for a dead one", () => {
    const tabs = open(3);
    const [stream] = browser.streams;
    // The first piece after a takeover is answered with a list.
    for (let times = 0; times < 3; times++) {
      for (const { pieces } of tabs) pieces.length = 0;
      stream?.feed(": heartbeat\n");
      browser.pass(20);
    }
    expect(tabs.map(({ pieces }) => pieces)).toEqual(Array(3).fill([": heartbeat\n"]));
  });

  test("get a list that removes features, when they begin to follow", () => {
    const [leader] = open(1);
    const other = browser.open();
    browser.pass(3);
    other.features.set("REMOVED", "1");
    browser.pass(100);
    expect([leader?.isLeader, other.features.has("REMOVED")]).toEqual([true, false]);
  });

  test("have a stream each, for good, once the browser refuses locks or messages", () => {
    const tabs = open(3);
    browser.refuses = true;
    for (const tab of tabs) tab.suspend();
    for (const tab of tabs) tab.resume();
    browser.pass(600);
    expect([browser.streams.size, browser.members.size, browser.locks.length]).toEqual([3, 0, 0]);
    browser.refuses = false;
    for (const tab of tabs) tab.suspend();
    for (const tab of tabs) tab.resume();
    browser.pass(600);
    expect([browser.streams.size, browser.members.size]).toEqual([3, 0]);
    expectUpdate("blue");
  });

  test("that follow connect again if they alone are refused", () => {
    const [, follower] = open(2);
    browser.members.get(follower!)?.refused();
    browser.pass(600);
    expect([browser.streams.size, browser.members.size]).toEqual([2, 1]);
    expectUpdate("blue");
  });

  test("of which one leaves alone keep their stream", () => {
    const [leader, follower] = open(2);
    follower?.suspend();
    browser.pass(100);
    expect([browser.streams.size, leader?.isLeader]).toEqual([1, true]);
    follower?.resume();
    browser.pass(100);
    expect([browser.streams.size, browser.opened]).toEqual([1, 2]);
    expectUpdate("blue");
  });
});

describe("a leader", () => {
  test.each([
    [
      "crashes",
      (tab: Tab) => {
        tab.crash();
      },
    ],
    [
      "is suspended, as in the back/forward cache",
      (tab: Tab) => {
        tab.suspend();
      },
    ],
  ])("that %s is replaced within 2 s, and no change is lost", (_name, end) => {
    const [leader, ...others] = open(3);
    end(leader!);
    browser.update("COLOUR", "missed");
    browser.pass(2_000);
    expect(others.map(({ features }) => features.get("COLOUR"))).toEqual(["missed", "missed"]);
    expect([browser.streams.size, others.every(({ isOpen }) => isOpen)]).toEqual([1, true]);
    browser.update("COLOUR", "blue");
    browser.pass(20);
    expect(others.map(({ features }) => features.get("COLOUR"))).toEqual(["blue", "blue"]);
  });

  test("that is replaced ends no session's stream", () => {
    const [leader, follower] = open(2);
    let ended = false;
    Object.defineProperty(follower, "isOpen", {
      get: () => true,
      set: (value) => (ended ||= value === false),
    });
    leader?.crash();
    browser.pass(2_000);
    expect([follower?.isLeader, ended]).toEqual([true, false]);
  });

  test("that is frozen does not keep a new tab from connecting, and follows when it thaws", () => {
    const [leader] = open(1);
    leader!.isFrozen = true;
    const other = browser.open();
    browser.pass(50);
    expect(other.features.get("COLOUR")).toBe("red");
    browser.pass(PATIENCE + 100);
    expect(other.isLeader).toBe(true);
    browser.update("COLOUR", "blue");
    leader!.thaw();
    browser.pass(2_000);
    expect([browser.streams.size, other.isLeader]).toEqual([1, true]);
    expectUpdate("green");
  });

  test("that is frozen is no obstacle to a tab that connects again", () => {
    const [leader, follower] = open(2);
    leader!.isFrozen = true;
    follower?.suspend();
    follower?.resume();
    browser.pass(PATIENCE - 100);
    expect([follower?.isOpen, browser.opened]).toEqual([false, 2]);
    browser.pass(200);
    expect([follower?.isOpen, browser.opened]).toEqual([true, 3]);
    expect(follower?.isLeader).toBe(true);
  });

  describe("that is frozen", () => {
    /** Makes the sessions of followers connect again, as they do after the idle limit. */
    function reconnect(tabs: readonly Tab[]): void {
      for (const tab of tabs) tab.suspend();
      browser.pass(500);
      for (const tab of tabs) tab.resume();
    }

    test.each([2, 8_000])(
      "is replaced by exactly one follower, if the Edge answers after %d ms",
      (latency) => {
        const [leader, ...followers] = open(5);
        leader!.isFrozen = true;
        browser.latency = latency;
        reconnect(followers);
        browser.update("COLOUR", "blue");
        browser.pass(PATIENCE + latency + 100);
        expect(followers.map(({ features }) => features.get("COLOUR"))).toEqual(Array(4).fill("blue"));
        expect([browser.opened, followers.filter(({ isLeader }) => isLeader).length]).toEqual([6, 1]);
        browser.latency = 2;
        leader!.thaw();
        browser.pass(2_000);
        expect([browser.opened, browser.streams.size, leader!.isLeader]).toEqual([6, 1, false]);
        expectUpdate("green");
      },
    );

    test("and answers nevertheless ends its stream as soon as it is asked after the idle limit", () => {
      const [leader, ...followers] = open(4);
      leader!.isFrozen = leader!.hearsMessages = true;
      browser.update("COLOUR", "blue");
      browser.pass(59_000);
      // Until then the leader may be idle for a good reason.
      reconnect([followers[0]!]);
      expect([browser.opened, leader!.isLeader]).toEqual([4, true]);
      browser.pass(1_000);
      reconnect(followers);
      browser.pass(100);
      expect(followers.map(({ features }) => features.get("COLOUR"))).toEqual(Array(3).fill("blue"));
      expect([browser.opened, browser.streams.size, leader!.isLeader]).toEqual([5, 1, false]);
      leader!.thaw();
      browser.pass(2_000);
      expect([browser.opened, browser.streams.size]).toEqual([5, 1]);
      expectUpdate("green");
    });

    test("with its successor is replaced by the next one", () => {
      const [leader, ...followers] = open(4);
      leader!.isFrozen = true;
      reconnect(followers);
      browser.pass(PATIENCE + 100);
      const successor = followers.find(({ isLeader }) => isLeader);
      successor!.isFrozen = true;
      const rest = followers.filter((tab) => tab !== successor);
      browser.update("COLOUR", "blue");
      reconnect(rest);
      browser.pass(PATIENCE + 100);
      expect(rest.map(({ features }) => features.get("COLOUR"))).toEqual(["blue", "blue"]);
      for (const tab of [successor!, leader!]) tab.thaw("last to first");
      browser.pass(2_000);
      expect(browser.streams.size).toBe(1);
      expectUpdate("green");
    });

    test("does not keep a tab from connecting that cannot take its lock", () => {
      const [leader, follower] = open(2);
      leader!.isFrozen = true;
      browser.stealsLocks = false;
      reconnect([follower!]);
      browser.update("COLOUR", "blue");
      browser.pass(2 * PATIENCE + 100);
      expect([follower!.features.get("COLOUR"), follower!.isLeader]).toEqual(["blue", false]);
    });

    test("and wakes up alone leads again", () => {
      const [leader, follower] = open(2);
      leader!.isFrozen = true;
      reconnect([follower!]);
      browser.pass(PATIENCE + 100);
      follower!.crash();
      browser.update("COLOUR", "blue");
      leader!.thaw();
      browser.pass(2_000);
      expect([browser.streams.size, leader!.isLeader]).toEqual([1, true]);
      expectUpdate("green");
    });
  });

  test.each(["first to last", "last to first"] as const)(
    "keeps its place if a follower that was frozen judges by its late timer (%s)",
    (order) => {
      const [leader, follower] = open(2);
      follower!.suspend();
      follower!.resume();
      follower!.isFrozen = true;
      browser.pass(30_000);
      follower!.thaw(order);
      browser.pass(10_000);
      expect([leader!.isLeader, browser.opened, browser.streams.size]).toEqual([true, 2, 1]);
      expectUpdate("blue");
    },
  );

  test("beside another one does no harm, and one of them ends within 2 s", () => {
    const tabs = open(3);
    const [, second] = tabs;
    // Another tab becomes a leader without the lock, as after a message that was lost.
    const events = browser.members.get(second!);
    events?.granted();
    browser.pass(2_000);
    expect(browser.streams.size).toBe(1);
    expectUpdate("blue");
  });
});

describe("an Edge", () => {
  test("that restarts ends all streams, and then has one again", () => {
    open(3);
    browser.isUp = false;
    for (const { end } of browser.streams) end();
    browser.pass(5_000);
    expect(browser.tabs.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
    browser.features.set("COLOUR", "blue");
    browser.isUp = true;
    browser.pass(10_000);
    expect([browser.streams.size, ...colours()]).toEqual([1, "blue", "blue", "blue"]);
    expectUpdate("green");
  });

  test("that ends the stream makes followers connect again with the leader", () => {
    open(3);
    for (const { end } of browser.streams) end();
    browser.pass(20);
    expect(browser.tabs.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
    browser.pass(1_000);
    expect([browser.streams.size, browser.opened]).toEqual([1, 4]);
    expectUpdate("blue");
  });

  test("that is gone when the leader is, ends the streams of all", () => {
    const [leader, ...others] = open(3);
    browser.isUp = false;
    leader?.crash();
    browser.pass(50);
    expect(others.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });
});

describe("a message", () => {
  test.each([
    [undefined],
    ["list"],
    [{ v: 2, type: "list", from: "x", term: 2_000_000, text: "" }],
    [{ v: 1, type: "list", from: "x", term: "2", text: "" }],
    [{ v: 1, type: "list", from: "x", term: Infinity, text: "" }],
    [{ v: 1, type: "list", from: "x", term: 2_000_000, text: 7 }],
    [{ v: 1, type: "list", from: 7, term: 2_000_000, text: "" }],
    [{ v: 1, type: "leave", from: "x", term: 2_000_000, text: "" }],
  ])("that cannot be read is ignored: %j", (message) => {
    const [leader] = open(2);
    for (const events of browser.members.values()) events.received(message);
    browser.pass(100);
    expect([leader?.isLeader, browser.streams.size]).toEqual([true, 1]);
    expectUpdate("blue");
  });
});
