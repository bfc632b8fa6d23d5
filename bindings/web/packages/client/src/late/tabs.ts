// The streams that tabs share, which a page loads once it has features. The comment of `first_part.ts`
// says why its parts are exported here, too.
export { shareStreams } from "../tabs/share_streams.ts";
export * from "../first_part.ts";
