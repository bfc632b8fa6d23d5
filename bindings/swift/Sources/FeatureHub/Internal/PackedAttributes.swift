import Foundation

/// Attributes as bytes for the native library: for each one the name, the number of its values, and the values. They are the only copy,
/// because dictionaries of lists take longer to build than a context.
struct PackedAttributes: Sendable {
    /// The number of values of an attribute with a single value that is no list.
    static let one = UInt32.max

    let bytes: Data

    /// Packs attributes. An attribute without a value is left out, but an empty list is one.
    init(_ attributes: [String: any AttributeValue]) {
        var packing = Packing(capacity: attributes.count * 64)
        for (name, values) in attributes {
            let start = packing.count
            packing.add(name)
            let place = packing.count
            packing.add(0)
            var count: UInt32 = 0
            values.forEachText {
                packing.add($0)
                count += 1
            }
            let isList = count > 1 || values.isAttributeList
            if count == 0 && !isList { packing.removeAll(from: start) } else { packing.set(isList ? count : Self.one, at: place) }
        }
        bytes = packing.data
    }

    /// The attributes, each with its values.
    var texts: [String: AttributeTexts] { Unpacking.attributes(bytes) }

    /// The attributes as requests have them.
    var json: Json { .object(texts.mapValues(\.json)) }
}
