internal import FeatureHubNative

/// A function or an object of the program for a client, with its description.
struct Part: Sendable {
    fileprivate let description: [String: Json]
    fileprivate let function: Function?
    fileprivate let object: NativeObject?

    init(_ description: [String: Json], _ function: Function) {
        (self.description, self.function, object) = (description, function, nil)
    }

    init(_ description: [String: Json], _ object: NativeObject) {
        (self.description, function, self.object) = (description, nil, object)
    }
}

extension Part {
    static func change(_ key: String, _ given: Json, _ listener: @escaping @Sendable (Change) throws -> Void) -> Part {
        Part(["is": .text("change"), "key": .text(key), "context": given], Function.of { try listener(Change($0)) })
    }

    static func readiness(_ listener: @escaping @Sendable (Readiness) throws -> Void) -> Part {
        Part(["is": .text("readiness")], Function.of { try listener(Readiness($0["readiness"])) })
    }

    static func status(_ listener: @escaping @Sendable (StatusChange) throws -> Void) -> Part {
        Part(["is": .text("status")], Function.of { try listener(StatusChange($0)) })
    }

    static func newState(_ listener: @escaping @Sendable (NewState) throws -> Void) -> Part {
        Part(["is": .text("newState")], Function.of { try listener(NewState($0)) })
    }

    static func raw(_ listener: @escaping @Sendable (RawUpdate) throws -> Void) -> Part {
        Part(["is": .text("raw")], Function.of { try listener(RawUpdate($0)) })
    }

    static func notice(_ listener: @escaping @Sendable (Notice) throws -> Void) -> Part {
        Part(["is": .text("notice")], Function.of { try listener(Notice($0)) })
    }
}

extension [Part] {
    /// The descriptions, the functions and the objects, as the native library takes them. A description has the position of its object.
    var described: ([String], [Function], [NativeObject]) {
        var objects: [NativeObject] = []
        let descriptions = map { part in
            guard let object = part.object else { return part.description }
            objects.append(object)
            return part.description.merging(["object": .integer(Int64(objects.count - 1))]) { $1 }
        }
        // Texts and numbers can always be written.
        return (descriptions.map { (try? Json.object($0).written) ?? "" }, compactMap(\.function), objects)
    }
}
