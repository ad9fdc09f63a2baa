import ApusConfiguration
import ApusDashboard
import ApusPool

/// What the settings of a pool are, and which of them can be changed where.
extension Dashboard {
    /// Why a setting of a pool is not changed there, and what to do; nil for one that is.
    ///
    /// - Parameters:
    ///   - path: The setting.
    ///   - pool: The pool.
    func reason(against path: String, of pool: ConnectionPool) -> String? {
        if case .custom = pool.configuration.policy, path.hasPrefix("policy.") {
            return "is a setting of the program's own protocol: change it in the program"
        }
        return server?.serves(pool) == true ? remedy(forServed: path) : nil
    }

    /// The settings in force, in the form in which they are changed.
    ///
    /// - Parameters:
    ///   - pool: The pool.
    ///   - key: That of the configuration which has some of them; nil where there is none.
    func settings(of pool: ConnectionPool, at key: String?) -> [PoolDetail.Setting] {
        var written: [String: ConfigurationValue] = [:]
        if let key, let configuration = server?.currentConfiguration {
            for entry in configuration.entries where entry.path.hasPrefix(key + ".") {
                written[String(entry.path.dropFirst(key.count + 1))] = entry.value
            }
        }
        return pool.configuration.entries.map { entry in
            let value = written[entry.path] ?? entry.value
            let reason = written[entry.path] == nil ? reason(against: entry.path, of: pool) : nil
            var setting = PoolDetail.Setting.blank
            setting.path = entry.path
            setting.value = value
            setting.inForce = value == entry.value ? nil : entry.value
            setting.isLive = reason == nil
            setting.reason = reason
            return setting
        }
    }
}

extension RunningServer {
    /// Whether a pool has connections of one of the listeners. Any thread.
    func serves(_ pool: ConnectionPool) -> Bool { listeners.contains { $0.pools.kind(of: pool) != nil } }
}
