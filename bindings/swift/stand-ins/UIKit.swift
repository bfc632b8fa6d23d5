import Foundation

@MainActor
open class UIApplication {
    public nonisolated class var willEnterForegroundNotification: NSNotification.Name { fatalError() }
    public nonisolated class var didEnterBackgroundNotification: NSNotification.Name { fatalError() }
}
