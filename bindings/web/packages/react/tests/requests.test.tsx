import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Client } from "fh-client";
import { type ReactNode, Suspense } from "react";
import { renderToPipeableStream } from "react-dom/server";
import { afterAll, beforeAll, expect, test } from "vitest";

import {
  CLIENT_KEY,
  colourOf,
  describeServe,
  Served,
  stateOfUsers,
} from "../../client/tests/client/serve.ts";
import { FeatureProvider, useDetail, useString } from "../src/index.ts";

const USERS = 50;

/** A part of a page that suspends until a promise is fulfilled. */
interface Wait {
  readonly done: Promise<void>;
  isDone: boolean;
}

function Colour({ wait }: { readonly wait?: Wait }): ReactNode {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- React 18 suspends a component that throws a promise
  if (wait?.isDone === false) throw wait.done;
  return <p>{`${useString("COLOUR", "none")}, ${useDetail("COLOUR").strategyId ?? "no strategy"}.`}</p>;
}

describeServe("a server with one client", () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start(stateOfUsers(USERS));
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  test.each([false, true])(
    "streams fifty pages at once, of which none has the values of another user (with a document: %j)",
    async (hasDocument) => {
      using client = new Client(served.url, CLIENT_KEY);
      await client.ready();
      let shells = 0;
      let finish: () => void = () => undefined;
      const done = new Promise<void>((resolve) => (finish = resolve));
      const wait: Wait = { done, isDone: false };
      const pages = await Promise.all(
        Array.from({ length: USERS }, (_, user) => {
          const context = { userkey: `user-${user}` };
          const hydrate = hasDocument ? { hydrate: client.context(context).dehydrate() } : {};
          const html = new PassThrough();
          const { pipe } = renderToPipeableStream(
            <FeatureProvider client={client} context={context} {...hydrate}>
              <Colour />
              <Suspense fallback={<i>loading</i>}>
                <Colour wait={wait} />
              </Suspense>
            </FeatureProvider>,
            {
              onShellReady: () => {
                pipe(html);
                // The late parts of all pages are rendered after all beginnings.
                if (++shells < USERS) return;
                wait.isDone = true;
                finish();
              },
            },
          );
          return text(html);
        }),
      );
      pages.forEach((page, user) => {
        const shown = `${colourOf(user)}, user-${user}.`;
        expect(page.match(/colour of user[^.]*\./g)).toEqual([shown, shown]);
      });
    },
  );
});
