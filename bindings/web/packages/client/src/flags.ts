/** The type argument of a client whose features have no declared types. All keys and all getters are allowed. */
export type AnyFlags = Readonly<Record<string, unknown>>;

/** The keys of all declared features. */
export type FlagKey<F> = keyof F & string;

/** The keys of the features whose declared type is a `Base`. All keys if no types are declared. */
export type KeyOf<F, Base> = {
  readonly [K in keyof F]-?: unknown extends F[K] ? K : F[K] extends Base ? K : never;
}[keyof F] &
  string;

/** The declared type of a feature; `Base` if no types are declared. */
export type FlagOf<F, K extends keyof F, Base> = unknown extends F[K] ? Base : F[K];
