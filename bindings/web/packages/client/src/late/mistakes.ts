// Reports of reads that look like mistakes, which a page loads with the first one. The comment of
// `first_part.ts` says why its parts are exported here, too.
import type { Repository } from "../repository/lib.ts";
import { report as reportOf } from "../repository/repository/mistakes.ts";

export * from "../first_part.ts";

/** Reports a mistake of the program, and from now on all those that the repository notices. */
export function report(
  repository: Repository,
  mistake: Parameters<NonNullable<Repository["mistake"]>>,
): void {
  reportOf(repository, mistake, (level, notice) => {
    console[level]("fh-client:", notice);
  });
}
