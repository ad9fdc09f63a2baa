import ApusRuntime
import Synchronization

/// Hears a connection until its PROXY header is whole, and hands it over to the protocol then. A header that is
/// malformed, or not there within five seconds, ends the connection.
final class ProxyHandler: ConnectionHandler {
    private static let patienceMilliseconds: UInt64 = 5_000

    private let rules: AcceptRules

    init(_ rules: AcceptRules) { self.rules = rules }

    func connected(_ connection: Connection) {
        connection.setTimer(at: connection.loop.tick + Self.patienceMilliseconds)
    }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        switch ProxyHeader.parse(bytes) {
        case .incomplete: return 0
        case .header(let header, let length):
            handOver(connection, header)
            #if TLS && canImport(COpenSSL)
                if let tls = connection.tls {
                    connection.receivedCiphertext(bytes.extracting(length..<bytes.byteCount), tls)
                    return bytes.byteCount
                }
            #endif
            // Nobody else shows the new handler what came with the header.
            guard connection.isOpen, length < bytes.byteCount, let handler = connection.handler, handler !== self else {
                return length
            }
            return length + handler.received(bytes.extracting(length..<bytes.byteCount), on: connection)
        case .malformed(let reason):
            giveUp(connection, .malformed(reason))
            return bytes.byteCount
        }
    }

    private func handOver(_ connection: Connection, _ header: ProxyHeader) {
        connection.cancelTimer()
        if let addresses = header.addresses {
            connection.setAddresses(remote: addresses.source, local: addresses.destination)
        }
        if rules.admission.limits.connectionsPerAddress != nil {
            let client = Admission.ClientKey(connection.remoteAddress)
            guard rules.admission.admitAddress(client) else {
                let refusal = rules.refusal
                unsafe connection.write(refusal.span.bytes)
                return connection.closeLingering()
            }
            connection.counted(as: client)
        }
        #if TLS && canImport(COpenSSL)
            if let serving = rules.tls { return connection.beginTLS(serving) }
        #endif
        let handler = rules.serve(connection.loop)
        connection.setHandler(handler)
        handler.connected(connection)
    }

    var protocolName: String { "PROXY header" }

    func receivedEnd(on connection: Connection) {
        // One that says nothing at all looks whether the port answers; that is no failure.
        if connection.keptCount > 0 { giveUp(connection, .ended) } else { connection.closeAfterWriting() }
    }

    func timerFired(on connection: Connection) { giveUp(connection, .late) }

    private func giveUp(_ connection: Connection, _ cause: ProxyComplaint.Cause) {
        rules.proxyFailures.wrappingAdd(1, ordering: .relaxed)
        let loop = connection.loop
        rules.proxyComplaint.note(cause, from: connection.remoteAddress, to: loop.log, at: loop.tick)
        connection.close()
    }
}
