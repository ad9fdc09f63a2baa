#if TLS && canImport(COpenSSL)
    /// Where a listener gets the context for its next connection.
    public enum TLSContextSource: Sendable {
        /// One that stays.
        case fixed(TLSContext)
        /// The newest of a reloader.
        case reloaded(TLSReloader)

        /// The context for the next connection. Any thread; takes a lock for a moment when it may change.
        public var context: TLSContext {
            switch self {
            case .fixed(let context): context
            case .reloaded(let reloader): reloader.context
            }
        }
    }
#endif
