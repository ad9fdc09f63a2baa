/// Which peers must begin with a PROXY header, by which a load balancer tells of the client behind it.
///
/// A peer never chooses: whether a header is expected depends on its address alone, so a client can't forge one
/// (HAProxy, The PROXY protocol, 2).
public enum ProxyPolicy: Sendable, Hashable {
    /// No peer. A header would be taken for the protocol's own bytes.
    case off
    /// Every peer; for a port that only load balancers can reach.
    case required
    /// Peers within these ranges; others speak for themselves. A Unix socket is in no range.
    case trusted([AddressRange])

    /// Whether the peer of an accepted socket must begin with a header.
    func applies(to peer: CInt) -> Bool {
        switch self {
        case .off: false
        case .required: true
        case .trusted(let ranges): SocketAddress.remote(of: peer).map { applies(to: $0, ranges) } ?? false
        }
    }

    private func applies(to address: SocketAddress, _ ranges: [AddressRange]) -> Bool {
        ranges.contains { $0.contains(address) }
    }
}
