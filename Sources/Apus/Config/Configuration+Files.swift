import ApusConfiguration
import ApusNet
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Configuration {
    /// Finds what is wrong with the files that the configuration names, and what of this machine. Blocks for them.
    mutating func checkFiles() {
        for (index, folder) in files.enumerated() where !folder.folder.isEmpty {
            var status = stat()
            let path = "files[\(index)].folder"
            if unsafe stat(folder.folder, &status) != 0 {
                report.contradict(path, .text(folder.folder), "there is no such folder: make it, or correct the path")
            } else if status.st_mode & S_IFMT != S_IFDIR {
                report.contradict(path, .text(folder.folder), "this is no folder: name the one that it is in")
            }
        }
        if let pins = loops.pinnedTo, let obstacle = Processors.obstacle(to: pins) {
            report.contradict("loops.pinnedTo", .list(pins.map { .number("\($0)") }), obstacle)
        }
        if let admin, admin.tokenFile != nil {
            do throws(ConfigurationProblem) {
                _ = try admin.makeOptions()
            } catch {
                report.reject(
                    ConfigurationProblem(
                        .value, path: error.path, value: error.value, reason: error.reason,
                        origin: report.origin(of: error.path)))
            }
        }
        #if TLS
            for (index, listener) in listeners.enumerated() {
                guard let tls = listener.tls, !tls.isSelfSigned else { continue }
                let path = "listeners[\(index)].tls"
                // Of files whose names are not known there is nothing to say, nor of those that are missing again.
                guard !report.hasProblem(with: Self.keysOfFiles.map { "\(path).\($0)" }) else { continue }
                do throws(TLSConfigurationErrors) {
                    _ = try TLSContext(server: tls.tlsConfiguration(limits))
                } catch {
                    for mistake in error.errors { reject(mistake, below: path, hasOwn: !tls.identity.isEmpty) }
                }
            }
        #endif
    }

    #if TLS
        /// What certificates are made of, below a listener's `tls`.
        private static let keysOfFiles = [
            "selfSigned", "certificate", "key", "pkcs12", "passphrase", "identities", "hosts", "clients", "authorities",
            "revocationLists",
        ]

        /// A mistake in the words of the file: its place there, and what the network layer says about it.
        private mutating func reject(_ mistake: TLSConfigurationError, below path: String, hasOwn: Bool) {
            let key = path + "." + Self.key(of: mistake.path, hasOwn: hasOwn)
            report.reject(
                ConfigurationProblem(
                    .value, path: key, value: mistake.value.isEmpty ? nil : ConfigurationValue.quoted(mistake.value),
                    reason: mistake.reason, origin: report.origin(of: key)))
        }

        /// `identities[1].key` of the network layer as the file has it: the first identity may stand without a list.
        static func key(of path: String, hasOwn: Bool) -> String {
            var steps = ConfigurationPath(path)?.steps ?? []
            guard !steps.isEmpty else { return path }
            if steps.starts(with: [.name("clients"), .name("certificates")]) {
                steps.replaceSubrange(0..<2, with: [.name("authorities")])
            } else if steps.starts(with: [.name("clients"), .name("revocationLists")]) {
                steps.removeFirst()
            } else if hasOwn, steps.count >= 2, steps[0] == .name("identities"), case .index(let index) = steps[1] {
                if index == 0 { steps.removeFirst(2) } else { steps[1] = .index(index - 1) }
            }
            if let last = steps.lastIndex(of: .name("certificates")) { steps[last] = .name("certificate") }
            return ConfigurationPath(steps).description
        }
    #endif
}
