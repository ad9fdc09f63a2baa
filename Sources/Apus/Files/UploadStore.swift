import ApusHTTP
import ApusRuntime
import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Uploads that are not whole yet, in the folder `.uploads` beneath the one that they are for. Any thread; each call
/// blocks for as long as the disk takes.
///
/// An upload is two files: `<name>.part` holds what has come, so its length is the offset, also after a restart; and
/// `<name>.info` says what it becomes. Of several requests that append to one upload, the last to begin, or to ask for
/// the offset, is the one that may write: what an earlier one still has is not written (``Turn``).
final class UploadStore: Sendable {
    /// What is known of an upload beside its offset.
    struct Record: Sendable, Equatable {
        /// Where the file will lie.
        var path: String
        /// How long it will be, in bytes, once that is known.
        var length: Int64?
        /// Whether it lies there.
        var isComplete = false
    }

    /// The right to write to an upload, until another one is given out.
    struct Turn: Sendable {
        let upload: Upload
        let number: Int
        let file: DiskFile
        let record: Record
        /// Where to go on, in bytes.
        let offset: Int64
    }

    /// An upload that somebody has asked for.
    final class Upload: Sendable {
        let name: String
        /// The number of the last turn. Held while something is written, so that an offset stays true once it is told.
        let turns = Lock(0)

        init(_ name: String) { self.name = name }
    }

    private let root: FileRoot
    private let folder: OpenFolder
    private let uploads = Lock([String: Upload]())

    /// - Throws: `SystemError` when the folder can't be made.
    init(in root: FileRoot) throws(SystemError) {
        self.root = root
        let failure = unsafe apus_make_folder_errno(root.folder, ".uploads")
        guard failure == 0 else { throw SystemError(code: failure, call: "make .uploads") }
        let opened = root.openFolder(".uploads")
        guard opened >= 0 else { throw SystemError(code: opened, call: "open .uploads") }
        folder = OpenFolder(owning: opened)
    }

    // MARK: The life of an upload

    /// Begins an upload; its name. 128 random bits: who knows it may write to it.
    func create(_ record: Record) throws -> String {
        var name = ""
        for _ in 0..<2 {
            let half = String(UInt64.random(in: .min ... .max), radix: 16)
            name += String(repeating: "0", count: 16 - half.count) + half
        }
        try write(record, of: name)
        let made = unsafe apus_create_named_errno(folder.descriptor, name + ".part")
        guard made >= 0 else {
            _ = unsafe apus_unlink_errno(folder.descriptor, name + ".info")
            throw SystemError(code: made, call: "create an upload")
        }
        closeDescriptor(made)
        return name
    }

    /// How far an upload has come; nil when there is none. Who has written to it until now writes no more.
    func state(of name: String) throws -> (record: Record, offset: Int64)? {
        guard let record = record(of: name) else { return nil }
        if record.isComplete { return (record, record.length ?? 0) }
        return try upload(name).turns.withLock { turn throws(SystemError) in
            turn += 1
            guard let offset = try size(of: name) else { return nil }
            return (record, offset)
        }
    }

    /// Takes the turn to write to an upload; nil when there is none, or it is complete.
    func takeTurn(_ name: String) throws(SystemError) -> Turn? {
        guard let record = record(of: name), !record.isComplete else { return nil }
        let upload = upload(name)
        return try upload.turns.withLock { turn throws(SystemError) in
            guard let offset = try size(of: name) else { return nil }
            let opened = unsafe apus_open_named_errno(folder.descriptor, name + ".part")
            guard opened >= 0 else { throw SystemError(code: opened, call: "open an upload") }
            turn += 1
            return Turn(upload: upload, number: turn, file: DiskFile(owning: opened), record: record, offset: offset)
        }
    }

    /// Writes chunks where an upload ends; the offset behind them, or nil when somebody else has the turn.
    func write(_ chunks: [[UInt8]], at offset: Int64, _ turn: Turn) throws(SystemError) -> Int64? {
        try turn.upload.turns.withLock { now throws(SystemError) in
            guard now == turn.number else { return nil }
            return try turn.file.write(chunks, at: offset)
        }
    }

    /// Says how long an upload will be.
    func setLength(_ length: Int64, _ turn: Turn) throws {
        var record = turn.record
        record.length = length
        try write(record, of: turn.upload.name)
    }

    /// Gives a whole upload the place that it is for; false when somebody else has the turn.
    func complete(_ turn: Turn, count: Int64, _ options: UploadFolder.Options) throws -> Bool {
        try turn.upload.turns.withLock { now in
            guard now == turn.number else { return false }
            var record = turn.record
            guard let path = FilePath(record.path) else { throw HTTPError(.badRequest) }
            if options.syncs { try turn.file.sync() }
            let target = try OpenFolder(of: path, in: root, makesFolders: options.makesFolders)
            let failure = unsafe apus_rename_errno(
                folder.descriptor, turn.upload.name + ".part", target.descriptor,
                String(decoding: path.name, as: UTF8.self), options.replaces)
            switch -failure {
            case 0: break
            case EEXIST, EISDIR, ENOTDIR, ENOTEMPTY:
                throw HTTPError(.conflict, "there is something called \(path.text) already: choose another name")
            default: throw SystemError(code: failure, call: "rename an upload")
            }
            if options.syncs { try target.sync() }
            // Who did not get the answer asks once more, and is to learn that all is well.
            record.length = count
            record.isComplete = true
            try write(record, of: turn.upload.name)
            forget(turn.upload.name)
            return true
        }
    }

    /// Ends an upload; false when there is none.
    func remove(_ name: String) -> Bool {
        guard record(of: name) != nil else { return false }
        upload(name).turns.withLock { $0 += 1 }
        _ = unsafe apus_unlink_errno(folder.descriptor, name + ".part")
        _ = unsafe apus_unlink_errno(folder.descriptor, name + ".info")
        forget(name)
        return true
    }

    /// Removes what was not written to since a moment.
    ///
    /// - Parameter moment: In seconds since 1970.
    func sweep(before moment: Int64) {
        guard let names = unsafe apus_open_names(folder.descriptor) else { return }
        var old: [String] = []
        while let text = unsafe apus_next_name(names) {
            var state = apus_file()
            guard unsafe apus_stat_name_errno(folder.descriptor, text, &state) == 0 else { continue }
            let name = unsafe String(cString: text)
            guard state.modified_seconds < moment, name.hasSuffix(".info") else { continue }
            let upload = String(name.dropLast(5))
            var part = apus_file()
            if unsafe apus_stat_name_errno(folder.descriptor, upload + ".part", &part) == 0,
                part.modified_seconds >= moment
            {
                continue
            }
            old.append(upload)
        }
        unsafe apus_close_names(names)
        for name in old { _ = remove(name) }
    }

    // MARK: What is on the disk

    private func upload(_ name: String) -> Upload {
        uploads.withLock { uploads in
            if let upload = uploads[name] { return upload }
            let upload = Upload(name)
            uploads[name] = upload
            return upload
        }
    }

    private func forget(_ name: String) { uploads.withLock { $0[name] = nil } }

    private func size(of name: String) throws(SystemError) -> Int64? {
        var state = apus_file()
        let failure = unsafe apus_stat_name_errno(folder.descriptor, name + ".part", &state)
        if failure == -ENOENT { return nil }
        guard failure == 0 else { throw SystemError(code: failure, call: "look at an upload") }
        return state.size
    }

    /// A name as ``create(_:)`` makes them, which leads nowhere else.
    private static func isName(_ name: String) -> Bool {
        name.utf8.count == 32
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private func record(of name: String) -> Record? {
        guard Self.isName(name), let path = FilePath(".uploads/\(name).info", showsHidden: true),
            let found = try? root.open(path), found.state.size < 8192
        else { return nil }
        let size = Int(found.state.size)
        var bytes = [UInt8](repeating: 0, count: size)
        let got = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe size == 0 ? 0 : apus_read_at_errno(found.file.descriptor, room.baseAddress!, size, 0)
        }
        guard got == size else { return nil }
        // The path is the rest, for a file's name may have line feeds.
        let parts = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].hasSuffix("\n") else { return nil }
        return Record(
            path: String(parts[2].dropLast()), length: Int(parts[1]).map(Int64.init), isComplete: parts[0] == "complete"
        )
    }

    private func write(_ record: Record, of name: String) throws {
        let text =
            (record.isComplete ? "complete" : "open") + "\n" + (record.length.map(String.init) ?? "") + "\n"
            + record.path + "\n"
        let pending = try PendingFile.named(in: folder, name + ".info")
        _ = try pending.file.write([Array(text.utf8)], at: 0)
        try pending.commit(replaces: true, syncs: false)
    }
}
