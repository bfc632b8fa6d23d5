extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

    /// The duration in whole milliseconds. One of more than 290 million years is that long.
    var millis: Int64 {
        let (millis, isTooLong) = components.seconds.multipliedReportingOverflow(by: 1000)
        if isTooLong { return components.seconds < 0 ? .min : .max }
        return millis.addingReportingOverflow(components.attoseconds / 1_000_000_000_000_000).partialValue
    }
}
