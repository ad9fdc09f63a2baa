#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A system call that failed: which one, and the system's reason.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system's error number, such as `EADDRINUSE`.
    public let code: CInt
    /// The call that failed, in the words of its manual page: `bind`, `connect`.
    public let call: String

    /// An error of `call` with the system's error number `code` (a negative one is taken as `-errno`).
    public init(code: CInt, call: String) {
        self.code = code < 0 ? -code : code
        self.call = call
    }

    /// The error that the C library holds in `errno` now.
    public init(call: String) {
        self.init(code: errno, call: call)
    }

    /// The system's sentence for the error number.
    public var reason: String {
        unsafe String(cString: strerror(code))
    }

    /// For example `bind: Address already in use (98)`.
    public var description: String { "\(call): \(reason) (\(code))" }
}
