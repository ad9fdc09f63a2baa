import ApusConfiguration
import ApusNet
import ApusRuntime

extension Configuration {
    /// What an ``Application`` is made with.
    ///
    /// - Throws: `ConfigurationProblem` for a file of the admin token that can't be read; `SystemError` for one of the log
    ///   that can't be opened.
    public func serverConfiguration() throws -> ServerConfiguration {
        var server = ServerConfiguration()
        let threshold = LogThreshold(log.level)
        let (log, lines) = try self.log.make(threshold)
        server.loops = loops
        server.loops.loops = loops.loops ?? loops.pinnedTo?.count
        server.loops.log = log
        server.listen = sockets
        server.limits = limits
        server.trailingSlash = trailingSlash
        server.drainDelay = drainDelay
        server.drainIdleGrace = drainIdleGrace
        server.drainTimeout = drainTimeout
        server.handoverTimeout = handoverTimeout
        server.takesOverSockets = takesOverSockets
        server.log = log
        server.source = ConfigurationSource(configuration: self, threshold: threshold, lines: lines)
        server.admin = try admin.map { try $0.makeOptions() }
        server.listeners = listeners.map { settings in
            var listener = settings.serverListener(limits)
            listener.pools = settings.pools
            return listener
        }
        return server
    }
}

extension ListenerSettings {
    func serverListener(_ limits: ServerLimits) -> ServerListener {
        if let redirectTo {
            return ServerListener(.redirect(port: redirectTo), host: host, port: port, name: effectiveName)
        }
        #if TLS
            if let tls {
                var listener = ServerListener(
                    .https(tls.tlsConfiguration(limits)), host: host, port: port, name: effectiveName)
                listener.isSelfSigned = tls.isSelfSigned
                listener.handshakeTimeout = tls.handshakeTimeout
                listener.concurrentHandshakes = tls.concurrentHandshakes
                listener.handshakesOffLoops = tls.handshakesOffLoops
                listener.usesKernelTLS = tls.usesKernelTLS
                return listener
            }
        #endif
        return ServerListener(.http, host: host, port: port, name: effectiveName)
    }

    /// `localhost`, and the name that is listened on when it is one.
    package static func selfSignedNames(for host: String) -> [String] {
        let isName = host != "localhost" && host.contains { $0.isLetter } && !host.contains(":") && !host.contains("/")
        return isName ? ["localhost", host] : ["localhost"]
    }
}

extension LogSettings {
    /// A log whose level can be changed, and what has its file opened anew. Plain lines to standard error are written at
    /// once, for nothing of them may be lost when the process ends; all others on a thread of their own.
    ///
    /// - Throws: `SystemError`, when the file can't be opened.
    func make(_ threshold: LogThreshold) throws(SystemError) -> (Log, LogLines?) {
        if destination == .standardError, format == .bare { return (makeStandard(threshold), nil) }
        let format: LogFormat =
            switch self.format {
            case .bare: .bare
            case .text: .text
            case .json: .json
            }
        let (log, lines) = try Log.controlledLines(
            to: destination, as: format, minimum: .debug, repetition: repetition)
        return (Log(threshold: threshold, entries: { log.write($0) }), lines)
    }

    private func makeStandard(_ threshold: LogThreshold) -> Log {
        let standard = Log.standardError
        return Log(threshold: threshold) { level, text in
            if level < standard.minimum {
                standard(.info, "\(level.name): \(text)")
            } else {
                standard(level, text)
            }
        }
    }
}

/// What a running server was made of, and what of it can be changed.
struct ConfigurationSource: Sendable {
    var configuration: Configuration
    let threshold: LogThreshold
    /// Which one it is.
    var revision = ConfigurationRevision()
    /// The file of the log, where that is written on a thread of its own.
    let lines: LogLines?
    /// The one that was read last, before all changes by a worker's master.
    private(set) var base: Configuration
    /// Those that were in force before, the last one last.
    private(set) var earlier: [Configuration] = []

    /// How many can be returned to.
    static let mostKept = 16

    init(configuration: Configuration, threshold: LogThreshold, lines: LogLines?) {
        self.configuration = configuration
        base = configuration
        self.threshold = threshold
        self.lines = lines
    }

    mutating func keep(_ old: Configuration) {
        earlier.append(old)
        if earlier.count > Self.mostKept { earlier.removeFirst() }
    }

    mutating func replaceHistory(_ history: [Configuration]) { earlier = history.suffix(Self.mostKept) }

    /// What is in force is what was read.
    mutating func beginAnew() {
        base = configuration
        earlier = []
    }

    mutating func forgetLast() { _ = earlier.popLast() }
}
