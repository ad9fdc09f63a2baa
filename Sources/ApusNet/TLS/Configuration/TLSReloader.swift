#if TLS && canImport(COpenSSL)
    public import ApusRuntime

    /// The context of a server whose certificates change while it runs.
    ///
    /// New connections get the newest context; those that are there keep theirs. A configuration or a file that is wrong
    /// changes nothing: the log says what is wrong, and the former certificates are served on. Tickets of a former
    /// context are still taken, unless the policy for client certificates changed.
    ///
    /// ```swift
    /// let reloader = try TLSReloader(configuration, log: log)
    /// reloader.watchFiles(on: group.loops[0])
    /// let listening = TLSListening(.reloaded(reloader))
    /// ```
    ///
    /// Any thread may use it; what reads files must not run on a loop.
    public final class TLSReloader: Sendable {
        /// What became of a look at the files.
        enum Look: Hashable {
            case unchanged
            /// They changed, and may change again at once: certificate and key are two writes.
            case settling
            case reloaded
            case kept
        }

        private struct Loaded {
            var configuration: TLSConfiguration
            /// The files as they were before they were read the last time.
            var files: [String: FileStamp?]
            /// The files as they were at the last look, if that differs.
            var changed: [String: FileStamp?]?
        }

        private let log: Log
        private let current: Lock<TLSContext>
        /// Held while a context is made: one after the other.
        private let loaded: Lock<Loaded>

        /// Makes the first context. Blocks for files.
        ///
        /// - Parameters:
        ///   - configuration: What is served.
        ///   - log: Where it says what it reloaded, and what is wrong.
        /// - Throws: Every mistake that the configuration has, at once.
        public init(_ configuration: TLSConfiguration, log: Log = .standardError) throws(TLSConfigurationErrors) {
            let files = FileStamp.all(of: configuration.files)
            let context = try TLSContext(server: configuration)
            self.log = log
            current = Lock(context)
            loaded = Lock(Loaded(configuration: configuration, files: files))
            for warning in context.warnings { log(.warning, "tls: \(warning)") }
        }

        /// The newest context: for the next connection.
        public var context: TLSContext { current.withLock { $0 } }

        /// Reads the files again, and takes the new certificates if they are good: what SIGHUP asks for. Blocks for
        /// files.
        ///
        /// - Parameter configuration: Another configuration from now on; nil: the same one, with what its files hold
        ///   now.
        /// - Returns: Whether there is a new context. If not, the log says why.
        @discardableResult public func reload(_ configuration: TLSConfiguration? = nil) -> Bool {
            loaded.withLock { loaded in reload(configuration, &loaded) }
        }

        private func reload(_ configuration: TLSConfiguration?, _ loaded: inout Loaded) -> Bool {
            let wanted = configuration ?? loaded.configuration
            // Before they are read: what changes in the meantime is seen at the next look.
            let files = FileStamp.all(of: wanted.files)
            loaded.changed = nil
            do throws(TLSConfigurationErrors) {
                let context = try TLSContext(server: wanted, following: self.context)
                loaded.configuration = wanted
                loaded.files = files
                current.withLock { $0 = context }
                for warning in context.warnings { log(.warning, "tls: \(warning)") }
                for certificate in context.certificates { log(.notice, "tls: now serving \(certificate)") }
                return true
            } catch {
                if configuration == nil { loaded.files = files }
                for mistake in error.errors { log(.error, "tls: the former certificates stay: \(mistake)") }
                return false
            }
        }

        /// Looks at the files every so often from now on, and reloads when they changed and did not change again until
        /// the next look. It ends with the reloader, and by `cancel()`.
        ///
        /// - Parameters:
        ///   - period: The time between two looks; each costs a system call for each file, on the work-stealing pool.
        ///   - loop: Whose timer is used.
        /// - Returns: What ends it.
        @discardableResult public func watchFiles(
            every period: Duration = .seconds(5), on loop: EventLoop
        )
            -> TLSFileWatch
        {
            let watch = TLSFileWatch()
            watch.arm(self, after: period, on: loop)
            return watch
        }

        /// Looks at the files once. Blocks.
        @discardableResult func look() -> Look {
            loaded.withLock { loaded in
                let files = FileStamp.all(of: loaded.configuration.files)
                if files == loaded.files {
                    loaded.changed = nil
                    return .unchanged
                }
                if files != loaded.changed {
                    loaded.changed = files
                    return .settling
                }
                return reload(nil, &loaded) ? .reloaded : .kept
            }
        }
    }
#endif
