"""The comparison of answers before anything is measured."""

from __future__ import annotations

from typing import Any

from engines import Engine

#: The bounds of a rollout to 20 % with another hash than FeatureHub's, as shares of all users of all rollouts.
ROLLOUT = (0.18, 0.22)


def compare(engine: Engine, described: dict[str, Any], every: int = 1) -> str:
    """Compare each answer for every user, or every so many users, and return what was compared. Raise `SystemExit` if one is wrong."""
    rollouts = set() if engine.has_featurehub_hash else set(described["rollouts"])
    answers, users = described["answers"], described["users"]
    on, users_compared = 0, len(range(0, len(users), every))
    for number in range(0, len(users), every):
        user = users[number]
        read = engine.reader(user)
        for key, expected in answers.items():
            answer = read(key)
            if key in rollouts:
                on += answer is True
            elif answer is not (expected[number] == "1"):
                raise SystemExit(f"{engine.name}: {key} is {answer!r} for user {number}")
    compared = f"{engine.name}: {len(answers) - len(rollouts)} flags × {users_compared} users are equal"
    if rollouts:
        share = on / (len(rollouts) * users_compared)
        if not ROLLOUT[0] <= share <= ROLLOUT[1]:
            raise SystemExit(f"{engine.name}: the rollouts include {share:.1%} of the users")
        compared += f", and its {len(rollouts)} rollouts include {share:.1%}"
    return compared
