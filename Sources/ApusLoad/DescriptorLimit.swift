#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How many descriptors the process may have open.
enum DescriptorLimit {
    /// Raises the soft limit, as far as the hard one lets it.
    static func raise(to wanted: Int) throws(BenchError) {
        var limit = rlimit()
        unsafe getrlimit(kind, &limit)
        guard limit.rlim_cur < wanted else { return }
        guard limit.rlim_max >= wanted else {
            throw .tooManyDescriptors(wanted: wanted, allowed: Int(clamping: limit.rlim_max))
        }
        limit.rlim_cur = rlim_t(wanted)
        _ = unsafe setrlimit(kind, &limit)
    }

    #if canImport(Glibc)
        private static var kind: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
    #else
        private static var kind: CInt { RLIMIT_NOFILE }
    #endif
}
