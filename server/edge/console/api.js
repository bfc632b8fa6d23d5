// Requests to the admin API. The key is stored until the tab is closed.

import { parse, write } from './json.js';

const BASE = '../admin/v1/';
const KEPT = 'fh-edge.admin-key';

let key = sessionStorage.getItem(KEPT);
/** The highest revision of a response. In a cluster, a server answers a request only when it serves this revision. */
let revision = 0;

/** An error response of the server, with the place of the mistake in the request. */
export class Refused extends Error {
  constructor(status, { error, place, further = [] }) {
    super(error);
    this.status = status;
    this.place = place;
    this.further = further;
  }
}

/** The error if the server cannot be reached. */
export class Unreachable extends Error {
  constructor() {
    super('The server does not answer. Nothing was changed.');
  }
}

export function hasKey() {
  return key !== null;
}

export function forget() {
  key = null;
  sessionStorage.removeItem(KEPT);
}

/** Checks the key with a request, and stores it if the server accepts it. */
export async function signIn(given) {
  const before = key;
  key = given;
  try {
    await get('environments');
    sessionStorage.setItem(KEPT, given);
  } catch (error) {
    key = before;
    throw error;
  }
}

/** Sends a request with the key. */
export async function send(path, options = {}) {
  const headers = { ...options.headers, Authorization: `Bearer ${key}` };
  if (revision > 0) headers['x-fh-min-revision'] = revision;
  try {
    const response = await fetch(BASE + path, { ...options, headers, cache: 'no-store', credentials: 'omit' });
    // The next request does not wait again for a server that is cut off from the others.
    revision = response.status === 503 ? 0 : Math.max(revision, Number(response.headers.get('x-fh-revision')));
    return response;
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Unreachable();
  }
}

async function answer(path, options) {
  const response = await send(path, options);
  const text = await response.text();
  if (response.ok) return parse(text);
  if (response.status === 401) dispatchEvent(new CustomEvent('signed-out'));
  let said = { error: `The server answered ${response.status}.` };
  try {
    said = JSON.parse(text);
  } catch {
    // The error page of a proxy is not JSON.
  }
  throw new Refused(response.status, said);
}

export function get(path, signal) {
  return answer(path, { signal });
}

export function post(path, body, signal) {
  return answer(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: write(body), signal });
}

/** Changes a feature if its version is still the given one. */
export function patch(environment, feature, change, version) {
  const headers = { 'Content-Type': 'application/json', 'If-Match': `"${version}"` };
  return answer(`features/${environment}/${encodeURIComponent(feature)}`, { method: 'PATCH', headers, body: write(change) });
}
