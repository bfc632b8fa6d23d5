import Foundation

/// A tree of JSON, as operations and events cross the border to the native library.
enum Json: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([Json])
    case object([String: Json])

    /// The member with this name; null if there is none.
    subscript(name: String) -> Json {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    var list: [Json] {
        if case .list(let elements) = self { elements } else { [] }
    }

    var members: [String: Json] {
        if case .object(let members) = self { members } else { [:] }
    }

    var texts: [String] { list.compactMap(\.text) }

    /// The attributes of a context, each with its values; nil without a context.
    var attributes: [String: [String]]? {
        if case .object(let members) = self { members.mapValues(\.texts) } else { nil }
    }
}

extension Json: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let members = try? value.decode([String: Json].self) {
            self = .object(members)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else {
            self = .list(try value.decode([Json].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .boolean(let boolean): try value.encode(boolean)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let elements): try value.encode(elements)
        case .object(let members): try value.encode(members)
        }
    }

    /// Returns the tree of a value that can be encoded.
    init(encoding value: any Encodable) throws {
        self = try JSONDecoder().decode(Json.self, from: JSONEncoder().encode(value))
    }

    init(parsing text: String) throws {
        self = try JSONDecoder().decode(Json.self, from: Data(text.utf8))
    }

    /// The text of the tree.
    var written: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}
