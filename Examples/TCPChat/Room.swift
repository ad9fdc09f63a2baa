/// Everyone who is in the chat, on whatever loop. An actor of the usual kind: a connection's task that calls it runs it
/// on the thread where that task is.
actor Room {
    /// Lines that may wait for a member who reads slowly; what comes then is lost to that member alone.
    static let mostWaiting = 64

    private var members: [String: AsyncStream<String>.Continuation] = [:]

    /// The lines for a new member; nil when the name is taken or empty.
    func join(_ name: String) -> AsyncStream<String>? {
        guard !name.isEmpty, members[name] == nil else { return nil }
        let (lines, inbox) = AsyncStream.makeStream(
            of: String.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
        members[name] = inbox
        tellAll("* \(name) has come: \(members.count) here")
        return lines
    }

    func leave(_ name: String) {
        members.removeValue(forKey: name)?.finish()
        tellAll("* \(name) has left")
    }

    func say(_ text: String, from name: String) {
        for (other, inbox) in members where other != name { inbox.yield("\(name): \(text)") }
    }

    private func tellAll(_ line: String) { for inbox in members.values { inbox.yield(line) } }
}
