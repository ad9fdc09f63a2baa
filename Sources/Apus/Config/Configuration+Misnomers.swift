import ApusConfiguration

extension Configuration {
    /// What people call its keys who come from other servers.
    static let misnomers = Misnomers(
        keys: [
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
            "sockets.connections.most":
                "connections maxconnections maxconns maxclients workerconnections connectionlimit",
            "sockets.proxyProtocol": "proxyprotocol sendproxy acceptproxy",
            "drainTimeout":
                "shutdowntimeout gracefultimeout gracefulshutdown shutdowngraceperiod stoptimeout graceperiod",
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
        ],
        sections: [
            "listeners": "listeners[0].port", "loops": "loops.count", "log": "log.level", "files": "files[0].folder",
            "timeout": "timeout.limit", "accessLog": "accessLog.to", "metrics": "metrics.path", "health": "health.path",
            "rateLimit": "rateLimit.limit", "admin": "admin.port", "redis": "redis.host",
        ])
}
