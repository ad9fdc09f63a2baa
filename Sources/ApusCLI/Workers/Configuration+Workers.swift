import Apus
import ApusNet

extension Configuration {
    /// What each worker has for itself although clients might take it for the server's: a line for each, with what to do.
    var unsharedByWorkers: [String] {
        var lines: [String] = []
        #if TLS
            for (index, listener) in listeners.enumerated() {
                guard let tls = listener.tls else { continue }
                let path = "listeners[\(index)].tls"
                if tls.isSelfSigned {
                    lines.append(
                        "\(path).selfSigned: each worker makes a certificate of its own, and clients meet now one, now"
                            + " another: give them one by certificate and key, or serve without --workers")
                }
                let resumption = tls.configuration.resumption
                if resumption.usesTickets, resumption.ticketKeyFile == nil {
                    lines.append(
                        "\(path).resumption.ticketKeyFile is not set: a worker does not know the tickets of the others,"
                            + " and many clients that come back do the whole handshake: give the workers a file of keys"
                    )
                }
            }
        #endif
        return lines
    }
}
