import { type ReactNode, Suspense, use } from "react";

import { useNumber, useReady, useString } from "../../src/index.ts";

/** The attributes of the user for whom the page is. */
export const MARA = { userkey: "mara" };

function Price({ wait }: { readonly wait: Promise<void> | undefined }): ReactNode {
  if (wait) use(wait);
  return <p id="price">{useNumber("PRICE", 0)}</p>;
}

/**
 * The page of the tests.
 *
 * @param wait - makes a server send the price later than the rest
 */
export function App({ wait }: { readonly wait?: Promise<void> }): ReactNode {
  return (
    <main>
      <p id="colour">{`${useString("COLOUR", "none")} ${String(useReady())}`}</p>
      <Suspense fallback={<p>loading</p>}>
        <Price wait={wait} />
      </Suspense>
    </main>
  );
}
