/** The names that the examples of `fh-react` use without a declaration. */
export { Suspense } from "react";

/** A component of the program. */
export declare function Shop(): null;
