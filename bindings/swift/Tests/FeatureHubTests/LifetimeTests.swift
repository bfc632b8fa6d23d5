import FeatureHubModel
import XCTest

@testable import FeatureHub

/// The end of objects, and what they keep until then.
final class LifetimeTests: XCTestCase {
    func testAClosedClientAndItsObjectsAreFreed() async throws {
        let kept = Kept()
        try await {
            let edge = try MemoryEdge()
            let (clock, overrides) = (try FixedClock(Date()), try MemoryOverrides())
            let (yaml, environment) = (try YamlOverrides("/missing.yaml"), try EnvironmentOverrides())
            var settings = Settings()
            settings.clock = clock
            settings.interceptors = [Interception(overrides), Interception(yaml), Interception(environment)]
            let client = try edge.client(settings: settings)
            // Each function refers to the client, as those of programs do.
            let interception = Interception("own") { [client] _ in client.isReady ? .next : .next }
            let subscriptions = [
                client.onStatus { [client] _ in _ = client.isReady }, client.onChange("COLOUR") { [client] _ in _ = client.isReady },
                client.intercept(interception), client.observe(UsageObserver { [client] _ in _ = client.isReady }),
            ]
            let isolated = try client.isolated(["userkey": "mara"])
            try await client.ready(timeout: .seconds(60))
            kept.add(edge, clock, overrides, yaml, environment, client, isolated, try Ruleset(json: "[]"))
            subscriptions.forEach { kept.add($0) }
            isolated.close()
            client.close()
        }()
        try await kept.assertFreed()
    }

    func testAClientThatIsForgottenIsFreedAndEnds() async throws {
        let (edge, kept) = (try MemoryEdge(), Kept())
        try await {
            let client = try edge.client()
            try await client.ready(timeout: .seconds(60))
            XCTAssertEqual(edge.streams, 1)
            kept.add(client, client.onChange("COLOUR") { _ in })
        }()
        try await kept.assertFreed()
        try await eventually("the stream is open") { edge.streams == 0 }
    }

    func testAContextKeepsItsClientRunning() async throws {
        let edge = try MemoryEdge()
        try edge.set("COLOUR", "red")
        let context = try await {
            let client = try edge.client()
            try await client.ready(timeout: .seconds(60))
            return client.context(["userkey": "mara"])
        }()
        try edge.set("COLOUR", "blue")
        try await edge.delivered()
        XCTAssertEqual(context.string("COLOUR"), "blue")
    }

    func testAClosedClientCallsNoFunctionOfTheProgram() async throws {
        let (edge, calls) = (try MemoryEdge(), Records())
        var settings = Settings()
        settings.interceptors = [Interception("settings") { calls.add("settings \($0.key)"); return .next }]
        let client = try edge.client(settings: settings)
        client.intercept(Interception("own") { calls.add("own \($0.key)"); return .next })
        _ = client.string("BEFORE")
        XCTAssertEqual(calls.all, ["settings BEFORE", "own BEFORE"])
        client.close()
        try await eventually("the functions are called") {
            let before = calls.all
            _ = client.string("AFTER")
            return calls.all == before
        }
    }

    @available(iOS 17, macOS 14, *)
    func testAModelThatIsForgottenIsFreed() async throws {
        let (edge, kept) = (try MemoryEdge(), Kept())
        let client = try edge.client()
        await MainActor.run {
            let model = FeatureModel(client)
            _ = model.string("COLOUR", default: "red")
            kept.add(model)
        }
        try await kept.assertFreed()
    }
}
