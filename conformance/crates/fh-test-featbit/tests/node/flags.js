// Flags as FeatBit's user interface makes them.

const everybody = (id) => ({ id, rollout: [0, 1], exptRollout: 1 });

/** Returns a flag that serves one value to every user, or `true` to the users of a segment alone. */
export function booleanFlag(key, value, segment) {
  const condition = { id: 'c', property: 'User is in segment', op: '', value: JSON.stringify([segment]) };
  const rule = { id: 'r', name: 'members', dispatchKey: null, includedInExpt: false, conditions: [condition], variations: [everybody('on')] };
  return {
    id: `flag-${key}`,
    key,
    name: key,
    variationType: 'boolean',
    variations: [
      { id: 'on', name: 'on', value: 'true' },
      { id: 'off', name: 'off', value: 'false' },
    ],
    targetUsers: [],
    rules: segment ? [rule] : [],
    isEnabled: true,
    disabledVariationId: 'off',
    fallthrough: { dispatchKey: null, includedInExpt: true, variations: [everybody(value ? 'on' : 'off')] },
    exptIncludeAllTargets: true,
    tags: [],
    isArchived: false,
  };
}

/** Returns a segment of some users. */
export function segment(id, included) {
  return { id, name: id, included, excluded: [], rules: [], isArchived: false };
}
