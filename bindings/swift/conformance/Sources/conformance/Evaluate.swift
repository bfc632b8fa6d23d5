import FeatureHub
import Foundation

/// Evaluates reads of a payload. A read that the engine cannot perform has an error in place of a value.
func evaluate(_ command: Members) throws -> [String: Json] {
    let name = try command.given("profile")
    guard let profile = Profile(rawValue: name) else { throw AdapterError.misuse("there is no profile \"\(name)\"") }
    let reads = try command.list("reads")
    for read in reads { _ = try read.kind() }
    let payload = try command.given("payload")
    let answers: [Json]
    do {
        let ruleset = try Ruleset(json: payload, profile: profile)
        answers = reads.map { answer(of: ruleset, $0) }
    } catch {
        answers = reads.map { _ in .object(["value": .null, "error": .text("\(error)")]) }
    }
    return ["answers": .list(answers)]
}

private func answer(of ruleset: Ruleset, _ read: Members) -> Json {
    do {
        return .object(try evaluation(of: ruleset, read))
    } catch {
        return .object(["value": read["default"], "error": .text("\(error)")])
    }
}

private func evaluation(of ruleset: Ruleset, _ read: Members) throws -> [String: Json] {
    let (key, other) = (try read.given("feature"), read["default"])
    // Two texts of the same characters are different keys if their bytes differ.
    guard ruleset.keys.contains(where: { $0.utf8.elementsEqual(key.utf8) }) else {
        return [
            "value": other, "text": .optional(text(nil, other)), "is_set": .boolean(false), "exists": .boolean(false),
            "reason": .text("NOT_FOUND"),
        ]
    }
    let attributes = read.attributes("native") ?? read.attributes("context")
    let now = read.number("now_ms").map { Date(timeIntervalSince1970: $0 / 1000) }
    let evaluation = try ruleset.evaluate(key, attributes, kind: read.kind(), now: now)
    return [
        "value": evaluation.value.map { Json($0) } ?? other,
        "text": .optional(text(evaluation.value, other)),
        "is_set": .boolean(evaluation.isSet),
        "exists": .boolean(true),
        "locked": .boolean(evaluation.isLocked),
        "version": .integer(evaluation.version),
        "strategy_id": .optional(evaluation.strategyId),
        "reason": .text(evaluation.reason),
        "properties": .texts(evaluation.properties),
    ]
}
