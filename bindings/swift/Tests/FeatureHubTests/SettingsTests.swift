import Foundation
import XCTest

@testable import FeatureHub

/// The settings and the enumerations of the package are those of the list for all languages (`bindings/shared/lists.json`).
final class SettingsTests: XCTestCase {
    private static let package = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized

    /// The types of the forms.
    private static let types: [String: Any.Type] = [
        "flag": Bool.self, "seconds": Duration.self, "range of seconds": ClosedRange<Duration>.self, "count": Int.self, "text": String.self,
        "texts": [String].self,
        "path": String.self, "headers": [String: String].self, "context": [String: any AttributeValue].self, "json": String.self,
        "backoff": Backoff.self, "limits": Limits.self,
    ]

    /// The words of the settings with choices.
    private static let choices: [String: @Sendable (String) -> Bool] = [
        "system": { FlagSystem(rawValue: $0) != nil }, "mode": { FetchMode(rawValue: $0) != nil }, "profile": { Profile(rawValue: $0) != nil },
        "contextPlacement": { ContextPlacement(rawValue: $0) != nil }, "whileSwitching": { WhileSwitching(rawValue: $0) != nil },
    ]

    private static func read(_ path: String) throws -> String {
        try String(contentsOf: package.appendingPathComponent(path), encoding: .utf8)
    }

    private static func lists() throws -> Json { try Json(parsing: read("../shared/lists.json")) }

    /// The settings that the list has for Swift, by their names.
    private static func listed() throws -> [String: Json] {
        let own = try lists()["settings"].list.filter { $0["lacking"]["Swift"] == .null }
        return Dictionary(uniqueKeysWithValues: own.map { (camelCase($0["name"]), $0) })
    }

    private static func camelCase(_ name: Json) -> String {
        let parts = (name.text ?? "").split(separator: "_")
        return parts.prefix(1).joined() + parts.dropFirst().map(\.capitalized).joined()
    }

    /// The properties of a value, each with the name of its type, which may be optional.
    private static func properties(_ value: Any) -> [String: String] {
        let named = Mirror(reflecting: value).children.map { child in
            let name = "\(type(of: child.value))"
            return (child.label ?? "", name.hasPrefix("Optional<") ? String(name.dropFirst(9).dropLast()) : name)
        }
        return Dictionary(uniqueKeysWithValues: named)
    }

    /// The comment of a property in the part of the source that begins with a declaration.
    private static func comment(_ property: String, of declaration: String) throws -> String {
        let source = try read("Sources/FeatureHub/Settings.swift")
        let part = source.components(separatedBy: "public struct \(declaration): ").last ?? ""
        let before = part.components(separatedBy: "public var \(property):").first ?? ""
        let lines = before.components(separatedBy: "\n").dropLast().reversed().prefix { $0.contains("///") }
        return lines.reversed().map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " /")) }.joined(separator: " ")
    }

    func testTheClientHasTheSettingsOfTheListWithTheirTypes() throws {
        let own = Self.properties(Settings())
        let listed = try Self.listed()
        XCTAssertEqual(own.keys.sorted(), listed.keys.sorted())
        for (name, setting) in listed {
            if let type = Self.types[setting["form"].text ?? ""] { XCTAssertEqual(own[name], "\(type)", name) }
            for word in setting["choices"].texts { XCTAssertEqual(Self.choices[name]?(word), true, "\(name): \(word)") }
        }
    }

    func testTheDocumentHasTheSettingsOfTheList() throws {
        let source = try Self.read("Sources/FeatureHub/Settings.swift")
        for (name, setting) in try Self.listed() where setting["form"].text != "code" {
            let line = "\"\(name)\": " + (setting["form"].text == "seconds" ? ".seconds(\(name))," : "")
            XCTAssertTrue(source.contains(line), "the document in Settings.swift has no line \(line)")
        }
    }

    func testCommentsHaveTheDefaultsOfTheList() throws {
        for (name, setting) in try Self.listed() where setting["default"] != .null && setting["members"] == .null {
            let values = setting["default"].list.isEmpty ? [setting["default"]] : setting["default"].list
            let shown = try values.map { try $0.text.map { "`\($0)`" } ?? $0.written }.joined(separator: " and ")
            let about = try Self.comment(name, of: "Settings")
            let forms = ["", " second", " seconds"].map { "\(shown)\($0) by default" }
            XCTAssertTrue(forms.contains { about.contains($0) }, "\(name): \(shown): \(about)")
        }
    }

    func testMembersOfSettingsAreThoseOfTheList() throws {
        for (name, declaration, value) in [("backoff", "Backoff", Backoff() as Any), ("limits", "Limits", Limits())] {
            let members = try XCTUnwrap(Self.listed()[name])["members"].list
            let own = Self.properties(value)
            XCTAssertEqual(own.keys.sorted(), members.map { Self.camelCase($0["name"]) }.sorted())
            for member in members {
                let property = Self.camelCase(member["name"])
                XCTAssertEqual(own[property], ["seconds": "Duration", "bytes": "Int64"][member["unit"].text ?? ""] ?? "Double", property)
                let about = try Self.comment(property, of: declaration)
                let shown = try member["default"].written
                XCTAssertTrue(about.contains("\(shown) second") || about.contains("\(shown) by default"), "\(property): \(about)")
            }
        }
    }

    func testReadinessHasTheNamesOfTheList() throws {
        let names = try Self.lists()["enumerations"]["Readiness"].list.compactMap { $0["name"].text }
        XCTAssertEqual(names.compactMap { Readiness(rawValue: $0)?.rawValue }, names)
        XCTAssertEqual(names.count, 4)
    }

    /// Each setting reaches the client: a document with all of them is accepted, and a wrong value is an error that names the setting.
    func testSettingsCrossTheBorder() throws {
        var all = Settings()
        all.mode = .passive
        all.interval = .seconds(30)
        all.context = ["userkey": "mara"]
        all.headers = ["x-team": "shop"]
        all.identification = "Shop,1.0"
        all.profile = .edge
        all.contextPlacement = .query
        all.whileSwitching = .keep
        all.backoff = Backoff(initial: .milliseconds(500), cap: .seconds(60), jitter: 0.1)
        all.backoffWhenRefused = Backoff(cap: .seconds(900))
        all.returnWithin = .milliseconds(100)...(.seconds(2))
        all.pace = .milliseconds(500)
        all.limits = Limits()
        all.limits?.bytes = 1024
        all.limits?.idle = .seconds(60)
        all.eventQueue = 100
        all.catchUpdates = true
        all.listeners = false
        let edge = try MemoryEdge()
        try edge.client(settings: all).close()
        let wrong: [(name: String, set: (inout Settings) -> Void)] = [
            ("backoff", { $0.backoff = Backoff(initial: .seconds(2), cap: .seconds(1)) }),
            ("limits.bytes", { $0.limits?.bytes = 0 }),
            ("interval: the mode does not poll: set mode to .polling or .passive", { $0.mode = .once }),
            ("profile: only a client of FeatBit has this value: write .client or .edge", { $0.profile = .server }),
            ("secret: only a client of FeatBit has this setting: set system to .featbit", { $0.secret = "s" }),
            ("interval: the duration is negative: write a Duration from 0, such as .seconds(30)", { $0.interval = .seconds(-1) }),
            ("limits.idle: the duration is negative: write a Duration from 0", { $0.limits?.idle = .seconds(-1) }),
            ("pace", { $0.pace = .seconds(-1) }),
            ("snapshotMaxAge", { $0.snapshotMaxAge = .seconds(1) }),
            ("identification", { $0.identification = "a\nb" }),
        ]
        for (name, set) in wrong {
            var settings = all
            set(&settings)
            XCTAssertThrowsError(try edge.client(settings: settings), name) { XCTAssertTrue("\($0)".contains(name), "\(name): \($0)") }
        }
    }
}
