import Foundation

extension Settings {
    /// Returns the usual path of the snapshot file of an application, for ``snapshotFile``, and creates its folder: `Application Support`
    /// of the user on Apple's systems; elsewhere `XDG_STATE_HOME`, or `.local/state` in the home folder.
    ///
    /// - Throws: the error of the file system if the folder cannot be created
    public static func snapshotPath(application: String) throws -> String {
        #if canImport(Darwin)
        let folder = try FileManager.default.url(for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
        #else
        let home = FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".local/state")
        // A relative path of the variable has no effect, as its specification says.
        let given = ProcessInfo.processInfo.environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
        let folder = given ?? home
        #endif
        let own = folder.appendingPathComponent(application, isDirectory: true)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        return own.appendingPathComponent("features.json").path
    }
}
