import { Feature, useJson, useNumber, useString } from "./flags.ts";

const GOODS = [
  { name: "Tent", price: 120 },
  { name: "Lamp", price: 24 },
  { name: "Mug", price: 8 },
] as const;

export function Catalogue() {
  const discount = useNumber("DISCOUNT", 0);
  const colour = useString("COLOUR", "red");
  const { perDay } = useJson("LIMITS", { perDay: 1 });
  return (
    <section aria-labelledby="goods" data-colour={colour}>
      <h2 id="goods">Goods</h2>
      <ul>
        {GOODS.map(({ name, price }) => (
          <li key={name}>
            {name} <data value={price}>{((price * (100 - discount)) / 100).toFixed(2)} $</data>
          </li>
        ))}
      </ul>
      <p>At most {perDay} orders a day.</p>
      <Feature on="NEW_CHECKOUT" fallback={<button type="button">Checkout</button>}>
        <button type="button" className="new">
          One-click checkout
        </button>
      </Feature>
    </section>
  );
}
