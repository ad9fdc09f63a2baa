/// Passes on what the workers ask one another, and what they answer. It looks into nothing, keeps nothing of it, and never
/// waits: who asks decides how long, and a worker that is behind is asked no more until it has answered. It speaks with
/// nobody itself, as ``ChangeRounds`` does.
package struct WorkerExchange {
    package typealias PID = ChangeRounds.PID

    /// The most answers that a worker may owe.
    package static let mostOwed = 16

    /// A question that was passed on.
    private struct Question {
        var asker: PID
        /// The asker's number for it.
        var number: UInt32
        /// Those that owe an answer.
        var waiting: Set<PID>
    }

    private struct Member {
        var number: Int
        var owes = 0
    }

    /// What is to be sent.
    package private(set) var outbox: [(to: PID, parcel: WorkerParcel)] = []
    private var members: [PID: Member] = [:]
    private var questions: [UInt32: Question] = [:]
    private var last: UInt32 = 0

    /// Nobody to ask.
    package init() {}

    /// How many questions are not answered by all.
    package var openCount: Int { questions.count }

    /// What is to be sent.
    package mutating func take() -> [(to: PID, parcel: WorkerParcel)] {
        defer { outbox = [] }
        return outbox
    }

    /// A process serves as the worker of that number: it asks, and is asked.
    package mutating func serves(_ pid: PID, number: Int) { members[pid] = Member(number: number) }

    /// It ends, or has ended: nobody hears of it any more.
    package mutating func leave(_ pid: PID) {
        members[pid] = nil
        for (id, var question) in questions {
            question.waiting.remove(pid)
            questions[id] = question.waiting.isEmpty ? nil : question
        }
    }

    /// A worker asks or answers.
    package mutating func hear(_ parcel: WorkerParcel, from pid: PID) {
        switch parcel.kind {
        case .question: passOn(parcel, from: pid)
        case .answer: answer(parcel, from: pid)
        case .asked: return
        }
    }

    private mutating func passOn(_ parcel: WorkerParcel, from pid: PID) {
        // Of one that does not serve any more nobody takes an answer.
        guard members[pid] != nil else { return outbox.append((pid, .asked(parcel.number, []))) }
        let wanted = Int(parcel.worker)
        let asked = members.filter { member in
            member.key != pid && member.value.owes < Self.mostOwed && (wanted == 0 || wanted == member.value.number)
        }
        outbox.append((pid, .asked(parcel.number, asked.map(\.value.number).sorted())))
        guard !asked.isEmpty else { return }
        last &+= 1
        questions[last] = Question(asker: pid, number: parcel.number, waiting: Set(asked.keys))
        for other in asked.keys.sorted() {
            members[other]?.owes += 1
            outbox.append((other, WorkerParcel(.question, last, parcel.content)))
        }
    }

    private mutating func answer(_ parcel: WorkerParcel, from pid: PID) {
        guard let member = members[pid], var question = questions[parcel.number],
            question.waiting.remove(pid) != nil
        else { return }
        questions[parcel.number] = question.waiting.isEmpty ? nil : question
        members[pid]?.owes -= 1
        guard members[question.asker] != nil else { return }
        outbox.append((question.asker, WorkerParcel(.answer, question.number, worker: member.number, parcel.content)))
    }
}
