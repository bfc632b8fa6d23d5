import Foundation

/// A tree of JSON, as the protocol has it. A number keeps its digits.
enum Json: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(Decimal)
    case text(String)
    case list([Json])
    case object([String: Json])

    init(parsing text: String) throws {
        self = try JSONDecoder().decode(Json.self, from: Data(text.utf8))
    }

    /// The text of the tree.
    var data: Data { (try? JSONEncoder().encode(self)) ?? Data() }

    /// The tree of a text, or null.
    static func optional(_ text: String?) -> Json { text.map { .text($0) } ?? .null }

    static func integer(_ number: Int64) -> Json { .number(Decimal(number)) }
}

extension Json: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let members = try? value.decode([String: Json].self) {
            self = .object(members)
        } else if let elements = try? value.decode([Json].self) {
            self = .list(elements)
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else {
            self = .number(try value.decode(Decimal.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .boolean(let boolean): try value.encode(boolean)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let elements): try value.encode(elements)
        case .object(let members): try value.encode(members)
        }
    }
}
