import ApusConfiguration
import ApusNet

extension TLSSettings {
    static let schema = ConfigurationSchema(TLSSettings()) {
        let file = ConfigurationType<String>.text("a file")
        $0.include(\.identity, IdentitySettings.schema)
        $0.value(
            "selfSigned", \.isSelfSigned, .bool,
            "Make a certificate at start, for development; its fingerprint is logged")
        $0.list(
            "identities", \.identities, IdentitySettings.schema,
            "Further identities, at most one of each kind of key: RSA, ECDSA, Ed25519")
        $0.list("hosts", \.hosts, HostSettings.schema, "Hosts with certificates of their own, chosen by SNI")
        $0.value(
            "unknownName", \.configuration.unknownName,
            .oneOf([("serve", .servedByDefault), ("refuse", .refused)]), live: true,
            "What becomes of a client that asks for a name which no host has")
        $0.value(
            "applicationProtocols", \.configuration.applicationProtocols,
            ConfigurationType<String>.oneOf([("h2", "h2"), ("http/1.1", "http/1.1")]).list(of: "h2 and http/1.1"),
            live: true,
            "The protocols offered by ALPN, best first")
        $0.value(
            "profile", \.configuration.profile, .oneOf([("intermediate", .intermediate), ("modern", .modern)]),
            live: true, "Mozilla's profile of versions and ciphers: intermediate has TLS 1.2, modern only 1.3")
        $0.value("clients", \.clients, .choice, live: true, "Whether clients show a certificate (mutual TLS)")
        $0.value(
            "authorities", \.authorities, file.list(of: "files"), live: true,
            "Files with the authorities whose clients are let in, in PEM")
        $0.value(
            "revocationLists", \.revocationLists, file.list(of: "files"), live: true,
            "Files with what these authorities took back, in PEM")
        $0.value(
            "clientChainDepth", \.clientChainDepth, .integer(0...100), live: true,
            "How many authorities may stand between a client's certificate and a trusted one")
        $0.section("resumption", \.configuration.resumption, TLSResumption.schema)
        $0.value(
            "earlyDataLimit", \.configuration.earlyDataLimit, .size(0...16_777_216), live: true,
            "How much a returning client may send before the handshake is done (0-RTT); it can be replayed")
        $0.value(
            "allowsKeyLog", \.configuration.allowsKeyLog, .bool, live: true,
            "Append each connection's secrets to the file of SSLKEYLOGFILE: for development only")
        $0.value(
            "handshakeTimeout", \.handshakeTimeout, .duration(.milliseconds(1) ... .seconds(3600)),
            "How long a handshake may take, from the accepted connection on")
        $0.value(
            "concurrentHandshakes", \.concurrentHandshakes, .integer(1...10_000_000), orNull: "unlimited",
            "Handshakes that may be under way at the same time")
        $0.value(
            "handshakesOffLoops", \.handshakesOffLoops, .bool, "Whether handshakes are worked off outside the loops")
        $0.value(
            "kernelTLS", \.usesKernelTLS, .bool, "Whether the kernel encrypts large files where it can (kernel TLS)")
        $0.check { tls, report in tls.check(&report) }
    }

    private func check(_ report: inout ConfigurationCheck) {
        if isSelfSigned, !identity.isEmpty {
            report.reject(
                "selfSigned", with: ["certificate", "key", "pkcs12"], .bool(true),
                "a certificate is given as well: keep one of them")
        } else if !identity.isEmpty {
            identity.check(&report)
        } else if !isSelfSigned, identities.isEmpty, hosts.isEmpty {
            report.reject(
                "certificate", with: ["pkcs12", "selfSigned", "identities", "hosts"], nil,
                "TLS needs one: give a file in PEM, pkcs12, or selfSigned for development")
        }
        if clients != .none, authorities.isEmpty {
            report.reject(
                "clients", with: ["authorities"], .text(clients.rawValue),
                "nobody would be trusted: give authorities, or set clients to none")
        }
        if clients == .none, !authorities.isEmpty {
            report.reject(
                "authorities", with: ["clients"], .list(authorities.map { .text($0) }),
                "clients are not asked for certificates: set clients to optional or required")
        }
        if !revocationLists.isEmpty, authorities.isEmpty {
            report.reject(
                "revocationLists", with: ["authorities"], .list(revocationLists.map { .text($0) }),
                "whose lists are these? Give authorities")
        }
        if configuration.earlyDataLimit > 0, handshakesOffLoops {
            report.reject(
                "handshakesOffLoops", with: ["earlyDataLimit"], .bool(true),
                "early data is read on the loops only: set it to false, or earlyDataLimit to 0")
        }
        if configuration.earlyDataLimit > 0, configuration.resumption.cachedSessions == 0 {
            report.reject(
                "earlyDataLimit", with: ["resumption.cachedSessions"],
                .text(ByteSize.text(UInt64(configuration.earlyDataLimit))),
                "early data needs the cache that lets each ticket count once: set resumption.cachedSessions")
        }
    }
}

extension TLSResumption {
    static let schema = ConfigurationSchema(TLSResumption()) {
        $0.value("tickets", \.usesTickets, .bool, live: true, "Whether sessions go to clients as tickets")
        $0.value(
            "ticketsPerHandshake", \.ticketsPerHandshake, .integer(0...16), live: true,
            "How many tickets a full handshake of TLS 1.3 brings")
        $0.value(
            "ticketKeyLifetime", \.ticketKeyLifetime, .duration(.seconds(60) ... .seconds(7 * 86400)), live: true,
            "How long a ticket key seals before the next one is made")
        $0.value(
            "ticketKeyFile", \.ticketKeyFile, .text("a file"), orNull: "none", live: true,
            "A file with keys that several processes share, 80 bytes each")
        $0.value(
            "cachedSessions", \.cachedSessions, .integer(0...1_000_000), live: true, "How many sessions the cache holds"
        )
        $0.value(
            "sessionLifetime", \.sessionLifetime, .duration(.seconds(1) ... .seconds(7 * 86400)), live: true,
            "How long a session can be resumed after its full handshake")
    }
}
