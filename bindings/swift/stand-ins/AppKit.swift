import Foundation

open class NSWorkspace {
    open class var shared: NSWorkspace { fatalError() }
    open var notificationCenter: NotificationCenter { fatalError() }
    public class var didWakeNotification: NSNotification.Name { fatalError() }
    public class var willSleepNotification: NSNotification.Name { fatalError() }
}
