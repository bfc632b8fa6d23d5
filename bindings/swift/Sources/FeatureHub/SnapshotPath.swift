import Foundation

extension Settings {
    /// Returns the usual path of the snapshot file of an application, for ``snapshotFile``, and creates its folder: `Application Support`
    /// of the user on Apple's systems; elsewhere `XDG_STATE_HOME`, or `.local/state` in the home folder. On Apple's systems, the file has a
    /// folder of its own, which is excluded from backups, and which can be read after the first unlock of the device.
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
        var own = folder.appendingPathComponent(application, isDirectory: true)
        #if canImport(Darwin)
        own.appendPathComponent("FeatureHub", isDirectory: true)
        #endif
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        #if canImport(Darwin)
        try protect(&own)
        #endif
        return own.appendingPathComponent("features.json").path
    }

    #if canImport(Darwin)
    /// Sets the attributes of a folder. The client replaces its file as a whole, and a new file has the protection of its folder.
    private static func protect(_ folder: inout URL) throws {
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try folder.setResourceValues(values)
        #if !os(macOS)
        let protection = FileProtectionType.completeUntilFirstUserAuthentication
        try FileManager.default.setAttributes([.protectionKey: protection], ofItemAtPath: folder.path)
        #endif
    }
    #endif
}
