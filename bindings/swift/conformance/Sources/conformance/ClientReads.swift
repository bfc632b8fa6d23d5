import FeatureHub
import Foundation

extension Members {
    /// Returns the type of a read.
    func kind() throws -> String {
        let kind = try given("type")
        guard ["BOOLEAN", "STRING", "NUMBER", "JSON"].contains(kind) else {
            throw AdapterError.misuse("\"\(kind)\" is not the name of a getter")
        }
        return kind
    }
}

/// Performs one read of a client, and returns all that the client tells.
func answer(of client: AdapterClient, _ read: Members) throws -> Json {
    let (key, kind, other) = (try read.given("feature"), try read.kind(), read["default"])
    let reads = client.reads(read.attributes("context"))
    let before = client.sdk.generation
    // Without a usage listener, the typed getter and the detail must agree.
    let got = client.reportsUsage ? nil : value(of: reads, key, kind, other.value)
    let detail = try reads.detail(key, kind: kind)
    let expected = detail.value ?? other.value
    var answer: [String: Json] = [
        "value": detail.value.map { Json($0) } ?? other,
        "text": .optional(text(detail.value, other)),
        "is_set": .boolean(reads.peek(key).value != nil),
        "exists": .boolean(detail.exists),
        "locked": .boolean(detail.isLocked),
        "type": .optional(detail.kind),
        "strategy_id": .optional(detail.strategyId),
        "reason": .text(detail.reason),
    ]
    if detail.exists {
        answer["version"] = .integer(detail.version)
        answer["properties"] = .texts(detail.properties)
    }
    if !client.reportsUsage && got?.description != expected?.description && detail.generation == before {
        answer["error"] = .text("the getter returned \(text(got, .null) ?? "nil") and the detail \(text(expected, .null) ?? "nil")")
    }
    return .object(answer)
}

/// Reads a feature with its typed getter, which counts as one use.
private func value(of reads: any Reads, _ key: String, _ kind: String, _ other: Value?) -> Value? {
    switch (kind, other) {
    case ("BOOLEAN", .boolean(let other)): .boolean(reads.boolean(key, default: other))
    case ("BOOLEAN", _): reads.boolean(key).map { .boolean($0) } ?? other
    case ("STRING", .string(let other)): .string(reads.string(key, default: other))
    case ("STRING", _): reads.string(key).map { .string($0) } ?? other
    case ("NUMBER", _): reads.decimal(key).map { .number($0) } ?? other
    default: reads.json(key).map { .json($0) } ?? other
    }
}

/// Returns the value of a typed getter, as a listener reads it.
func value(of client: AdapterClient, _ action: Members) throws -> Json {
    Json(value(of: client.reads(action.attributes("context")), try action.given("feature"), try action.kind(), nil))
}

/// Returns a value, or else the default, as text. A number keeps its digits.
func text(_ value: Value?, _ other: Json) -> String? {
    switch (value, other) {
    case (let value?, _): value.description
    case (nil, .null): nil
    case (nil, .text(let text)): text
    default: String(decoding: other.data, as: UTF8.self)
    }
}
