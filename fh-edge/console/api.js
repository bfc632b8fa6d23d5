// The admin API. The key is kept as long as the tab is open.

import { parse, write } from './json.js';

const BASE = '../admin/v1/';
const KEPT = 'fh-edge.admin-key';

let key = sessionStorage.getItem(KEPT);

/** What the server refused, and where. */
export class Refused extends Error {
  constructor(status, { error, place, further = [] }) {
    super(error);
    this.status = status;
    this.place = place;
    this.further = further;
  }
}

/** The server was not reached. */
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

/** Takes the key if it is the right one. */
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
  try {
    return await fetch(BASE + path, { ...options, headers, cache: 'no-store', credentials: 'omit' });
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
    // A proxy in between has no JSON to say.
  }
  throw new Refused(response.status, said);
}

export function get(path, signal) {
  return answer(path, { signal });
}

export function post(path, body, signal) {
  return answer(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: write(body), signal });
}

/** Changes a feature, if its version still is the one given. */
export function patch(environment, feature, change, version) {
  const headers = { 'Content-Type': 'application/json', 'If-Match': `"${version}"` };
  return answer(`features/${environment}/${encodeURIComponent(feature)}`, { method: 'PATCH', headers, body: write(change) });
}
