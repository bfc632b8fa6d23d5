import FeatureHub

/// A call that is measured. The client in Rust has a row with the same name.
struct Row {
    let name: String
    let goal: Goal
    /// Calls the function this many times, and returns the nanoseconds of one call.
    let time: (Int) throws -> Double
}

/// The goal of a row.
enum Goal {
    case none
    /// At most so many nanoseconds.
    case time(Double)
    /// At most so many times the client in Rust.
    case ratio(Double)
}

extension Row {
    /// A row of a function that is called in a loop.
    init<Answer>(_ name: String, goal: Goal = .none, _ call: @escaping () -> Answer) {
        self.init(name: name, goal: goal) { calls in
            let begin = ContinuousClock.now
            for _ in 0..<calls { use(call()) }
            return begin.duration(to: .now).nanoseconds / Double(calls)
        }
    }

    /// A row of starts until the first value, with a snapshot file and without requests. The end of the client is not measured.
    static func start(_ snapshot: String, _ payloads: Payloads) throws -> Row {
        let key = try payloads.key("W1")
        return Row(name: "start", goal: .none) { starts in
            var sum = 0.0
            for _ in 0..<starts {
                let begin = ContinuousClock.now
                var settings = Settings()
                settings.mode = .offline
                settings.snapshotFile = snapshot
                let client = try Client("http://127.0.0.1:9", apiKeys: Payloads.apiKey, settings: settings)
                let value = client.boolean(key)
                sum += begin.duration(to: .now).nanoseconds
                client.close()
                guard value == (payloads.answers[key]?.first == "1") else { throw Failure("the first read of \(key) is wrong") }
            }
            return sum / Double(starts)
        }
    }
}

/// The clients and the context that the rows read.
struct Rows {
    private let payloads: Payloads
    private let client: Client
    private let intercepted: Client
    private let texts: Client

    private static let text = #"[{"id":"colour","key":"COLOUR","version":1,"type":"STRING","value":"light-blue","l":false}]"#

    init(_ payloads: Payloads) throws {
        self.payloads = payloads
        client = try offline(payloads.features)
        intercepted = try offline(payloads.features) { $0.interceptors = [Interception("none") { _ in .next }] }
        texts = try offline(Self.text)
        guard texts.string("COLOUR") == "light-blue" else { throw Failure("the text is wrong") }
    }

    /// All rows apart from the start.
    var all: [Row] {
        get throws {
            let user = payloads.users[0]
            let context = context(user)
            let (plain, rollout, countries, rules) = (
                try payloads.key("W1"), try payloads.key("W2"), try payloads.key("W3"), try payloads.key("W4")
            )
            return [
                Row("W1", goal: .time(120)) { client.boolean(plain, default: false) },
                Row("W1 in a context") { context.isEnabled(plain) },
                Row("W2") { context.isEnabled(rollout) },
                Row("W3") { context.isEnabled(countries) },
                Row("W4re") { context.isEnabled(rules) },
                Row("C1", goal: .ratio(4)) {
                    client.context(["userkey": user.userkey, "country": user.country, "version": user.version, "email": user.email])
                        .isEnabled(rollout)
                },
                Row("string", goal: .time(300)) { texts.string("COLOUR") },
                Row("values", goal: .time(500_000)) { context.values() },
                Row("ten attributes", goal: .time(2_000)) { client.context(tenAttributes(user)) },
                Row("interceptor") { intercepted.boolean(plain, default: false) },
            ]
        }
    }

    /// Compares each answer for every user, or every so many users, and returns a description.
    ///
    /// - Throws: ``Failure`` if an answer is wrong
    func compareAnswers(every: Int) throws -> String {
        let numbers = stride(from: 0, to: payloads.users.count, by: every)
        let answers = payloads.answers.mapValues { Array($0.utf8) }
        for number in numbers {
            let context = context(payloads.users[number])
            let values = Dictionary(uniqueKeysWithValues: context.values().map { ($0.key, $0.value) })
            for (key, expected) in answers {
                let isOn = expected[number] == UInt8(ascii: "1")
                guard context.isEnabled(key) == isOn, values[key] == .boolean(isOn) else {
                    throw Failure("\(key) is wrong for user \(number)")
                }
            }
        }
        return "\(answers.count) flags × \(Array(numbers).count) users are equal, read by key and with `values()`"
    }

    private func context(_ user: User) -> Context {
        client.context(
            ["userkey": user.userkey, "country": user.country, "version": user.version, "email": user.email, "plan": user.plan])
    }

    private func tenAttributes(_ user: User) -> [String: any AttributeValue] {
        [
            "userkey": user.userkey, "country": user.country, "version": user.version, "email": user.email, "plan": user.plan,
            "device": "mobile", "platform": "ios", "team": "shop", "language": "en", "session": user.userkey,
        ]
    }
}

private func offline(_ features: String, _ change: (inout Settings) -> Void = { _ in }) throws -> Client {
    var settings = Settings()
    settings.mode = .offline
    settings.bootstrap = features
    change(&settings)
    return try Client("http://127.0.0.1:9", apiKeys: Payloads.apiKey, settings: settings)
}

/// Uses a value, so that the compiler keeps the call that has returned it.
@inline(never)
private func use<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}

extension Duration {
    fileprivate var nanoseconds: Double { Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9 }
}
