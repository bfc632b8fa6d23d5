import type { GivenAttributes } from "../../attributes.ts";
import { Answer } from "../answer.ts";
import type { Notice } from "../notice.ts";
import { noticeOnce, queue } from "./core.ts";
import type { Repository } from "./mod.ts";
import type { Rules } from "../rules.ts";
import type { Kind } from "../value.ts";
import { closest } from "../../text/spelling.ts";
import { lowerCase } from "../../text/text.ts";

/** Maximum number of notices of each kind. One more notice then says that further ones are left out. */
const MOST = 20;
/** Maximum number of keys that are compared with a missing key. */
const MOST_COMPARED = 10_000;
/** Maximum number of comparisons of the names of a context with a missing attribute. */
const MOST_CONTEXTS = 1_000;
/** The number of characters of the shortest attribute that may be a misspelt one. Any two names of one letter are near each other. */
const SHORTEST = 3;
/** The longest part of a name that notices show, in characters. */
const MOST_SHOWN = 100;
/** The default keys of percentages, which are no misspelt names. */
const KEYS = ["session", "userkey"];

type Mistake = Extract<Notice["kind"], "feature_not_found" | "type_mismatch" | "attribute_not_read">;
type Reporter = NonNullable<Repository["mistake"]>;

const reporters = new WeakMap<Repository, Reporter>();

/** Writes a notice to the console, for a program without a listener of its own. */
type Write = (level: "info" | "warn", notice: Notice) => void;

/** Reports a mistake of the program, and from now on all those that the repository notices. */
export function report(repository: Repository, mistake: Parameters<Reporter>, write?: Write): void {
  let reporter = reporters.get(repository);
  if (!reporter) reporters.set(repository, (reporter = createReporter(repository, write)));
  repository.mistake = reporter;
  reporter(...mistake);
}

function createReporter(repository: Repository, write: Write | undefined): Reporter {
  const reported: Record<Mistake, Set<string>> = {
    feature_not_found: new Set(),
    type_mismatch: new Set(),
    attribute_not_read: new Set(),
  };
  /** The missing attributes and names of contexts that were compared. */
  const compared = new Set<string>();

  /** Queues a notice about a name, unless one was queued or too many were. */
  const reportOnce = (kind: Mistake, name: string, notice: () => Notice): void => {
    const names = reported[kind];
    if (names.size > MOST || names.has(name)) return;
    names.add(name);
    const next: Notice =
      names.size > MOST ? { kind: "notices_left_out", of: kind, reported: MOST } : notice();
    if (repository.warned) {
      repository.warned.add(next.kind);
      // Code is often deployed before its feature exists.
      write?.(next.kind === "feature_not_found" && next.meant === undefined ? "info" : "warn", next);
    }
    repository.log?.(next);
    queue(repository, { kind: "notice", of: next });
  };

  const withoutValue = (
    key: string,
    { feature, reason, interceptor }: Answer,
    kind: Kind | undefined,
    rules: Rules,
  ): void => {
    if (reason === "OTHER_CONTEXT") {
      const notice: Notice = { kind: "other_context", use: "key with *, setContext" };
      // The console gets it at once, because a short program closes its client next, and no listener is called any more.
      if (repository.warned?.has(notice.kind) === false) {
        repository.warned.add(notice.kind);
        write?.("warn", notice);
      }
      noticeOnce(repository, notice);
    }
    if (interceptor !== undefined) return;
    if (reason === "NOT_FOUND")
      reportOnce("feature_not_found", key, () => {
        const keys = [...rules.entries.keys()].slice(0, MOST_COMPARED);
        const meant = closest(key, keys);
        return {
          kind: "feature_not_found",
          feature: shown(key),
          ...(meant === undefined ? undefined : { meant: shown(meant) }),
        };
      });
    else if (feature?.kind && kind && feature.kind !== kind) {
      const type = feature.kind;
      reportOnce("type_mismatch", key, () => {
        return { kind: "type_mismatch", feature: shown(key), type, readAs: kind };
      });
    }
  };

  /** Returns true if a rule may name an attribute. A feature that has the name as another text counts, too. */
  const isNamed = (attribute: string): boolean => {
    const quoted = JSON.stringify(attribute);
    return [...repository.live.rules.features()].some(({ json }) => json.includes(quoted));
  };

  const withoutAttribute = (name: string, attributes: GivenAttributes): void => {
    if (compared.size >= MOST_CONTEXTS) return;
    // Without `now`, rules read the clock.
    if (lowerCase(name) === "now") return;
    const names = [...attributes.map.keys()];
    const id = JSON.stringify([name, ...names]);
    if (compared.has(id)) return;
    compared.add(id);
    for (const own of names)
      if (
        Array.from(own).length >= SHORTEST &&
        closest(own, [name]) !== undefined &&
        !KEYS.includes(own) &&
        !isNamed(own)
      )
        reportOnce("attribute_not_read", own, () => {
          return { kind: "attribute_not_read", attribute: shown(own), meant: shown(name) };
        });
  };

  return (name, of, kind, rules = repository.live.rules) => {
    if (of instanceof Answer) withoutValue(name, of, kind, rules);
    else withoutAttribute(name, of);
  };
}

/** Returns the part of a name that notices show. The name may come from outside the program. */
function shown(name: string): string {
  return Array.from(name)
    .slice(0, MOST_SHOWN)
    .join("")
    .replace(/\p{Cc}/gu, "\ufffd");
}
