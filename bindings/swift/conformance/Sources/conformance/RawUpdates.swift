import FeatureHub

/// Returns the members of the event of an unchanged update.
func members(of update: RawUpdate) throws -> [String: Json] {
    let kind =
        switch update.kind {
        case .list: "features"
        case .feature: "feature"
        case .delete: "delete_feature"
        }
    var features: [String: Json] = [:]
    collect(try Json(parsing: update.json), into: &features)
    return ["kind": .text(kind), "source": .text(update.source), "features": .object(features)]
}

/// Adds the keys and versions of all features of an update: a feature, a list of features, or a list of environments. A feature without
/// version has version 0, because null would mean that the key is missing.
private func collect(_ json: Json, into features: inout [String: Json]) {
    switch json {
    case .list(let elements):
        for element in elements { collect(element, into: &features) }
    case .object(let members):
        if case .list = members["features"] {
            collect(members["features"] ?? .null, into: &features)
        } else if case .text(let key) = members["key"] {
            features[key] = members["version"] ?? .integer(0)
        }
    default: break
    }
}
