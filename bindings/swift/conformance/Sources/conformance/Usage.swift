import FeatureHub

/// Returns the members of the event of a use.
func members(of event: UsageEvent) throws -> [String: Json] {
    var members: [String: Json] = ["user_key": .optional(event.userKey), "attributes": .attributes(event.attributes)]
    if event.kind == .evaluated {
        let feature = event.features.first
        members["kind"] = .text("feature")
        members["feature"] = .optional(feature?.key)
        members["value"] = .optional(feature?.text)
        members["version"] = feature.map { .integer($0.version) }
        members["id"] = .optional(feature?.id)
        members["environment"] = .optional(feature?.environment)
        members["strategy_id"] = .optional(feature?.strategyId)
        return members
    }
    let texts = event.features.compactMap { feature in feature.text.map { (feature.key, $0) } }
    members["kind"] = .text(event.kind == .collection ? "collection" : event.name)
    members["features"] = .texts(Dictionary(texts) { $1 })
    members["params"] = try event.params.map { try Json(parsing: $0) }
    return members
}
