import Apus
import ApusArguments
import ApusConfiguration
import ApusRuntime

extension ServeOptions {
    /// The configuration of all layers, these options the strongest.
    ///
    /// - Parameters:
    ///   - environment: The variables; nil is the process's own.
    ///   - checksFiles: Whether certificates and folders are looked at.
    func configuration(
        environment: [String: String]? = nil, checksFiles: Bool = true
    ) throws(ConfigurationError) -> Configuration {
        try Configuration.load(
            file: file, preset: nil, environment: environment, flags: flags, checksFiles: checksFiles
        ) { configuration in
            if let folder {
                var settings = FolderSettings()
                settings.folder = folder
                settings.options.showsListing = true
                configuration.files = [settings]
                for key in ["path", "folder", "listing"] {
                    configuration.note("files[0].\(key)", from: .flag("FOLDER"))
                }
            }
            if let tls { tls.add(to: &configuration) }
            if let workers, configuration.loops.loops == nil {
                // The processors are shared among the workers.
                let loops = configuration.loops.pinnedTo?.count ?? max(1, LoopGroup.availableProcessors / workers)
                configuration.loops.loops = loops
                configuration.note("loops.count", from: .flag("--workers"))
            }
            if configuration.files.isEmpty, configuration.preset != .testing { Demo.equip(&configuration) }
        }
    }
}

extension TLSOptions {
    /// Adds a listener beside the first one of the configuration, on the same host.
    fileprivate func add(to configuration: inout Configuration) {
        guard let first = configuration.listeners.first else { return }
        var tls = TLSSettings()
        var keys: [String: String] = ["host": "--tls-port", "port": "--tls-port", "tls": "--tls-port"]
        switch certificate {
        case .selfSigned:
            tls.isSelfSigned = true
            keys["tls.selfSigned"] = "--tls-self-signed"
        case .files(let chain, let key):
            tls.identity.certificate = chain
            tls.identity.key = key
            keys["tls.certificate"] = "--tls-cert"
            if key != nil { keys["tls.key"] = "--tls-key" }
        }
        var listener = ListenerSettings()
        listener.host = first.host
        listener.port = UInt16(port)
        listener.tls = tls
        let index = configuration.listeners.count
        configuration.listeners.append(listener)
        for (key, flag) in keys { configuration.note("listeners[\(index)].\(key)", from: .flag(flag)) }
        if redirects {
            configuration.listeners[0].redirectTo = UInt16(port)
            configuration.note("listeners[0].redirectTo", from: .flag("--tls-redirect"))
        }
    }
}
