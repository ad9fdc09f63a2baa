import ApusRuntime

/// A place in what is written to a connection, to go back to while nothing behind it has left.
package struct OutputMark {
    /// What the kernel had been given.
    fileprivate let sent: Int
    /// The bytes that stood in the connection's output.
    fileprivate let count: Int
}

extension Connection {
    /// The place of the next byte; nil where what is written is not in `output` alone.
    package var outputMark: OutputMark? {
        isOutputAlone ? OutputMark(sent: bytesSent, count: output.count) : nil
    }

    /// Forgets all that was written behind a mark; false when a part of it may be on its way.
    package func takeBack(to mark: OutputMark) -> Bool {
        guard isOpen, isOutputAlone, bytesSent == mark.sent, output.count >= mark.count else { return false }
        output.truncate(to: mark.count)
        return true
    }

    /// Whether `output` holds all that is not sent, and nobody reads from it: then it only grows until something is sent.
    private var isOutputAlone: Bool {
        #if TLS && canImport(COpenSSL)
            if let tls, tls.isWaiting { return false }
        #endif
        return queue == nil && !flags.contains(.outputWithKernel)
    }
}
