import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Listening sockets that a service manager opened for this process: systemd's socket activation
/// (sd_listen_fds(3)), descriptors from 3 on, told by `LISTEN_PID` and `LISTEN_FDS`.
public enum InheritedSockets {
    /// The first descriptor that may be one.
    static let first: CInt = 3

    /// Takes the descriptors over, once: the variables are removed, so that a child doesn't take them for its own.
    public static func take() -> [CInt] {
        let count = count(pid: variable("LISTEN_PID"), descriptors: variable("LISTEN_FDS"), own: getpid())
        guard count > 0 else { return [] }
        _ = unsafe unsetenv("LISTEN_PID")
        _ = unsafe unsetenv("LISTEN_FDS")
        _ = unsafe unsetenv("LISTEN_FDNAMES")
        let descriptors = Array(first..<first + count)
        // A process that this one starts is handed what it is to have, and would keep any other listening for nobody.
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptors
    }

    /// How many were passed to the process `own`.
    static func count(pid: String?, descriptors: String?, own: pid_t) -> CInt {
        guard let pid, let descriptors, pid_t(pid) == own, let count = CInt(descriptors), count > 0 else { return 0 }
        return count
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
