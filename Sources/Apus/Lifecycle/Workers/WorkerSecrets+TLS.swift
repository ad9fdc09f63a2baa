#if TLS
    import ApusNet
    package import ApusRuntime

    extension WorkerSecrets {
        /// Makes the certificates that listeners are to make at start, unless they are there already, and has the log tell
        /// their fingerprints.
        ///
        /// - Throws: `TLSError`, when a name can't stand in a certificate.
        package mutating func makeIdentities(for configuration: Configuration, log: Log) throws {
            for listener in configuration.listeners where listener.tls?.isSelfSigned == true {
                let names = ListenerSettings.selfSignedNames(for: listener.host)
                guard identities[Self.key(names)] == nil else { continue }
                guard case .pem(.bytes(let pem), nil) = try TLSIdentity.madeAtStart(for: names, log: log).material
                else { continue }
                identities[Self.key(names)] = String(decoding: pem, as: UTF8.self)
            }
        }

        /// The certificate for names.
        func identity(for names: [String]) -> TLSIdentity? {
            identities[Self.key(names)].map { TLSIdentity(certificates: .bytes(Array($0.utf8))) }
        }
    }

    extension TLSIdentity {
        /// A certificate for this machine, told by its fingerprint.
        static func madeAtStart(for names: [String], log: Log) throws -> TLSIdentity {
            let identity = try selfSigned(names: names)
            let certificate = try TLSContext(server: TLSConfiguration(identities: [identity])).certificates[0]
            log(.info, "the self-signed certificate's SHA-256 fingerprint is \(certificate.fingerprint)")
            return identity
        }
    }

    extension TLSConfiguration {
        /// With ticket keys that all workers have, each listener its own.
        func sharing(_ secrets: WorkerSecrets?, at place: String) -> TLSConfiguration {
            guard let secrets else { return self }
            var shared = self
            shared.resumption.ticketSecret = secrets.tickets + place.utf8
            return shared
        }
    }

    extension ServerListener {
        /// With the certificate that is made at start, and what it shares with other workers.
        ///
        /// - Throws: `TLSError`, when a name can't stand in a certificate.
        func completed(by secrets: WorkerSecrets?, at place: String, log: Log) throws -> ServerListener {
            guard case .https(var tls) = kind else { return self }
            if isSelfSigned {
                let names = ListenerSettings.selfSignedNames(for: host)
                let own = try secrets?.identity(for: names) ?? TLSIdentity.madeAtStart(for: names, log: log)
                tls.identities.insert(own, at: 0)
            }
            var completed = self
            completed.kind = .https(tls.sharing(secrets, at: place))
            return completed
        }
    }
#endif
