extension Duration {
    /// The duration as a limit of a wait: of a negative one, nothing is left, and one of more than a century is that long, because the clock
    /// of a task ends the process after a longer one.
    var limit: Duration { min(max(self, .zero), .seconds(100 * 365 * 24 * 3600)) }

    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

    /// The duration in whole milliseconds. One of more than 290 million years is that long.
    var millis: Int64 {
        let (millis, isTooLong) = components.seconds.multipliedReportingOverflow(by: 1000)
        if isTooLong { return components.seconds < 0 ? .min : .max }
        let (sum, isTooLate) = millis.addingReportingOverflow(components.attoseconds / 1_000_000_000_000_000)
        return isTooLate ? (millis < 0 ? .min : .max) : sum
    }
}
