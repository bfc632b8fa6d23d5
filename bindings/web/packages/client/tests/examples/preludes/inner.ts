/** The names that the examples of the session and of the repository, which no program imports, use without a declaration. */
import type { Action } from "../../../src/session/action.ts";
import type { Config } from "../../../src/session/config.ts";
import type { Feature } from "../../../src/repository/feature.ts";

export { publish } from "../../../src/repository/serving/catch.ts";
export { rulesOf } from "../../../src/repository/rules.ts";

export declare const config: Config;
export declare const features: readonly Feature[];
export declare function perform(action: Action): void;
/** Returns the time in milliseconds since the session was made. */
export declare function now(): number;
