import Foundation
internal import FeatureHubNative

/// Reads what the native library packs: a text is its length and its UTF-8; the length 0xffffffff is that of a missing text. Numbers have 4
/// or 8 bytes, the lowest first.
struct Unpacking {
    private var rest: UnsafeRawBufferPointer
    /// The last text that was read by ``repeated()``.
    private var last = ""

    private static let missing = UInt32.max

    private init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    /// Reads the detail that the bytes contain. Without bytes, all members are missing.
    static func detail(_ data: Data) -> Detail {
        data.withUnsafeBytes { bytes in
            var unpacking = Unpacking(bytes)
            return Detail(&unpacking)
        }
    }

    /// Reads the details that the bytes contain, where they are.
    static func details(_ native: NativeBytes) -> [Detail] {
        withExtendedLifetime(native) {
            let start = UnsafeRawPointer(bitPattern: UInt(native.address()))
            var unpacking = Unpacking(UnsafeRawBufferPointer(start: start, count: Int(native.count())))
            var details: [Detail] = []
            details.reserveCapacity(unpacking.rest.count / 100)
            while !unpacking.rest.isEmpty { details.append(Detail(&unpacking)) }
            return details
        }
    }

    /// Reads the attributes that the bytes contain, each with its values.
    static func attributes(_ data: Data) -> [String: AttributeTexts] {
        data.withUnsafeBytes { bytes in
            var unpacking = Unpacking(bytes)
            var attributes: [String: AttributeTexts] = [:]
            while !unpacking.rest.isEmpty {
                let name = unpacking.text()
                let count = unpacking.number(UInt32.self)
                let isList = count != PackedAttributes.one
                let texts = (0..<(isList ? count : 1)).map { _ in unpacking.text() }
                attributes[name] = AttributeTexts(attributeTexts: texts, isAttributeList: isList)
            }
            return attributes
        }
    }

    /// Reads a number. Bytes that are missing are zeros.
    mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        let bytes = take(MemoryLayout<Number>.size)
        guard bytes.count == MemoryLayout<Number>.size else { return 0 }
        return Number(littleEndian: bytes.loadUnaligned(as: Number.self))
    }

    mutating func boolean() -> Bool { number(UInt8.self) != 0 }

    mutating func letter() -> UInt8 { number(UInt8.self) }

    mutating func optional() -> String? {
        let length = number(UInt32.self)
        if length == Self.missing { return nil }
        return String(decoding: take(Int(length)), as: UTF8.self)
    }

    /// Reads a text that most details of a state have in common, so that they share it.
    mutating func repeated() -> String? {
        let length = number(UInt32.self)
        if length == Self.missing { return nil }
        let bytes = take(Int(length))
        let isLast = last.utf8.withContiguousStorageIfAvailable { $0.elementsEqual(bytes) } ?? false
        if !isLast { last = String(decoding: bytes, as: UTF8.self) }
        return last
    }

    /// Removes the next bytes, as many as there are, and returns them. It uses no slices, which cost more than the texts.
    private mutating func take(_ wanted: Int) -> UnsafeRawBufferPointer {
        let count = min(wanted, rest.count)
        guard let start = rest.baseAddress else { return rest }
        rest = UnsafeRawBufferPointer(start: start + count, count: rest.count - count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    mutating func text() -> String { optional() ?? "" }
}
