import { type Problem, problemText } from "./repository/lib.ts";

/**
 * The error of a command that did not succeed, such as a refresh. The client goes on as {@link EdgeProblem.problem} allows.
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
    super(problemText(problem));
    this.problem = problem;
  }
}
