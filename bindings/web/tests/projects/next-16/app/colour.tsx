"use client";

import { useString } from "fh-react";

/** A client component that shows a feature. */
export function Colour() {
  return <p id="client">{useString("COLOUR", "none")}</p>;
}
