import { EdgeProblem } from "../driver/edge_problem.ts";
import { Refused } from "./refused.ts";
import { trim } from "../text/text.ts";

/** The outcome of a test update that the Edge did not reject: `unchanged` if the feature already had the value and the lock. */
export type Outcome = "accepted" | "unchanged";

/** The maximum length in characters of the Edge's own reason. */
const LONGEST_DETAILS = 500;

/** Returns the outcome of an update, or the error, from the status and the body of the Edge's response. */
export function readAnswer(status: number, body: string): Outcome | Refused | EdgeProblem {
  // A sign-in page or a proxy has answered, so that no Edge has seen the update.
  if (status >= 200 && status <= 202 && /^\s*<(?!\?)/.test(body))
    return new EdgeProblem({ code: "malformed", text: "a page of HTML" });
  const printable = trim(body).replace(/\p{Cc}/gu, "");
  const details = Array.from(printable).slice(0, LONGEST_DETAILS).join("");
  switch (status) {
    case 200:
    case 201:
      return "accepted";
    case 202:
      return "unchanged";
    case 400:
      return new Refused("the Edge rejected the update as invalid", "nonsense", status, details);
    case 401:
    case 403:
      return new Refused("the API key has no permission for this update", "not_permitted", status, details);
    case 404:
      return noSuchFeature();
    case 412:
      return details.includes("null") && !details.includes("locked")
        ? new Refused("the update is not possible", "not_possible", status, details)
        : new Refused("the feature is locked", "locked", status, details);
    default:
      return new Refused(
        status === 407
          ? "a proxy answered with status 407, because it requires a user name and a password"
          : `the Edge answered with status ${status}`,
        "unexpected",
        status,
        details,
      );
  }
}

/** Returns the error for a feature or a key that the Edge does not know. */
export function noSuchFeature(): Refused {
  return new Refused("the Edge does not know this API key or feature", "no_such_feature", 404);
}

/** Returns the error for an accepted change that the client did not receive. */
export function notApplied(): Refused {
  const why = "the update was accepted, but the client did not receive the change within the time limit";
  return new Refused(why, "not_applied");
}
