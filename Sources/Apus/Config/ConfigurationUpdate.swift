public import ApusConfiguration

/// A key whose value differs between two configurations.
public struct ConfigurationChange: Equatable, Sendable, CustomStringConvertible {
    /// The key, such as `limits.body`.
    public let path: String
    /// The value before; nil when there was no such key, as in a list that has grown.
    public let before: ConfigurationValue?
    /// The value now wanted; nil when there is no such key any more.
    public let after: ConfigurationValue?

    /// `limits.body is "64MiB" (was "10MiB")`.
    public var description: String {
        "\(path) is \(after?.description ?? "gone") (was \(before?.description ?? "not there"))"
    }
}

/// What becomes of a configuration that a running server is given.
public struct ConfigurationUpdate: Equatable, Sendable {
    /// What is in force now; of a preview, what would be.
    public internal(set) var applied: [ConfigurationChange] = []
    /// What needs a new listener, and is as it was: addresses, and the options of sockets.
    public internal(set) var needsListener: [ConfigurationChange] = []
    /// What needs the loops or the routes to be made anew, and is as it was.
    public internal(set) var needsRestart: [ConfigurationChange] = []

    /// Whether the configuration is the one in force.
    public var isEmpty: Bool { applied.isEmpty && needsListener.isEmpty && needsRestart.isEmpty }
}

extension Configuration {
    /// The keys whose values differ in `other`, a changed secret being no difference.
    func changes(to other: Configuration) -> [ConfigurationChange] {
        let before = entries
        let after = other.entries
        let old = Dictionary(before.map { ($0.path, $0.value) }) { first, _ in first }
        let new = Dictionary(after.map { ($0.path, $0.value) }) { first, _ in first }
        var changes = after.filter { old[$0.path] != $0.value }.map {
            ConfigurationChange(path: $0.path, before: old[$0.path], after: $0.value)
        }
        changes += before.filter { new[$0.path] == nil }.map {
            ConfigurationChange(path: $0.path, before: $0.value, after: nil)
        }
        return changes
    }

    private static let livePaths = Set(keys.filter(\.isLive).map(\.path))

    /// What of `other` a server with this configuration takes over, and what it can't.
    func update(to other: Configuration) -> ConfigurationUpdate {
        let changes = changes(to: other)
        // Certificates of a listener that is not there yet, or moves, come with it.
        let isFixed = Self.isFixed(changes)
        var update = ConfigurationUpdate()
        // What is turned on or off as a whole comes with keys that are live only where it is on.
        let fixed = changes.map(\.path).filter { !Self.livePaths.contains(Self.general($0)) }
        for change in changes {
            let listener = Self.listener(of: change.path)
            if fixed.contains(where: { change.path.hasPrefix($0 + ".") }), listener == nil {
                update.needsRestart.append(change)
            } else if Self.livePaths.contains(Self.general(change.path)), listener.map(isFixed) ?? true {
                update.applied.append(change)
            } else if listener != nil || change.path.hasPrefix("sockets.") {
                update.needsListener.append(change)
            } else {
                update.needsRestart.append(change)
            }
        }
        return update
    }

    /// Tells of a listener's place in the list whether only such keys change that can.
    private static func isFixed(_ changes: [ConfigurationChange]) -> (Int) -> Bool {
        let moved = Set(
            changes.compactMap { change in livePaths.contains(general(change.path)) ? nil : listener(of: change.path) })
        return { !moved.contains($0) }
    }

    /// The listener's place in the list: 2 of `listeners[2].port`.
    private static func listener(of path: String) -> Int? {
        guard let steps = ConfigurationPath(path)?.steps, steps.count > 1, steps[0] == .name("listeners"),
            case .index(let index) = steps[1]
        else { return nil }
        return index
    }

    /// `listeners[].port` of `listeners[0].port`.
    static func general(_ path: String) -> String {
        ConfigurationPath(path)?.steps.reduce("") { text, step in
            if case .name(let name) = step { ConfigurationPath.join(text, name) } else { text + "[]" }
        } ?? path
    }

    /// What is in force when a server with this configuration has taken over of `other` what it can.
    func takingOver(_ other: Configuration) -> Configuration {
        var taken = self
        taken.log.level = other.log.level
        taken.drainDelay = other.drainDelay
        taken.drainIdleGrace = other.drainIdleGrace
        taken.drainTimeout = other.drainTimeout
        taken.sockets.admission = other.sockets.admission
        taken.limits = other.limits
        taken.limits.head = limits.head
        taken.limits.http2.isEnabled = limits.http2.isEnabled
        if adaptiveLimit != nil, let wanted = other.adaptiveLimit { taken.adaptiveLimit = wanted }
        let isFixed = Self.isFixed(changes(to: other))
        for index in listeners.indices where index < other.listeners.count {
            if isFixed(index) { taken.listeners[index].pools = other.listeners[index].pools }
            guard listeners[index].tls != nil, var tls = other.listeners[index].tls else { continue }
            let old = listeners[index].tls ?? tls
            guard tls.isSelfSigned == old.isSelfSigned else { continue }
            tls.handshakeTimeout = old.handshakeTimeout
            tls.concurrentHandshakes = old.concurrentHandshakes
            tls.handshakesOffLoops = old.handshakesOffLoops
            tls.usesKernelTLS = old.usesKernelTLS
            taken.listeners[index].tls = tls
        }
        // What has the value that is wanted has it from where that comes from.
        let values = Dictionary(taken.entries.map { ($0.path, $0.value) }) { first, _ in first }
        for entry in other.entries where values[entry.path] == entry.value {
            taken.note(entry.path, from: entry.origin)
        }
        return taken
    }
}
