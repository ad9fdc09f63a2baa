import Apus
import Synchronization

/// A note, as clients see it.
struct Note: Codable, Sendable {
    var id: Int
    var title: String
    var text: String
    var isDone: Bool
    /// Raised by each change: the note's entity tag.
    var revision: Int
    /// What its picture is called, if it has one.
    var picture: String?

    var tag: EntityTag? { EntityTag("\(id)-\(revision)") }
}

/// What clients send of a note, as JSON or as a form.
struct NoteDraft: Decodable, Sendable {
    var title: String
    var text: String?
    var isDone: Bool?

    /// What can't be taken of it.
    func check() throws {
        var invalid: [ProblemDetails.InvalidField] = []
        if title.isEmpty || title.utf8.count > 200 { invalid.append(.init("title", "must have 1 to 200 bytes")) }
        if (text ?? "").utf8.count > 20_000 { invalid.append(.init("text", "must have 20000 bytes at most")) }
        guard invalid.isEmpty else { throw ProblemDetails.invalid(invalid) }
    }
}

/// Everybody's notes, in memory. Any thread.
final class NoteStore: Sendable {
    private struct Entry {
        var note: Note
        var owner: String
        var picture: [UInt8]?
    }
    private struct State {
        var entries: [Int: Entry] = [:]
        var last = 0
    }
    private let state = Mutex(State())
    /// The most notes of all owners together, so that memory has an end.
    private let capacity = 10_000

    func list(of owner: String, with words: String) -> [Note] {
        state.withLock { state in
            state.entries.values.filter { $0.owner == owner && (words.isEmpty || $0.note.title.contains(words)) }
                .map(\.note).sorted { $0.id < $1.id }
        }
    }

    func add(_ draft: NoteDraft, of owner: String) throws -> Note {
        try state.withLock { state in
            guard state.entries.count < capacity else {
                throw HTTPError(.insufficientStorage, "there are as many notes as there can be: remove some")
            }
            state.last += 1
            let note = Note(
                id: state.last, title: draft.title, text: draft.text ?? "", isDone: draft.isDone ?? false, revision: 1)
            state.entries[note.id] = Entry(note: note, owner: owner)
            return note
        }
    }

    /// Nil for a note that is not there, or not this owner's.
    func note(_ id: Int, of owner: String) -> Note? { entry(id, of: owner)?.note }

    func picture(_ id: Int, of owner: String) -> (name: String, bytes: [UInt8])? {
        guard let entry = entry(id, of: owner), let name = entry.note.picture, let bytes = entry.picture else {
            return nil
        }
        return (name, bytes)
    }

    private func entry(_ id: Int, of owner: String) -> Entry? {
        state.withLock { $0.entries[id].flatMap { $0.owner == owner ? $0 : nil } }
    }

    /// Changes a note of the revision that its owner has seen; nil when it has another by now, or is gone.
    func change(_ note: Note, of owner: String, picture: [UInt8]? = nil, _ body: (inout Note) -> Void) -> Note? {
        state.withLock { state in
            guard var entry = state.entries[note.id], entry.owner == owner, entry.note.revision == note.revision else {
                return nil
            }
            body(&entry.note)
            entry.note.revision += 1
            if let picture { entry.picture = picture }
            state.entries[note.id] = entry
            return entry.note
        }
    }

    func remove(_ note: Note, of owner: String) {
        state.withLock { state in
            if state.entries[note.id]?.owner == owner { state.entries[note.id] = nil }
        }
    }
}
