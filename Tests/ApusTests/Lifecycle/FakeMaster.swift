import ApusWorkers
import Glibc
import Testing

@testable import Apus

/// What a master would be.
struct FakeMaster {
    let port: WorkerPort
    let link: WorkerLink

    init() throws {
        let (port, end) = try WorkerPort.pair()
        self.port = port
        link = WorkerLink(worker: 2, DescriptorChannel(owning: end))
    }

    /// What the worker says next.
    func hear() throws -> WorkerMessage {
        while true {
            var wanted = pollfd(fd: port.descriptor, events: Int16(POLLIN), revents: 0)
            let isReady = unsafe poll(&wanted, 1, 20_000) > 0
            try #require(isReady, "the worker says nothing")
            for case .message(let message) in try #require(port.receive()) { return message }
        }
    }

    /// What parcel it sends next.
    func hearParcel() throws -> WorkerParcel {
        while true {
            var wanted = pollfd(fd: port.descriptor, events: Int16(POLLIN), revents: 0)
            let isReady = unsafe poll(&wanted, 1, 20_000) > 0
            try #require(isReady, "the worker says nothing")
            for case .parcel(let parcel) in try #require(port.receive()) { return parcel }
        }
    }

    /// What the worker answers a question of another one.
    func answer<Answer: Decodable>(_ question: WorkerQuestion, as type: Answer.Type) throws -> Answer {
        port.send(WorkerParcel(.question, 77, try JSONCoding.encode(question)))
        let parcel = try hearParcel()
        try #require(parcel.kind == .answer && parcel.number == 77)
        return try JSONCoding.decode(type, from: parcel.content)
    }

    func state(_ texts: [String], _ revision: String = "a-5") -> WorkerMessage {
        var state = WorkerMessage(.state)
        state.changes = texts.map { ConfigurationPatch($0, from: "dashboard") }
        state.revision = revision
        state.workers = 3
        return state
    }

    func ask(_ kind: WorkerMessage.Kind, round: Int, _ text: String? = nil, revision: String = "") -> WorkerMessage {
        var message = WorkerMessage(kind)
        message.id = round
        message.revision = revision
        let patch = text.map { ConfigurationPatch($0, from: "dashboard") }
        message.wish = kind == .prepare ? WorkerWish(patch: patch) : nil
        return message
    }
}
