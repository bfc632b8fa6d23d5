import type { Problem } from "../repository/lib.ts";
import { problemName } from "../repository/problem.ts";

/**
 * The error of a command that did not succeed, such as a refresh. The client goes on as {@link EdgeProblem.problem} allows. The message is
 * the code of the problem with its data; {@link problemText} returns a sentence for people.
 *
 * @example
 * ```ts
 * try {
 *   await client.refresh();
 * } catch (error) {
 *   if (error instanceof EdgeProblem && error.problem.code === "unauthorised") askForAnotherKey();
 * }
 * ```
 */
export class EdgeProblem extends Error {
  override readonly name = "EdgeProblem";
  /** The reason for the failure. */
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problemName(problem));
    this.problem = problem;
  }
}
