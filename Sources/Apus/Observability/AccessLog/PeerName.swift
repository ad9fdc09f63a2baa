import ApusNet

/// A client's address as logs write it, found when the connection opens: a client that is gone has none.
///
/// One word: an idle connection pays no more for its name, unless it is of IPv6.
enum PeerName {
    /// As a number, which is written as text for each line.
    case ipv4(UInt32)
    case text(Text)

    final class Text {
        let bytes: [UInt8]
        init(_ text: String) { bytes = Array(text.utf8) }
    }

    init(_ address: SocketAddress?) {
        switch address {
        case .ipv4(let address, _): self = .ipv4(address.value)
        case .ipv6: self = .text(Text(address?.host ?? ""))
        case .unix(let path): self = .text(Text(path.isEmpty ? "unix:" : path))
        case nil: self = .text(Text("-"))
        }
    }
}
