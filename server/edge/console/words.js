// Describes strategies in words: "20 % of users by userkey, if country is new_zealand".

import { isNumber, number, write } from './json.js';

const MILLION = 1_000_000;

/** Returns an error of the server, which begins with a small letter, as a sentence. */
export function sentence(text) {
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}

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

// The engine's lists, which `FH_WRITE_PAGES=1 cargo test -p fh-eval --test written_lists` writes: each conditional with its label and its
// words for one value and for several values, and the labels of types.
export const CONDITIONALS = {
  EQUALS: { label: 'is', words: ['is', 'is one of'], relation: 'equal', isNegative: false },
  NOT_EQUALS: { label: 'is not', words: ['is not', 'is none of'], relation: 'equal', isNegative: true },
  STARTS_WITH: { label: 'starts with', words: ['starts with', 'starts with one of'], relation: 'starts', isNegative: false },
  ENDS_WITH: { label: 'ends with', words: ['ends with', 'ends with one of'], relation: 'ends', isNegative: false },
  INCLUDES: { label: 'contains', words: ['contains', 'contains one of'], relation: 'contains', isNegative: false },
  EXCLUDES: { label: 'does not contain', words: ['does not contain', 'contains none of'], relation: 'contains', isNegative: true },
  REGEX: { label: 'matches', words: ['matches', 'matches one of'], relation: 'pattern', isNegative: false },
  GREATER: { label: '>', words: ['is more than', 'is more than one of'], inTime: ['is after', 'is after one of'], relation: 'order', isNegative: false },
  GREATER_EQUALS: { label: '≥', words: ['is at least', 'is at least one of'], inTime: ['is not before', 'is not before one of'], relation: 'order', isNegative: false },
  LESS: { label: '<', words: ['is less than', 'is less than one of'], inTime: ['is before', 'is before one of'], relation: 'order', isNegative: false },
  LESS_EQUALS: { label: '≤', words: ['is at most', 'is at most one of'], inTime: ['is not after', 'is not after one of'], relation: 'order', isNegative: false },
};
export const TYPES = {
  STRING: 'text',
  NUMBER: 'number',
  BOOLEAN: 'yes or no',
  SEMANTIC_VERSION: 'version',
  DATE: 'date',
  DATETIME: 'date and time',
  IP_ADDRESS: 'IP address',
};
const IN_NETWORKS = [['is in', 'is in one of'], ['is not in', 'is in none of']];

/** Returns the words of a conditional for rules of a type. */
function wordsOf(type, conditional) {
  const { words, inTime, relation, isNegative } = conditional;
  const isEquality = relation === 'equal' || relation === 'contains';
  if (type === 'IP_ADDRESS' && isEquality) return IN_NETWORKS[Number(isNegative)];
  if (type === 'DATE' || type === 'DATETIME') return inTime ?? (isEquality ? equal(isNegative) : words);
  // For types other than STRING, containing means being equal.
  return relation === 'contains' && type !== 'STRING' && type !== undefined ? equal(isNegative) : words;
}

function equal(isNegative) {
  return (isNegative ? CONDITIONALS.NOT_EQUALS : CONDITIONALS.EQUALS).words;
}

function sign(rule, several) {
  const known = Object.hasOwn(CONDITIONALS, rule.conditional) ? CONDITIONALS[rule.conditional] : undefined;
  return known ? wordsOf(rule.type, known)[several ? 1 : 0] : String(rule.conditional ?? 'is ?');
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
