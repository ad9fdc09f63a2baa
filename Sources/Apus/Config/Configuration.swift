public import ApusConfiguration
public import ApusNet
public import ApusRuntime

/// Everything about a server that its operator may want otherwise, in plain values with documented defaults.
///
/// ```swift
/// let configuration = try Configuration.load(file: "apus.json5")
/// let app = try Application(configuration)
/// ```
///
/// A configuration is made in layers, each stronger than the one before: the defaults, a preset, a JSON5 file, the
/// variables `APUS_*` of the environment, and flags. See ``load(file:preset:environment:flags:checksFiles:)``.
public struct Configuration: Sendable {
    /// The preset it was made with; nil is the defaults alone.
    public var preset: ConfigurationPreset?
    /// Where the server listens: one at least, 255 at most.
    public var listeners = [ListenerSettings()]
    /// Loops and their driver. Its log is made of ``log``.
    public var loops = LoopGroup.Options()
    /// Sockets, and how many connections are let in.
    public var sockets = ServerConfiguration().listen
    /// What is borne from clients.
    public var limits = ServerLimits()
    /// What a path ending in `/` has to do with the one that does not.
    public var trailingSlash = TrailingSlash.redirect
    /// How long requests in flight may take to finish when the server stops.
    public var drainTimeout = Duration.seconds(10)
    /// How long the server says that it is not ready, and serves on, before it stops to accept.
    public var drainDelay = Duration.zero
    /// How long idle connections of HTTP/1 are kept when the server stops, to answer one more request.
    public var drainIdleGrace = Duration.seconds(1)
    /// How long a new process may take until it is ready to take this one's place.
    public var handoverTimeout = Duration.seconds(60)
    /// Whether listening sockets are taken over from the process before, or from systemd when it passes some
    /// (`LISTEN_FDS`).
    public var takesOverSockets = true
    /// What is said to the operator, and how.
    public var log = LogSettings()
    /// How errors are shown to clients.
    public var errors = ErrorSettings()
    /// A line for each request; nil is none.
    public var accessLog: AccessLogSettings?
    /// How requests are named, and traced; nil is not at all.
    public var requestID: RequestIdentity.Options?
    /// The proxies in front of the server; nil is none.
    public var trustedProxies: TrustedProxySettings?
    /// Who is let in by address; nil is everyone.
    public var addresses: AddressSettings?
    /// What browsers are told to refuse; nil is nothing.
    public var securityHeaders: SecuritySettings?
    /// Which pages of other origins may call; nil is none.
    public var cors: CORSSettings?
    /// How many requests a client may make; nil is without limit.
    public var rateLimit: RateLimitSettings?
    /// How many requests are worked on at a time; nil is without limit.
    public var bulkhead: BulkheadSettings?
    /// A limit on requests at a time that finds itself; nil is none.
    public var adaptiveLimit: AdaptiveLimitSettings?
    /// How content is named for conditional requests; nil is not at all.
    public var etags: ETags.Options?
    /// Where the metrics are shown; nil is nowhere.
    public var metrics: MetricsSettings?
    /// Where it is told whether the service is well; nil is nowhere.
    public var health: HealthSettings?
    /// Who may make requests; nil is everyone.
    public var authentication: AuthenticationSettings?
    /// Sessions of clients; nil is none.
    public var sessions: SessionSettings?
    /// The Redis that nodes share; nil is none.
    public var redis: RedisConfiguration?
    /// How long answers may take, for the middleware ``RequestTimeout``; nil leaves it to ``ServerLimits/requestTimeout``.
    public var timeout: TimeoutSettings?
    /// Which codings of requests are undone; nil is none.
    public var decompression: DecompressionOptions?
    /// Where the dashboard is; nil is nowhere.
    public var admin: AdminSettings?
    /// Which responses are made shorter on their way; nil is none.
    public var compression: CompressionOptions?
    /// Folders whose files are served.
    public var files: [FolderSettings] = []
    /// Where the values are from, but for the defaults.
    var report = ConfigurationReport([])

    /// The defaults.
    public init() {}

    /// The defaults, and what a preset makes of them.
    public init(_ preset: ConfigurationPreset) {
        self.init()
        take(preset)
    }

    static let schema: ConfigurationSchema<Configuration> = ConfigurationSchema(Configuration()) {
        $0.value(
            "preset", \.preset, .choice, orNull: "none",
            "What the defaults are for: development, production or testing")
        $0.list("listeners", \.listeners, ListenerSettings.schema, "Where the server listens")
        $0.section("loops", \.loops, LoopGroup.Options.schema)
        $0.section("sockets", \.sockets, ListenOptions.schema)
        $0.section("limits", \.limits, ServerLimits.schema)
        $0.value("trailingSlash", \.trailingSlash, .choice, "What /path/ has to do with /path, if only one has a route")
        $0.value(
            "drainDelay", \.drainDelay, .duration(.zero ... .seconds(3600)), live: true,
            "How long the server says that it is not ready before it stops to accept")
        $0.value(
            "drainIdleGrace", \.drainIdleGrace, .duration(.zero ... .seconds(3600)), live: true,
            "How long idle connections are kept when the server stops, to answer one more request")
        $0.value(
            "drainTimeout", \.drainTimeout, .duration(.zero ... .seconds(86400)), live: true,
            "How long requests in flight may take to finish when the server stops")
        $0.value(
            "handoverTimeout", \.handoverTimeout, .duration(.milliseconds(1) ... .seconds(3600)),
            "How long a new process may take at SIGUSR2 until it is ready to take this one's place")
        $0.value(
            "takesOverSockets", \.takesOverSockets, .bool,
            "Whether listening sockets of the process before are taken over, or those of systemd (LISTEN_FDS)")
        $0.section("log", \.log, LogSettings.schema)
        $0.section("errors", \.errors, ErrorSettings.schema)
        $0.feature("accessLog", \.accessLog, AccessLogSettings.schema, "Whether a line is written for each request")
        $0.feature("requestID", \.requestID, RequestIdentity.Options.schema, "Whether requests are named and traced")
        $0.feature(
            "trustedProxies", \.trustedProxies, TrustedProxySettings.schema,
            "Whether proxies in front of the server are believed")
        $0.feature("addresses", \.addresses, AddressSettings.schema, "Whether clients are let in by address")
        $0.feature(
            "securityHeaders", \.securityHeaders, SecuritySettings.schema, "Whether browsers are told what to refuse")
        $0.feature("cors", \.cors, CORSSettings.schema, "Whether pages of other origins may call")
        $0.feature(
            "rateLimit", \.rateLimit, RateLimitSettings.schema, "Whether the requests of each client are limited")
        $0.feature(
            "bulkhead", \.bulkhead, BulkheadSettings.schema, "Whether the requests at a time are limited")
        $0.feature(
            "adaptiveLimit", \.adaptiveLimit, AdaptiveLimitSettings.schema,
            "Whether requests are limited to as many at a time as turns out to be right")
        $0.feature("etags", \.etags, ETags.Options.schema, "Whether answers are named, for conditional requests")
        $0.feature("metrics", \.metrics, MetricsSettings.schema, "Whether metrics are shown")
        $0.feature("health", \.health, HealthSettings.schema, "Whether it is told that the service is well")
        $0.feature("admin", \.admin, AdminSettings.schema, "Whether there is a dashboard, on a listener of its own")
        $0.feature(
            "compression", \.compression, CompressionOptions.schema, "Whether responses are made shorter on their way")
        $0.feature(
            "decompression", \.decompression, DecompressionOptions.schema, "Whether codings of requests are undone")
        $0.feature("timeout", \.timeout, TimeoutSettings.schema, "Whether answers that take too long are given up")
        $0.feature(
            "authentication", \.authentication, AuthenticationSettings.schema, "Whether clients must say who they are")
        $0.feature("sessions", \.sessions, SessionSettings.schema, "Whether clients have sessions")
        $0.feature("redis", \.redis, RedisConfiguration.schema, "Whether there is a Redis that nodes share")
        $0.list("files", \.files, FolderSettings.schema, "Folders whose files are served")
        $0.check { $0.check(&$1) }
    }

    /// Every key there is, in the order of the documentation.
    public static let keys: [ConfigurationKey] = schema.keys(at: "")

    /// Every key with its value and where it is from, secrets masked.
    public var entries: [ConfigurationEntry] {
        Self.schema.entries(of: self, at: "").map { entry in
            var entry = entry
            entry.origin = report.origin(of: entry.path)
            return entry
        }
    }

    /// Where the value of a key is from.
    ///
    /// - Parameter path: The key, such as `listeners[0].port`.
    public func origin(of path: String) -> ConfigurationOrigin { report.origin(of: path) }

    /// What the parts must be together.
    private func check(_ report: inout ConfigurationCheck) {
        checkListeners(&report)
        if redis == nil {
            let reason = "there is no Redis: set redis, or memory here"
            if rateLimit?.store == .redis { report.reject("rateLimit.store", with: ["redis"], .text("redis"), reason) }
            if sessions?.store == .redis { report.reject("sessions.store", with: ["redis"], .text("redis"), reason) }
        }
        guard trustedProxies == nil, let requestID else { return }
        for (key, acceptance) in [("acceptsNames", requestID.acceptsNames), ("acceptsTraces", requestID.acceptsTraces)]
        where acceptance == .trustedProxies {
            report.reject(
                "requestID.\(key)", with: ["trustedProxies"], .text("trustedProxies"),
                "there are none: set trustedProxies, or everyone or nobody here")
        }
    }

    private func checkListeners(_ report: inout ConfigurationCheck) {
        if !(1...255).contains(listeners.count) {
            report.reject("listeners", .number("\(listeners.count)"), "a server has 1 to 255 listeners: name them")
        }
        var places: [String: Int] = [:]
        var names: [String: Int] = [:]
        for (index, listener) in listeners.enumerated() {
            if listener.isUnix || listener.port != 0 {
                let place = listener.isUnix ? listener.host : "\(listener.host) \(listener.port)"
                if let first = places.updateValue(index, forKey: place) {
                    report.reject(
                        listener.isUnix ? "listeners[\(index)].host" : "listeners[\(index)].port",
                        with: ["[\(index)].host", "[\(first)].host", "[\(first)].port"].map { "listeners" + $0 },
                        listener.isUnix ? .text(listener.host) : .number("\(listener.port)"),
                        "listeners[\(first)] is there already: give it another")
                }
            }
            if let name = listener.name, let first = names.updateValue(index, forKey: name) {
                report.reject(
                    "listeners[\(index)].name", with: ["listeners[\(first)].name"], .text(name),
                    "listeners[\(first)] has that name already: give it another")
            }
            if let port = listener.redirectTo,
                !listeners.contains(where: { $0.tls != nil && ($0.port == port || $0.port == 0) })
            {
                report.reject(
                    "listeners[\(index)].redirectTo",
                    with: listeners.indices.flatMap { ["listeners[\($0)].tls", "listeners[\($0)].port"] },
                    .number("\(port)"),
                    "no listener speaks TLS there: add one with port \(port) and tls")
            }
            #if !TLS
                if listener.tls != nil {
                    report.reject(
                        "listeners[\(index)].tls", .bool(true),
                        "this build has no TLS: build it with the trait TLS, which is on by default")
                }
            #endif
        }
    }
}
