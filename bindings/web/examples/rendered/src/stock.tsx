import { use } from "react";

/** The number of tents: for the server a promise, for the browser the element that the server has sent. */
export type StockSource = Promise<number> | (() => number);

/** Shows data that the server gets later than the rest of the page. */
export function Stock({ source }: { readonly source: StockSource }) {
  const count = source instanceof Promise ? use(source) : source();
  return (
    <p>
      <data id="stock" value={count}>
        {count}
      </data>{" "}
      in stock
    </p>
  );
}

/** Returns the number that the server has put into the page. */
export function renderedStock(): number {
  return Number((document.getElementById("stock") as HTMLDataElement | null)?.value ?? "0");
}
