#if TLS && canImport(COpenSSL)
    extension TLSIdentity {
        /// A certificate for development that signs itself: ECDSA on P-256, in memory only. Nobody trusts it but who
        /// compares or pins its fingerprint.
        ///
        /// ```swift
        /// let identity = try TLSIdentity.selfSigned()
        /// let context = try TLSContext(server: TLSConfiguration(identities: [identity]))
        /// print("SHA-256 fingerprint: \(context.certificates[0].fingerprint)")
        /// ```
        ///
        /// - Parameters:
        ///   - names: The host names that it is for.
        ///   - addresses: The IP addresses that it is for, in their literal form.
        ///   - validity: How long it is valid from now, at least a minute. It begins an hour ago, for clocks that are slow.
        /// - Throws: ``TLSError/Kind-swift.enum/failure`` for a name or address that can't stand in a certificate.
        public static func selfSigned(
            names: [String] = ["localhost"], addresses: [String] = ["127.0.0.1", "::1"],
            validity: Duration = .seconds(14 * 24 * 3600)
        ) throws(TLSError) -> TLSIdentity {
            for name in names where TLSHostName(name) == nil {
                throw TLSError(.failure, reason: "\(name) is no host name")
            }
            for address in addresses where IPv4Address(address) == nil && IPv6Address(address) == nil {
                throw TLSError(.failure, reason: "\(address) is no IP address")
            }
            let now = TLSTime.now
            let key = try PrivateKey.makeECDSA()
            let maker = CertificateMaker(
                names: names, addresses: addresses, notBefore: now - 3600,
                notAfter: now + max(60, validity.components.seconds))
            let certificate = try maker.make(for: key)
            return TLSIdentity(certificates: .bytes(try certificate.pem + key.pem))
        }
    }
#endif
