#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL
    import Testing

    @testable import ApusNet

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// What OpenSSL made.
    @unsafe private func made(_ pointer: OpaquePointer?) throws -> OpaquePointer {
        guard let pointer = unsafe pointer else { throw TLSError.queued("nothing was made") }
        return unsafe pointer
    }

    /// A certificate with its key, and what it is in files.
    struct TestIdentity {
        let certificate: Certificate
        let key: PrivateKey
        var chain: [Certificate] = []

        var certificatePEM: [UInt8] { get throws { try certificate.pem + chain.flatMap { try $0.pem } } }
        var keyPEM: [UInt8] { get throws { try key.pem } }

        var identity: TLSIdentity {
            get throws { try TLSIdentity(certificates: .bytes(certificatePEM), key: .bytes(keyPEM)) }
        }

        /// The key in PEM, encrypted.
        func encryptedKey(_ passphrase: String) throws -> [UInt8] {
            let bio = try unsafe made(BIO_new(BIO_s_mem()))
            defer { unsafe BIO_free(bio) }
            #expect(
                unsafe PEM_write_bio_PKCS8PrivateKey(
                    bio, key.pointer, EVP_aes_256_cbc(), passphrase, CInt(passphrase.utf8.count), nil, nil) == 1)
            return unsafe Array(TLSCertificate.text(in: bio).utf8)
        }

        /// Key, certificate and chain (last issuer first) as PKCS#12.
        func pkcs12(_ passphrase: String) throws -> [UInt8] {
            let others = unsafe OPENSSL_sk_new_null()
            defer { unsafe OPENSSL_sk_free(others) }
            for certificate in chain.reversed() {
                unsafe OPENSSL_sk_push(others, UnsafeRawPointer(certificate.pointer))
            }
            let archive = unsafe PKCS12_create(
                passphrase, "test", key.pointer, certificate.pointer, others, 0, 0, 1000, 1000, 0)
            let whole = try unsafe made(archive)
            defer { unsafe PKCS12_free(whole) }
            return unsafe TLSCertificate.bytes { unsafe i2d_PKCS12(whole, $0) }
        }
    }

    /// An authority for one test: its certificates begin an hour ago and end in an hour.
    struct TestAuthority {
        let root: TestIdentity
        /// Issues the certificates; the root itself, or one below it.
        let issuer: TestIdentity

        static var now: Int64 { TLSTime.now }

        /// An authority with a root, and one more authority below it if `intermediate`.
        init(_ name: String = "Test Root", intermediate: Bool = false) throws {
            let root = try Self.make(name: name, isAuthority: true)
            self.root = root
            issuer = intermediate ? try Self.make(name: "\(name) Below", isAuthority: true, issuer: root) : root
        }

        private static func make(name: String, isAuthority: Bool, issuer: TestIdentity? = nil) throws -> TestIdentity {
            let key = try PrivateKey.makeECDSA()
            let maker = CertificateMaker(
                commonName: name, notBefore: now - 3600, notAfter: now + 3600, isAuthority: isAuthority)
            return TestIdentity(
                certificate: try maker.make(for: key, issuer: issuer.map { ($0.certificate, $0.key) }), key: key)
        }

        /// A certificate for names, with its chain below the root.
        func issue(
            _ names: [String] = ["localhost"], addresses: [String] = [], key: PrivateKey? = nil,
            notBefore: Int64 = now - 3600,
            notAfter: Int64 = now + 3600, extensions: [(kind: CInt, value: String)] = []
        ) throws -> TestIdentity {
            let key = try key ?? PrivateKey.makeECDSA()
            let maker = CertificateMaker(
                names: names, addresses: addresses, notBefore: notBefore, notAfter: notAfter, extensions: extensions)
            let certificate = try maker.make(for: key, issuer: (issuer.certificate, issuer.key))
            return TestIdentity(
                certificate: certificate, key: key,
                chain: issuer.certificate === root.certificate ? [] : [issuer.certificate])
        }

        /// What a side trusts that trusts the root.
        var authorities: TLSAuthorities {
            get throws { TLSAuthorities(certificates: [.bytes(try root.certificate.pem)]) }
        }

        /// A client that trusts the root.
        func client(_ change: (inout TLSClientConfiguration) throws -> Void = { _ in }) throws -> TLSContext {
            var configuration = TLSClientConfiguration()
            configuration.trust = .authorities(try authorities)
            try change(&configuration)
            return try TLSContext(client: configuration)
        }

        /// A list of the issuer's that takes certificates back, in PEM.
        func revocationList(_ revoked: [Certificate], until: Int64 = now + 3600) throws -> [UInt8] {
            let list = try unsafe made(X509_CRL_new())
            defer { unsafe X509_CRL_free(list) }
            let then = unsafe ASN1_TIME_set(nil, time_t(Self.now - 60))
            let end = unsafe ASN1_TIME_set(nil, time_t(until))
            defer {
                unsafe ASN1_TIME_free(then)
                unsafe ASN1_TIME_free(end)
            }
            unsafe X509_CRL_set_version(list, 1)
            unsafe X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.certificate.pointer))
            unsafe X509_CRL_set1_lastUpdate(list, then)
            unsafe X509_CRL_set1_nextUpdate(list, end)
            for certificate in revoked {
                let entry = unsafe X509_REVOKED_new()
                unsafe X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.pointer))
                unsafe X509_REVOKED_set_revocationDate(entry, then)
                unsafe X509_CRL_add0_revoked(list, entry)
            }
            unsafe X509_CRL_sort(list)
            #expect(unsafe X509_CRL_sign(list, issuer.key.pointer, EVP_sha256()) > 0)
            let bio = try unsafe made(BIO_new(BIO_s_mem()))
            defer { unsafe BIO_free(bio) }
            unsafe PEM_write_bio_X509_CRL(bio, list)
            return unsafe Array(TLSCertificate.text(in: bio).utf8)
        }

        /// An OCSP response about a certificate, in DER.
        func ocspResponse(
            _ certificate: Certificate, status: CInt = V_OCSP_CERTSTATUS_GOOD, until: Int64 = now + 3600
        ) throws -> [UInt8] {
            let basic = try unsafe made(OCSP_BASICRESP_new())
            defer { unsafe OCSP_BASICRESP_free(basic) }
            let id = unsafe OCSP_cert_to_id(nil, certificate.pointer, issuer.certificate.pointer)
            defer { unsafe OCSP_CERTID_free(id) }
            let then = unsafe ASN1_TIME_set(nil, time_t(Self.now - 60))
            let end = unsafe ASN1_TIME_set(nil, time_t(until))
            defer {
                unsafe ASN1_TIME_free(then)
                unsafe ASN1_TIME_free(end)
            }
            unsafe OCSP_basic_add1_status(
                basic, id, status, 0, status == V_OCSP_CERTSTATUS_REVOKED ? then : nil, then, end)
            #expect(
                unsafe OCSP_basic_sign(basic, issuer.certificate.pointer, issuer.key.pointer, EVP_sha256(), nil, 0) == 1
            )
            let response = try unsafe made(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic))
            defer { unsafe OCSP_RESPONSE_free(response) }
            return unsafe TLSCertificate.bytes { unsafe i2d_OCSP_RESPONSE(response, $0) }
        }
    }

    /// `write`, which a method below has the name of.
    private let writeAll = unsafe write(_:_:_:)

    /// A folder for one test, which is removed with all that is in it.
    final class TLSTestFolder: Sendable {
        let path: String

        init() throws {
            var template = Array("/tmp/apus-tls-XXXXXX".utf8CString)
            guard unsafe mkdtemp(&template) != nil else { throw SystemError(call: "mkdtemp") }
            path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }

        deinit {
            guard let names = unsafe opendir(path) else { return }
            while let entry = unsafe readdir(names) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                }
                if name != ".", name != ".." { unsafe unlink("\(path)/\(name)") }
            }
            unsafe closedir(names)
            unsafe rmdir(path)
        }

        /// Writes a file as a whole, in the place of one of that name, and gives its path.
        @discardableResult func write(_ name: String, _ bytes: [UInt8]) throws -> String {
            let target = "\(path)/\(name)"
            let descriptor = unsafe open("\(target).new", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            guard descriptor >= 0 else { throw SystemError(call: "open") }
            let written = unsafe writeAll(descriptor, bytes, bytes.count)
            close(descriptor)
            guard written == bytes.count, unsafe rename("\(target).new", target) == 0 else {
                throw SystemError(call: "write")
            }
            return target
        }

        /// What a file holds.
        func read(_ name: String) throws -> [UInt8] { try TLSConfigurationAudit.contents(of: "\(path)/\(name)") }
    }
#endif
