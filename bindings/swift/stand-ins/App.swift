import FeatureHub

/// An app that uses what exists on Apple's systems only.
func begin(_ client: Client) -> Subscription {
    client.followLifecycle()
}
