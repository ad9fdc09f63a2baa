package import ApusWorkers

/// What goes between a master and a worker: a message of their own, or a parcel between workers.
package enum WorkerFrame: Sendable {
    case message(WorkerMessage)
    case parcel(WorkerParcel)

    /// Nil for what is neither.
    package init?(_ bytes: [UInt8]) {
        if let parcel = WorkerParcel(bytes) {
            self = .parcel(parcel)
        } else if let message = WorkerMessage(bytes) {
            self = .message(message)
        } else {
            return nil
        }
    }
}

extension WorkerMessage {
    /// As it is sent.
    package var bytes: [UInt8] { (try? JSONCoding.encode(self)) ?? [] }

    /// Nil for what is none.
    package init?(_ bytes: [UInt8]) {
        guard let message = try? JSONCoding.decode(WorkerMessage.self, from: bytes) else { return nil }
        self = message
    }
}
