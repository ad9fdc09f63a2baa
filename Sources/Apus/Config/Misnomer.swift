/// What people write who come from other servers, and which key does what they mean.
enum Misnomer {
    /// The key that is meant by a name that is none, or the flag where only that does it; nil when nobody knows.
    ///
    /// - Parameters:
    ///   - name: The name, as it was written in a file or in a variable: `maxBody`, `MAX_BODY`.
    ///   - section: The path of the section that it stands in; empty for the whole.
    static func key(_ name: some StringProtocol, in section: String = "") -> String? {
        guard let key = keys[folded(name)] else { return nil }
        if section.isEmpty { return key }
        // Of some listener, not of the first.
        guard section.hasPrefix("listeners["), let end = section.firstIndex(of: "]"), key.hasPrefix("listeners[0]")
        else { return nil }
        return String(section[...end]) + key.dropFirst("listeners[0]".count)
    }

    /// The key that is meant by a plain value where a section or a list belongs: `log: "debug"`.
    static func key(forValueOf section: String) -> String? { sections[section] }

    /// The variable that sets a key: `APUS_LISTENERS_0_PORT` for `listeners[0].port`.
    static func variable(of key: String) -> String {
        if key.hasPrefix("-") { return key }
        let steps = ConfigurationPath(key)?.steps ?? []
        return steps.reduce("APUS") { name, step in
            switch step {
            case .name(let word): "\(name)_\(ConfigurationPath.variableName(of: word))"
            case .index(let index): "\(name)_\(index)"
            }
        }
    }

    /// Letters and digits alone, small: files, variables and flags write the same words differently.
    private static func folded(_ name: some StringProtocol) -> String {
        String(name).filter { $0.isLetter || $0.isNumber }.lowercased()
    }

    /// By the folded name.
    static let keys: [String: String] = {
        var keys: [String: String] = [:]
        for (key, names) in names {
            for name in names.split(separator: " ") { keys[String(name)] = key }
        }
        return keys
    }()

    private static let names: KeyValuePairs<String, String> = [
        "listeners[0].port": "port ports listenport serverport httpport",
        "listeners[0].host":
            "host hostname address addr bind bindaddress ip interface listen listenhost socket unix unixsocket",
        "listeners[0].tls": "tls ssl https",
        "listeners[0].tls.certificate":
            "cert certificate certfile certificatefile certpath tlscert tlscertificate tlscertfile sslcert sslcertificate fullchain",
        "listeners[0].tls.key":
            "key keyfile privatekey privatekeyfile keypath tlskey tlskeyfile tlsprivatekey sslkey sslcertificatekey",
        "listeners[0].redirectTo": "redirecthttp httpsredirect redirecttohttps forcehttps",
        "loops.count": "threads threadcount concurrency cpus cores loopcount",
        "--workers": "workers workercount workerprocesses processes",
        "loops.pinnedTo": "pin pinned pinning cpuaffinity affinity cpuset cpulist workercpuaffinity",
        "loops.driver": "driver eventdriver backend use",
        "limits.requestTimeout": "timeouts requesttimeoutseconds handlertimeout servertimeout",
        "limits.idleTimeout": "keepalive keepalivetimeout idle idletimeoutseconds",
        "limits.headTimeout": "readtimeout readheadertimeout headertimeout headerstimeout clientheadertimeout",
        "limits.writeStallTimeout": "writetimeout sendtimeout",
        "limits.body": "body bodylimit bodysize maxbody maxbodysize maxbodybytes clientmaxbodysize maxuploadsize",
        "limits.head.fieldSection": "maxheader maxheaders maxheadersize maxheaderbytes headerlimit",
        "sockets.connections.most": "connections maxconnections maxconns maxclients workerconnections connectionlimit",
        "sockets.proxyProtocol": "proxyprotocol sendproxy acceptproxy",
        "drainTimeout": "shutdowntimeout gracefultimeout gracefulshutdown shutdowngraceperiod stoptimeout graceperiod",
        "log.level": "loglevel level verbosity verbose debug",
        "log.format": "logformat logjson jsonlogs",
        "log.to": "logfile logpath logto errorlog",
        "accessLog": "accesslogs accesslogfile requestlog",
        "files[0].folder": "root folder directory dir documentroot static staticfiles public www publicfolder",
        "compression": "gzip gzipcompression brotli zstd compress deflate",
        "trustedProxies": "proxy proxies trustproxy trustproxies realip forwarded forwardedfor xforwardedfor",
        "securityHeaders": "headers hsts helmet csp contentsecuritypolicy",
        "rateLimit": "ratelimits ratelimiting limiter throttle throttling maxrequests",
        "authentication": "auth basicauth token tokens users",
        "sessions": "cookie cookies cookiesession sessionsecret",
        "admin": "dashboard ui",
        "metrics": "prometheus openmetrics telemetry",
        "health": "healthcheck healthz livez readyz healthchecks",
        "preset": "env environment mode profile",
    ]

    private static let sections = [
        "listeners": "listeners[0].port", "loops": "loops.count", "log": "log.level", "files": "files[0].folder",
        "timeout": "timeout.limit", "accessLog": "accessLog.to", "metrics": "metrics.path", "health": "health.path",
        "rateLimit": "rateLimit.limit", "admin": "admin.port", "redis": "redis.host",
    ]
}
