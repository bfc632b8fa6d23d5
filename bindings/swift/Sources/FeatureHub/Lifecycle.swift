import Foundation

#if canImport(UIKit) && !os(watchOS)
import UIKit
#elseif canImport(AppKit)
import AppKit
#endif

#if canImport(Network)
import Network
#endif

#if canImport(Network) && (canImport(AppKit) || (canImport(UIKit) && !os(watchOS)))
extension Client {
    /// Suspends the client one second after the app has entered the background, resumes it in the foreground, and reconnects it when the
    /// default network changes. On macOS, where apps run in the background, the client is suspended while the machine sleeps. A process that
    /// is never in the foreground keeps its client running; it reconnects in the foreground if nothing was reported for 15 seconds, because
    /// the system may have frozen it. Returns at once, on any thread.
    ///
    /// ```swift
    /// let client = try Client("https://edge.example", apiKeys: "ENVIRONMENT/SERVER-KEY")
    /// client.followLifecycle()
    /// ```
    ///
    /// The client follows the app until it ends, or until the subscription is cancelled, which leaves the client as it is.
    @discardableResult
    public func followLifecycle() -> Subscription {
        // Only a wrong request has an error, and this one is right.
        guard let lifecycle = try? AppLifecycle(reader.client) else { return Subscription {} }
        return follow(lifecycle, [AppNotifications.ofPlatform.report, NetworkChanges.report])
    }
}

extension AppNotifications {
    fileprivate static var ofPlatform: AppNotifications {
        #if canImport(UIKit)
        AppNotifications(
            center: .default, started: UIApplication.willEnterForegroundNotification, stopped: UIApplication.didEnterBackgroundNotification)
        #else
        AppNotifications(
            center: NSWorkspace.shared.notificationCenter, started: NSWorkspace.didWakeNotification,
            stopped: NSWorkspace.willSleepNotification)
        #endif
    }
}

private enum NetworkChanges {
    /// Reports each default network. Returns a function that ends this.
    static func report(to lifecycle: AppLifecycle) -> @Sendable () -> Void {
        let monitor = NWPathMonitor()
        monitor.pathUpdateHandler = { path in
            lifecycle.network(path.status == .satisfied ? number(of: path) : nil)
        }
        monitor.start(queue: DispatchQueue(label: "fh-network"))
        return { monitor.cancel() }
    }

    /// Returns a number for the interface and the gateway: another Wi-Fi has the same interface.
    private static func number(of path: NWPath) -> Int64 {
        var hasher = Hasher()
        hasher.combine(path.availableInterfaces.first?.index)
        hasher.combine(path.gateways.first)
        return Int64(hasher.finalize())
    }
}
#endif
