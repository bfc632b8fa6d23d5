import { createHooks } from "fh-react";

type Flags = { NEW_CHECKOUT: boolean; COLOUR: "red" | "blue"; LIMITS: { perDay: number } };

export const { Feature, useBoolean, useString, useJson, useDetail, useHeldUpdates } = createHooks<Flags>();

export function Checkout() {
  const colour = useString("COLOUR", "red"); // "red" | "blue"
  return (
    <Feature on="NEW_CHECKOUT" fallback={<p>old</p>}>
      <p style={{ color: colour }}>new</p>
    </Feature>
  );
}
