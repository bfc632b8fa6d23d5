import { Suspense } from "react";

import { Feature, useNumber, useString, type User, USERS } from "./flags.ts";
import { Live } from "./live.tsx";
import { Stock, type StockSource } from "./stock.tsx";

const PRICE = 120;

/** The page, as the server and the browser render it. */
export function App({ user, stock }: { readonly user: User; readonly stock: StockSource }) {
  const greeting = useString("GREETING", "Welcome");
  const discount = useNumber("DISCOUNT", 0);
  return (
    <>
      <header>
        <h1>
          {greeting}, {user}
        </h1>
        <form method="get">
          <label>
            User{" "}
            <select name="user" defaultValue={user}>
              {Object.keys(USERS).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button type="submit">Show</button>
        </form>
      </header>
      <main>
        <section aria-labelledby="tent">
          <h2 id="tent">Tent</h2>
          <p>
            <data id="price" value={PRICE}>{`${((PRICE * (100 - discount)) / 100).toFixed(2)} $`}</data>
            {discount > 0 && ` (${discount} % off)`}
          </p>
          <Feature on="STOCK_SHOWN">
            <Suspense fallback={<p>Counting the stock…</p>}>
              <Stock source={stock} />
            </Suspense>
          </Feature>
        </section>
      </main>
      <Live />
    </>
  );
}
