import type { Repository } from "../repository/lib.ts";
import { report as reportOf } from "../repository/serving/mistakes.ts";

/**
 * Reports a mistake of the program, and from now on all those that the repository notices. A client without a listener for notices writes them
 * to the console. The client imports this file with the first mistake.
 */
export function report(
  repository: Repository,
  mistake: Parameters<NonNullable<Repository["mistake"]>>,
): void {
  reportOf(repository, mistake, (level, notice) => {
    console[level]("fh-client:", notice);
  });
}
