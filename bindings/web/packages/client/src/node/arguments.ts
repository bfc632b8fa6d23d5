/** Returns the error for a value of another type than the one to write. */
function ofType(what: string, given: unknown, form: string): TypeError {
  return new TypeError(`${what} of the type ${given === null ? "null" : typeof given}: write ${form}`);
}

/**
 * Checks the types of the constructor's arguments, because a program in JavaScript may give any values, and returns the API keys. A set or a
 * generator of keys is read once.
 *
 * @throws a TypeError that names the argument and shows what to write
 */
export function checkArguments(
  url: unknown,
  apiKey: string | Iterable<string>,
  options: unknown,
): string | Iterable<string> {
  const line = 'new Client("https://edge.example", "ENVIRONMENT/KEY")';
  // Also URLs of jsdom, whose class is another one, are no plain object.
  if (Object.prototype.toString.call(url) === "[object Object]") throw ofType("the URL is", url, line);
  if (typeof options !== "object" || options === null)
    throw ofType("the options are", options, 'an object such as { mode: "polling", interval: 30 }');
  if (typeof apiKey !== "object" || (apiKey as unknown) === null) return apiKey;
  if (!(Symbol.iterator in apiKey)) throw ofType("the API key is", apiKey, line);
  const keys: readonly unknown[] = [...apiKey];
  for (const key of keys)
    if (typeof key !== "string") throw ofType("an API key is", key, 'a text such as "ENVIRONMENT/KEY"');
  return keys as readonly string[];
}
