package fh.bench

/**
 * The shares of users that a rollout to 20 % of an SDK with another hash may include. FeatureHub's SDK for Java has another seed than its
 * Edge.
 */
private val ROLLOUT = 0.18..0.22

/**
 * Compares each answer of an engine for every user, or every so many users, and returns a description.
 *
 * @throws IllegalStateException if an answer is wrong
 */
internal fun compareAnswers(name: String, engine: Engine, every: Int): String {
    val rollouts = if (name == Engine.OURS) emptySet() else Payloads.rollouts
    val users = Payloads.users.indices step every
    var included = 0
    for (number in users) {
        engine.keep(Payloads.users[number])
        for ((key, expected) in Payloads.answers) {
            val answer = engine.inContext(key)
            if (key in rollouts) {
                if (answer) included++
            } else {
                check(answer == (expected[number] == '1')) { "$name: $key is $answer for user $number" }
            }
        }
        engine.checkWorkloads(name, Payloads.users[number])
    }
    val equal = "$name: ${Payloads.answers.size - rollouts.size} flags × ${users.count()} users are equal"
    if (rollouts.isEmpty()) return equal
    val share = included.toDouble() / (rollouts.size * users.count())
    val shown = "%.1f %%".format(share * 100)
    check(share in ROLLOUT) { "$name: the rollouts include $shown of the users" }
    return "$equal, and its ${rollouts.size} rollouts include $shown"
}

/** Checks the calls that are measured in another form than [Engine.inContext]. */
private fun Engine.checkWorkloads(name: String, user: User) {
    val (plain, rollout) = listOf("W1", "W2").map { Payloads.key(it) }
    check(plain(plain) == inContext(plain)) { "$name: $plain differs without a context" }
    check(build(user, rollout) == inContext(rollout)) { "$name: $rollout differs with a new context" }
}
