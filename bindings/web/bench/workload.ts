/** A user of the standard payload, with the attributes of a context. */
export interface User {
  readonly userkey: string;
  readonly country: string;
  readonly version: string;
  readonly email: string;
  readonly plan: string;
  /** The version as a number, for engines without versions. */
  readonly versionNumber: string;
}

/** The users, the keys that the workloads read, and the answers that each engine must give. */
export interface Workload {
  readonly users: readonly User[];
  readonly keys: Readonly<Record<"W1" | "W2" | "W3" | "W4", string>>;
  /** The keys of the rollouts. */
  readonly rollouts: readonly string[];
  /** For each key one character for each user: `1` if the flag is on. */
  readonly answers: Readonly<Record<string, string>>;
}

/** Reads a file of the payloads by its name. */
export type ReadPayload = (name: string) => Promise<string>;

/** Returns the workload that the program `payloads` has described. */
export async function readWorkload(read: ReadPayload): Promise<Workload> {
  const { users, versionNumbers, ...rest } = JSON.parse(await read("regex.json")) as Omit<
    Workload,
    "users"
  > & {
    readonly users: readonly Omit<User, "versionNumber">[];
    readonly versionNumbers: readonly string[];
  };
  return {
    ...rest,
    users: users.map((user, at) => ({ ...user, versionNumber: versionNumbers[at] ?? "" })),
  };
}

/** Returns the attributes of a user's context. */
export function attributesOf({ userkey, country, version, email, plan }: User): Record<string, string> {
  return { userkey, country, version, email, plan };
}
