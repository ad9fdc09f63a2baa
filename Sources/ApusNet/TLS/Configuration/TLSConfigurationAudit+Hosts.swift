#if TLS && canImport(COpenSSL)
    /// A host whose names and identities were found good.
    struct LoadedHost {
        let names: [TLSHostName]
        let identities: [LoadedIdentity]
    }

    extension TLSConfigurationAudit {
        /// Reads every host; names that can't be matched, or that are given twice, are reported.
        mutating func load(_ hosts: [TLSHost]) -> [LoadedHost] {
            var places: [TLSHostName: String] = [:]
            var loaded: [LoadedHost] = []
            for (index, host) in hosts.enumerated() {
                let place = "hosts[\(index)]"
                if host.identities.isEmpty { reject("\(place).identities", "", .empty) }
                let identities = load(host.identities, at: "\(place).identities")
                var names: [TLSHostName] = []
                for (number, text) in host.names.enumerated() {
                    let here = "\(place).names[\(number)]"
                    guard let name = TLSHostName(text) else {
                        reject(here, text, .badName(Self.whyNoName(text)))
                        continue
                    }
                    if let first = places[name] {
                        reject(here, text, .duplicateName(first))
                    } else {
                        places[name] = here
                        names.append(name)
                    }
                }
                if host.names.isEmpty, !identities.isEmpty {
                    // Where two certificates have a name in common, the first one serves it.
                    names = self.names(of: identities).filter { places[$0] == nil }
                    for name in names { places[name] = place }
                    if names.isEmpty {
                        reject("\(place).names", "", .badName("the certificates have no DNS name that is free"))
                    }
                }
                loaded.append(LoadedHost(names: names, identities: identities))
            }
            return loaded
        }

        /// The DNS names of certificates, each once.
        func names(of identities: [LoadedIdentity]) -> [TLSHostName] {
            var names: [TLSHostName] = []
            for identity in identities {
                for name in identity.certificate.value.dnsNames.compactMap({ TLSHostName($0) })
                where !names.contains(name) { names.append(name) }
            }
            return names
        }

        private static func whyNoName(_ text: String) -> String {
            if text.isEmpty { return "it is empty" }
            if text.contains("*") { return "a star stands for the whole leftmost label, before at least one more" }
            if text.utf8.contains(where: { $0 >= 0x80 }) { return "a name beyond ASCII is given in its xn-- form" }
            return "it is no host name"
        }
    }
#endif
