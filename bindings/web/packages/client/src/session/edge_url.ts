import { percentEncoded, equalsIgnoringCase, lowerCase, trim } from "../text/text.ts";
import { contextSha } from "./context_header.ts";
import type { ApiKey, ApiKeys } from "./key.ts";

const FORM = ": write https://edge.example";

/** The reasons why a base URL is invalid, each with its sentence. */
export const URL_ERRORS = {
  empty: `the Edge's URL is empty${FORM}`,
  scheme: `the Edge's URL begins with neither http:// nor https://${FORM}`,
  host: `the Edge's URL has no valid host${FORM}`,
  port: "the port in the Edge's URL is not a number from 1 to 65535",
  character: `the Edge's URL contains a character that is not printable ASCII${FORM}`,
  credentials: "the Edge's URL contains credentials: send them as a header instead",
  query: `the Edge's URL contains a query or a fragment${FORM}`,
} as const;

/** The reason why a base URL is invalid. */
export type UrlError = keyof typeof URL_ERRORS;

/**
 * The base URL of an Edge, without slashes at its end. Its text is private, because users may paste a URL with an API key in its path;
 * {@link shownUrl} returns what may be shown.
 */
export class EdgeUrl {
  readonly #base: string;

  private constructor(base: string) {
    this.#base = base;
  }

  /**
   * Parses a base URL. White space around the URL and trailing slashes are removed. The scheme and the host are changed to lower case. The
   * last path segment `features` is removed with everything after it, so that the URL of a stream is accepted as well.
   */
  static parse(given: string): EdgeUrl | UrlError {
    const text = trim(given);
    if (text === "") return "empty";
    if (!GRAPHIC.test(text)) return "character";
    const [, scheme, rest] = /^(.*?):\/\/(.*)$/.exec(text) ?? [];
    if (scheme === undefined || rest === undefined || !/^https?$/i.test(scheme)) return "scheme";
    if (/[?#]/.test(rest)) return "query";
    const slash = rest.indexOf("/");
    const host = slash < 0 ? rest : rest.slice(0, slash);
    const path = rest.slice(host.length);
    if (host.includes("@")) return "credentials";
    const error = authorityError(host);
    if (error !== undefined) return error;
    const features = `${path}/`.lastIndexOf("/features/");
    const folder = (features < 0 ? path : path.slice(0, features)).replace(/\/+$/, "");
    return new EdgeUrl(lowerCase(`${scheme}://${host}`) + folder);
  }

  /** Returns the URL of a poll, which contains all keys and the digest of the context, given as its header. */
  poll(keys: ApiKeys, context: string): SecretUrl {
    const query = keys.list.map((key) => `apiKey=${percentEncoded(key.expose(), IN_KEYS)}&`).join("");
    return new SecretUrl(`${this.#base}/features?${query}contextSha=${contextSha(context)}`);
  }

  /**
   * Returns the URL of a stream. If `context` is given, the URL's query carries this text of the context header, for programs that cannot
   * send headers with a stream.
   */
  stream(key: ApiKey, context?: string): SecretUrl {
    const query = context === undefined ? "" : `?xfeaturehub=${percentEncoded(context)}`;
    return new SecretUrl(`${this.#base}/features/${percentEncoded(key.expose(), IN_KEYS)}${query}`);
  }

  /** Returns the base URL with its path, for requests and settings. Do not log the URL, because it may hold an API key. */
  expose(): string {
    return this.#base;
  }
}

/** The characters to percent-encode in keys, which keep `*` and `/`. */
const IN_KEYS = /[^A-Za-z0-9\-._~*/]/gu;
/** A text of visible ASCII characters. */
const GRAPHIC = /^[!-~]+$/;
/** A host without a port. Hosts cannot contain most forbidden domain code points of the WHATWG URL standard. */
const HOST = /^[^<>[\]\\^|%"`{}]+$/;

/** Checks a host, with or without a port. */
function authorityError(authority: string): UrlError | undefined {
  const [, address, host = "", behind = ""] = /^(?:\[([^\]]*)\]|([^:]*))(.*)$/.exec(authority) ?? [];
  if (address === undefined ? !HOST.test(host) : !isIpv6(address)) return "host";
  if (behind === "") return undefined;
  if (!behind.startsWith(":")) return "host";
  const port = behind.slice(1);
  // An empty port, as in `http://edge:/`, means the default port.
  return port === "" || (/^\d+$/.test(port) && Number(port) > 0 && Number(port) <= 65_535)
    ? undefined
    : "port";
}

/** Returns true if the text is an IPv6 address. */
function isIpv6(text: string): boolean {
  try {
    return /^[\da-f:.]+$/i.test(text) && Boolean(new URL(`http://[${text}]`));
  } catch {
    return false;
  }
}

/** Returns the origin of a URL without credentials, and `/***` for the rest if there is one; `***` for a text without a scheme. */
export function shownUrl(url: EdgeUrl | SecretUrl): string {
  const [, scheme, host = "", path] = /^([^]*?):\/\/(?:[^/?#]*@)?([^/?#]*)([^]*)$/.exec(url.expose()) ?? [];
  return scheme ? `${scheme}://${host}${path === "" ? "" : "/***"}` : "***";
}

/** A URL that may contain API keys. Its text is private; {@link shownUrl} returns what may be shown. */
export class SecretUrl {
  readonly #url: string;

  /** Wraps any URL that must not be printed. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Returns the complete URL, for requests. Do not print the URL, because it may contain API keys. */
  expose(): string {
    return this.#url;
  }
}

/** Returns the part of a URL before its path, query and fragment; the whole text if it has no scheme. */
export function originOf(url: string): string {
  return /^[^]*?:\/\/[^/?#]*/.exec(url)?.[0] ?? url;
}

/** Returns the target of a redirect from a URL; `undefined` if the target is invalid or has another origin. */
export type Redirected = (from: SecretUrl, location: string) => SecretUrl | undefined;

/** Follows redirects for platforms that do not follow them themselves; see {@link Redirected}. */
export const redirected: Redirected = (from, given) => {
  const location = trim(given);
  if (!GRAPHIC.test(location)) return undefined;
  const target = resolved(from.expose(), before(location, /#/));
  return normalOrigin(originOf(target)) === normalOrigin(originOf(from.expose()))
    ? new SecretUrl(target)
    : undefined;
};

/** Returns the target of a reference without a fragment, because a request has none. */
function resolved(url: string, location: string): string {
  const origin = originOf(url);
  const path = before(url, /[?#]/);
  if (location === "") return before(url, /#/);
  // A colon in a path, a query or a fragment does not end a scheme. A target without `//` after its scheme has no origin.
  if (/^[a-z][a-z\d+.-]*:/i.test(location)) return location.includes("://") ? location : "";
  if (location.startsWith("//")) return before(origin, /\/\//) + location;
  if (location.startsWith("/")) return origin + location;
  if (location.startsWith("?")) return path + location;
  const slash = path.lastIndexOf("/");
  return `${slash < origin.length ? origin : path.slice(0, slash)}/${location}`;
}

/** Returns the text before the first match, or the whole text. */
function before(text: string, end: RegExp): string {
  const at = text.search(end);
  return at < 0 ? text : text.slice(0, at);
}

/** Returns an origin in normal form: in lower case, and without the default port. */
function normalOrigin(origin: string): string {
  const usual = equalsIgnoringCase(origin.slice(0, 7), "http://") ? ":80" : ":443";
  return lowerCase(origin.endsWith(usual) ? origin.slice(0, -usual.length) : origin);
}
