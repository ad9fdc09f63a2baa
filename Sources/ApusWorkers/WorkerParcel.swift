/// What workers ask one another, and say, through their master, who passes it on and does not look into it:
///
///     worker 1    question →                                        (answers its client)
///     master                  asked →, question → the others
///     each                                              ← answer
///     master                  ← answer, with whose it is
///
/// It goes the way of ``WorkerMessage``, and is told from it by its first byte.
package struct WorkerParcel: Equatable, Sendable {
    /// What a parcel is.
    package enum Kind: UInt8, Sendable {
        /// Something is asked: to the master by the asker's number and for ``WorkerParcel/worker``, 0 for all others; to a
        /// worker by the master's number.
        case question = 1
        /// To the asker: which workers were asked, two bytes each. The others can't be, or are behind with answers.
        case asked = 2
        /// What a worker says; to the asker with who it is.
        case answer = 3
    }

    package var kind: Kind
    package var number: UInt32
    package var worker: UInt16
    package var content: [UInt8]

    /// The longest content of a question, and of an answer, in bytes.
    package static let longestQuestion = 128 << 10
    package static let longestAnswer = 4 << 20

    private static let header = 7

    package init(_ kind: Kind, _ number: UInt32, worker: Int = 0, _ content: [UInt8] = []) {
        self.kind = kind
        self.number = number
        self.worker = UInt16(truncatingIfNeeded: worker)
        self.content = content
    }

    /// As it is sent.
    package var bytes: [UInt8] {
        var bytes = [kind.rawValue]
        bytes.reserveCapacity(Self.header + content.count)
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        for shift in [0, 8] as [UInt16] { bytes.append(UInt8(truncatingIfNeeded: worker >> shift)) }
        return bytes + content
    }

    /// Nil for what is none.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.header, let kind = Kind(rawValue: bytes[0]) else { return nil }
        self.kind = kind
        number = (1...4).reduce(0) { $0 | UInt32(bytes[$1]) << UInt32(8 * ($1 - 1)) }
        worker = UInt16(bytes[5]) | UInt16(bytes[6]) << 8
        content = Array(bytes[Self.header...])
        guard content.count <= (kind == .question ? Self.longestQuestion : Self.longestAnswer) else { return nil }
    }

    /// The workers that an `asked` names, or the content of one.
    package var workers: [Int] {
        stride(from: 0, to: content.count - 1, by: 2).map { Int(content[$0]) | Int(content[$0 + 1]) << 8 }
    }

    package static func asked(_ number: UInt32, _ workers: [Int]) -> WorkerParcel {
        WorkerParcel(
            .asked, number, workers.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
    }
}
