import Dispatch
import FeatureHub
import Foundation

/// A listener of the runner: its name, and its actions in each call.
struct Listener: Sendable {
    let client: AdapterClient
    let name: String
    let then: [Members]

    init(_ client: AdapterClient, _ command: Members) throws {
        (self.client, name, then) = (client, try command.given("listener"), try command.list("then"))
    }

    /// Sends the event of a call, and performs the actions. Reads come first, because the event reports them.
    func call(_ members: [String: Json]) throws {
        let millis = Decimal(DispatchTime.now().uptimeNanoseconds) / 1_000_000
        var reads: [String: Json] = [:]
        for action in then where action.text("do") == "read" { reads[try action.given("feature")] = try value(of: client, action) }
        let call: [String: Json] = [
            "client": .text(client.name), "listener": .text(name), "t_ms": .number(millis), "reads": .object(reads),
        ]
        Loop.event("called", call.merging(members) { $1 })
        for action in then { try perform(action) }
    }

    private func perform(_ action: Members) throws {
        switch try action.given("do") {
        case "throw": throw AdapterError.thrown("the listener \(name) throws")
        case "sleep": Thread.sleep(forTimeInterval: (action.number("ms") ?? 0) / 1000)
        case "listen": try listenToFeature(client, action)
        case "unlisten": client.listeners.remove(try action.given("listener"))
        case "close": client.sdk.close()
        case "evaluate": _ = try value(of: client, action)
        default: break
        }
    }
}

/// Adds a listener.
func listen(_ client: AdapterClient, _ command: Members) throws {
    let (on, sdk) = (command.text("on") ?? "feature", client.sdk)
    if on == "feature" { return try listenToFeature(client, command) }
    let listener = try Listener(client, command)
    try client.listeners.add(listener.name) {
        switch on {
        case "readiness": return sdk.onReadiness { try listener.call(["readiness": .text($0.rawValue)]) }
        case "new_state": return sdk.onNewState { try listener.call(["held": .boolean($0.isHeld)]) }
        case "raw": return sdk.onRaw { try listener.call(members(of: $0)) }
        case "usage":
            client.beginUsage()
            return sdk.observe(UsageObserver { events in for event in events { try listener.call(members(of: event)) } })
        default: throw AdapterError.misuse("a listener cannot observe \"\(on)\"")
        }
    }
}

/// Adds a listener for changes of a feature.
private func listenToFeature(_ client: AdapterClient, _ command: Members) throws {
    let (listener, feature) = (try Listener(client, command), try command.given("feature"))
    let reads = client.reads(command.attributes("context"))
    client.listeners.add(listener.name) {
        reads.onChange(feature) { change in
            try listener.call([
                "feature": .text(change.key), "value": Json(change.new), "exists": .boolean(change.exists),
                "locked": .boolean(change.isLocked), "version": .integer(change.version),
            ])
        }
    }
}
