internal import FeatureHubNative

/// The attributes of a user, a device or a request, with the functions that read features for them. A context is immutable, and may be used
/// by many tasks and threads.
public struct Context: Reads {
    /// The client of the context.
    public let client: Client
    public let reader: Reader

    /// The attributes, each with its values as texts.
    public var attributes: [String: [String]] { reader.attributes?.texts.mapValues(\.attributeTexts) ?? [:] }

    init(_ client: Client, _ attributes: PackedAttributes) {
        let own = client.reader
        let reads = own.client.context(attributes: attributes.bytes)
        self.client = client
        reader = Reader(reads, own.client, own.lifetime, attributes)
    }

    /// Returns a context with these attributes in addition. An attribute that exists is replaced; nil removes it.
    public func with(_ attributes: [String: any AttributeValue]) -> Context {
        let own = reader.attributes?.texts ?? [:]
        let merged = attributes.merging(own.mapValues { $0 as any AttributeValue }) { given, _ in given }
        return Context(client, PackedAttributes(merged))
    }

    /// Reports a metric of the context's user to FeatBit, for its experiments. The event is queued, and is sent with others within 5 seconds.
    ///
    /// - Throws: ``ClientError/invalid(_:)`` if the client is none of FeatBit, the name is blank, the value is not a finite number of 32 bits,
    ///   or the context has no user key
    public func track(_ event: String, value: Double = 1) throws {
        _ = try reader.client.perform("track", ["event": .text(event), "value": .text("\(value)"), "context": reader.given])
    }
}

extension Context: CustomStringConvertible {
    /// The names of the attributes. Their values are personal data, so they are left out.
    public var description: String { "Context of \(attributes.keys.sorted().joined(separator: ", "))" }
}
