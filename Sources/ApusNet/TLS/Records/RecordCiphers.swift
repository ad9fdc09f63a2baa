#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// What computes the records of one loop: OpenSSL's contexts, which take 1 KB for each direction.
    ///
    /// They are not kept for each connection, but in so many places, in which a connection that finds another one's
    /// keys puts its own: 0.1 to 0.2 µs. What is active stays where it is; what is idle costs nothing. Loop only.
    @safe final class RecordCiphers {
        private static let placeCount = 128

        @safe private struct Place {
            /// Whose keys the contexts have; 0 when nobody's.
            var reader: UInt64 = 0
            var writer: UInt64 = 0
            var suite: RecordSuite?
            var opening: OpaquePointer?
            var sealing: OpaquePointer?
        }

        private let places: UnsafeMutablePointer<Place>
        private var lastOwner: UInt64 = 0
        private let sha256: OpaquePointer
        private let sha384: OpaquePointer

        init() {
            unsafe places = .allocate(capacity: Self.placeCount)
            unsafe places.initialize(repeating: Place(), count: Self.placeCount)
            guard let short = unsafe apus_tls_hmac("SHA256"), let long = unsafe apus_tls_hmac("SHA384") else {
                preconditionFailure("no memory for OpenSSL's HMAC")
            }
            unsafe sha256 = short
            unsafe sha384 = long
        }

        deinit {
            for index in 0..<Self.placeCount {
                unsafe EVP_CIPHER_CTX_free(places[index].opening)
                unsafe EVP_CIPHER_CTX_free(places[index].sealing)
            }
            unsafe places.deallocate()
            unsafe EVP_MAC_CTX_free(sha256)
            unsafe EVP_MAC_CTX_free(sha384)
        }

        /// A number that no other owner of keys has had.
        func makeOwner() -> UInt64 {
            lastOwner += 1
            return lastOwner
        }

        /// What derives the keys of a suite.
        func hmac(for suite: RecordSuite) -> OpaquePointer {
            unsafe suite == .aes256GCM ? sha384 : sha256
        }

        @unsafe @inline(__always) private func place(of owner: UInt64) -> UnsafeMutablePointer<Place> {
            unsafe places + Int(truncatingIfNeeded: owner) & (Self.placeCount - 1)
        }

        /// A context that opens records with these keys; nil without memory.
        @unsafe @inline(__always)
        func opening(
            _ owner: UInt64, _ suite: RecordSuite, _ keys: UnsafeMutablePointer<apus_tls_keys>
        )
            -> OpaquePointer?
        {
            let place = unsafe place(of: owner)
            if unsafe place.pointee.reader == owner { return unsafe place.pointee.opening }
            unsafe enter(place, suite)
            guard let context = unsafe Self.key(&place.pointee.opening, suite, keys, seals: false) else { return nil }
            unsafe place.pointee.reader = owner
            return unsafe context
        }

        /// One that seals them.
        @unsafe @inline(__always)
        func sealing(
            _ owner: UInt64, _ suite: RecordSuite, _ keys: UnsafeMutablePointer<apus_tls_keys>
        )
            -> OpaquePointer?
        {
            let place = unsafe place(of: owner)
            if unsafe place.pointee.writer == owner { return unsafe place.pointee.sealing }
            unsafe enter(place, suite)
            guard let context = unsafe Self.key(&place.pointee.sealing, suite, keys, seals: true) else { return nil }
            unsafe place.pointee.writer = owner
            return unsafe context
        }

        /// Has both contexts know the suite's cipher from the next key on.
        @unsafe private func enter(_ place: UnsafeMutablePointer<Place>, _ suite: RecordSuite) {
            guard unsafe place.pointee.suite != suite else { return }
            unsafe Self.empty(place)
            unsafe place.pointee.suite = suite
        }

        @unsafe private static func empty(_ place: UnsafeMutablePointer<Place>) {
            unsafe EVP_CIPHER_CTX_free(place.pointee.opening)
            unsafe EVP_CIPHER_CTX_free(place.pointee.sealing)
            unsafe place.pointee = Place()
        }

        @unsafe @inline(never)
        private static func key(
            _ context: inout OpaquePointer?, _ suite: RecordSuite, _ keys: UnsafeMutablePointer<apus_tls_keys>,
            seals: Bool
        ) -> OpaquePointer? {
            let isNew = unsafe context == nil
            guard let found = unsafe context ?? EVP_CIPHER_CTX_new() else { return nil }
            unsafe context = found
            guard unsafe apus_tls_set_key(found, isNew ? suite.cipher : nil, keys, seals) else {
                unsafe EVP_CIPHER_CTX_free(found)
                unsafe context = nil
                return nil
            }
            return unsafe found
        }

        /// The key for reading has changed.
        func forgetReader(_ owner: UInt64) {
            let place = unsafe place(of: owner)
            if unsafe place.pointee.reader == owner { unsafe place.pointee.reader = 0 }
        }

        /// The key for writing has changed.
        func forgetWriter(_ owner: UInt64) {
            let place = unsafe place(of: owner)
            if unsafe place.pointee.writer == owner { unsafe place.pointee.writer = 0 }
        }

        /// The keys are not needed any more: they are wiped out of the contexts, which are given back.
        func forget(_ owner: UInt64) {
            let place = unsafe place(of: owner)
            if unsafe place.pointee.reader == owner || place.pointee.writer == owner { unsafe Self.empty(place) }
        }
    }
#endif
