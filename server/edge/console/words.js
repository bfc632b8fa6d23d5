// Describes strategies in words: "20 % of users by userkey, if country is new_zealand".

import { isNumber, number, write } from './json.js';

const MILLION = 1_000_000;

/** Returns the percentage of a strategy in millionths; `undefined` if it has none. The engine treats 0 as none. */
export function share(strategy) {
  const given = strategy?.percentage;
  const millionths = isNumber(given) ? number(given) : 0;
  return millionths === 0 ? undefined : millionths;
}

/** Writes millionths as a percentage: 250000 is "25 %". */
export function percent(millionths) {
  return `${Number((millionths / 10_000).toFixed(4))} %`;
}

/** Writes a share as a percentage with one decimal: 0.2034 is "20.3 %". */
export function roughly(part) {
  return `${(part * 100).toFixed(1)} %`;
}

const SIGNS = {
  EQUALS: ['is', 'is one of'],
  NOT_EQUALS: ['is not', 'is none of'],
  STARTS_WITH: ['starts with', 'starts with one of'],
  ENDS_WITH: ['ends with', 'ends with one of'],
  INCLUDES: ['contains', 'contains one of'],
  EXCLUDES: ['does not contain', 'contains none of'],
  REGEX: ['matches', 'matches one of'],
  GREATER: ['is more than', 'is more than one of'],
  GREATER_EQUALS: ['is at least', 'is at least one of'],
  LESS: ['is less than', 'is less than one of'],
  LESS_EQUALS: ['is at most', 'is at most one of'],
};
const IN_TIME = {
  GREATER: ['is after', 'is after one of'],
  GREATER_EQUALS: ['is not before', 'is not before one of'],
  LESS: ['is before', 'is before one of'],
  LESS_EQUALS: ['is not after', 'is not after one of'],
};
/** For these types, containing means being equal. */
const EQUAL = { INCLUDES: SIGNS.EQUALS, EXCLUDES: SIGNS.NOT_EQUALS };
const IN_NETWORKS = { EQUALS: ['is in', 'is in one of'], INCLUDES: ['is in', 'is in one of'], NOT_EQUALS: ['is not in', 'is in none of'], EXCLUDES: ['is not in', 'is in none of'] };
const TEXTUAL = ['STRING', undefined];

export const CONDITIONALS = Object.keys(SIGNS);
export const TYPES = ['STRING', 'NUMBER', 'BOOLEAN', 'SEMANTIC_VERSION', 'DATE', 'DATETIME', 'IP_ADDRESS'];

function sign(rule, several) {
  const { type, conditional } = rule;
  const special = type === 'DATE' || type === 'DATETIME' ? { ...EQUAL, ...IN_TIME }
    : type === 'IP_ADDRESS' ? IN_NETWORKS
    : TEXTUAL.includes(type) ? {} : EQUAL;
  const words = special[conditional] ?? SIGNS[conditional];
  return words ? words[several ? 1 : 0] : String(conditional ?? 'is ?');
}

/** Describes a rule. */
export function rule(given) {
  if (given === null || typeof given !== 'object') return 'something unreadable';
  const values = Array.isArray(given.values) ? given.values : [];
  const shown = values.map((value) => (typeof value === 'string' ? quoted(value) : write(value)));
  const list = shown.length > 6 ? [...shown.slice(0, 5), `${shown.length - 5} more`] : shown;
  return `${given.fieldName ?? '?'} ${sign(given, values.length > 1)} ${list.length ? list.join(', ') : 'nothing'}`;
}

/** Shortens a long text, and adds quotes if the text could be misread without them. */
function quoted(text) {
  const cut = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return text === '' || /[\s,"]/.test(text) ? `"${cut}"` : cut;
}

/** Describes the users that a strategy matches. */
export function whom(strategy) {
  if (strategy === null || typeof strategy !== 'object' || Array.isArray(strategy)) return 'something unreadable';
  const rules = Array.isArray(strategy.attributes) ? strategy.attributes : [];
  const millionths = share(strategy);
  const conditions = rules.map(rule).join(' and ');
  if (millionths === undefined) {
    return conditions ? `all users, if ${conditions}` : 'no users: it has neither a percentage nor a rule';
  }
  const by = Array.isArray(strategy.percentageAttributes) && strategy.percentageAttributes.length > 0
    ? strategy.percentageAttributes.join(' and ') : 'userkey';
  const part = `${percent(millionths)} of users by ${by}`;
  const odd = millionths < 0 || millionths > MILLION ? ' (not a valid percentage)' : '';
  return `${part}${odd}${conditions && `, if ${conditions}`}`;
}

/** Describes a value of a feature of this type. */
export function value(given, type, longest = 80) {
  if (given === null || given === undefined) return 'not set';
  if (type === 'BOOLEAN') return given === true ? 'on' : given === false ? 'off' : write(given);
  const text = typeof given === 'string' ? given : write(given);
  if (text === '') return 'empty text';
  const line = text.replace(/\s+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** Returns the names of the attributes that strategies read, as suggestions. */
export function attributesOf(strategies) {
  const names = new Set();
  for (const strategy of listOf(strategies)) {
    for (const name of listOf(strategy?.percentageAttributes)) if (typeof name === 'string') names.add(name);
    for (const each of listOf(strategy?.attributes)) if (typeof each?.fieldName === 'string') names.add(each.fieldName);
  }
  return names;
}

function listOf(given) {
  return Array.isArray(given) ? given : [];
}
