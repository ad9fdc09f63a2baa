#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import Synchronization

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// The looks that a reloader takes at its files. Any thread.
    public final class TLSFileWatch: Sendable {
        private let isCancelled = Atomic(false)

        /// Ends it: there will be no further look, but for one that is under way.
        public func cancel() { isCancelled.store(true, ordering: .releasing) }

        func arm(_ reloader: TLSReloader, after period: Duration, on loop: EventLoop) {
            loop.schedule(after: period) { [weak reloader] loop in
                guard let reloader, !self.isCancelled.load(ordering: .acquiring) else { return }
                // A pool that is full of other work is tried again after the period.
                try? WorkStealingPool.shared.submit { reloader.look() }
                self.arm(reloader, after: period, on: loop)
            }
        }
    }

    /// By what it is seen that a file was replaced or written, symbolic links followed.
    struct FileStamp: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let seconds: Int64
        let nanoseconds: Int64

        /// Nil when there is no such file.
        init?(path: String) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return nil }
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
            size = Int64(status.st_size)
            #if canImport(Darwin)
                let modified = status.st_mtimespec
            #else
                let modified = status.st_mtim
            #endif
            seconds = Int64(modified.tv_sec)
            nanoseconds = Int64(modified.tv_nsec)
        }

        static func all(of paths: [String]) -> [String: FileStamp?] {
            var stamps: [String: FileStamp?] = [:]
            for path in paths { stamps[path] = .some(FileStamp(path: path)) }
            return stamps
        }
    }

    extension TLSConfiguration {
        /// Every file that a context is made of, each once.
        var files: [String] {
            var sources: [TLSSource] = []
            for identity in identities + hosts.flatMap(\.identities) {
                switch identity.material {
                case .pem(let certificates, let key): sources += [certificates] + (key.map { [$0] } ?? [])
                case .pkcs12(let source): sources.append(source)
                }
                if let response = identity.ocspResponse { sources.append(response) }
            }
            if let authorities = clients.authorities {
                sources += authorities.certificates + authorities.revocationLists
            }
            if let file = resumption.ticketKeyFile { sources.append(.file(file)) }
            var paths: [String] = []
            for case .file(let path) in sources where !paths.contains(path) { paths.append(path) }
            return paths
        }
    }
#endif
