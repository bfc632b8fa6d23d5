import Foundation

/// Writes texts and numbers in the form that ``Unpacking`` reads. It writes into memory of its own, because an array checks each append.
struct Packing {
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    /// Allocates memory for this many bytes. It grows if they are too few. ``data`` frees it.
    init(capacity: Int) {
        self.capacity = max(capacity, 16)
        start = .allocate(byteCount: self.capacity, alignment: 1)
    }

    /// Adds a number of 4 bytes.
    mutating func add(_ number: UInt32) {
        reserve(4)
        count += 4
        set(number, at: count - 4)
    }

    /// Adds the length of a text and its UTF-8.
    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            add(UInt32(truncatingIfNeeded: utf8.count))
            guard let bytes = utf8.baseAddress else { return }
            reserve(utf8.count)
            (start + count).copyMemory(from: bytes, byteCount: utf8.count)
            count += utf8.count
        }
    }

    /// Replaces the number at a position.
    func set(_ number: UInt32, at position: Int) {
        start.storeBytes(of: number.littleEndian, toByteOffset: position, as: UInt32.self)
    }

    /// Removes the bytes from a position on.
    mutating func removeAll(from position: Int) {
        count = position
    }

    /// The bytes, which own the memory from now on.
    var data: Data {
        Data(bytesNoCopy: start, count: count, deallocator: .custom { start, _ in start.deallocate() })
    }

    private mutating func reserve(_ more: Int) {
        guard capacity - count < more else { return }
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        larger.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = larger
    }
}
