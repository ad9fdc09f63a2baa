import ApusHTTP
public import ApusNet

/// Lets requests in by the client's address, and answers others with 403.
///
/// ```swift
/// let admin = app.group("/admin", AddressFilter(allowing: .privateNetworks))
/// ```
///
/// The address is ``Context/clientAddress``, so behind proxies ``TrustedProxies`` has to stand outside of this.
public struct AddressFilter: RequestMiddleware {
    private let allowed: AddressSet
    private let denied: AddressSet
    private let allowsUnixSockets: Bool

    /// The middleware.
    ///
    /// - Parameters:
    ///   - allowed: Who is let in; by default everyone.
    ///   - denied: Who is not, although they are allowed.
    ///   - allowsUnixSockets: Whether who comes by a Unix socket is let in. Who may connect is decided by the socket's
    ///     file.
    public init(
        allowing allowed: AddressSet = .all, denying denied: AddressSet = AddressSet(), allowsUnixSockets: Bool = true
    ) {
        self.allowed = allowed
        self.denied = denied
        self.allowsUnixSockets = allowsUnixSockets
    }

    /// Lets the request pass, or not. A client whose address a proxy hides is let in only when everyone is.
    ///
    /// - Throws: `HTTPError` 403.
    public func before(_ context: Context) throws -> Response? {
        let isLetIn =
            switch context.clientAddress {
            case .unix?: allowsUnixSockets
            case let address?: allowed.contains(address) && !denied.contains(address)
            case nil: allowed == .all && denied.isEmpty
            }
        guard isLetIn else { throw HTTPError(.forbidden, "your address is not let in here") }
        return nil
    }
}
