// Stands for the types of happy-dom, which Vitest names but no test uses. They need a newer Node's types than this workspace has.
export type Window = object;
