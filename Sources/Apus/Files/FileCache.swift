import ApusRuntime

/// The files of a folder that one loop was asked for lately: small ones in memory, larger ones open. It belongs to the
/// loop's thread.
///
/// A file is looked at again, by its path, when a second has passed since the last look: one that replaced it shows
/// after a second at most. A larger one is asked for its state each time, so that a write into it shows at once. One
/// that was written within the last two seconds is not kept, for a second write in the same tick of the file system's
/// clock would not show. An open file that nobody asks for is closed after some seconds, so that its space on the disk
/// is free when it is deleted.
///
/// Of two generations the younger takes what is found or read; when it holds half of the room it becomes the older,
/// and what the older still held goes. So what is asked for stays, and each step costs the same (a two-generation
/// approximation of least recently used).
final class FileCache {
    private struct Entry {
        var file: ServedFile
        /// When the file was looked at last, in the loop's milliseconds.
        var lookedAt: UInt64
    }

    /// It keeps this cache, and outlives it.
    private unowned let loop: EventLoop
    /// Kept alive, so that no other root comes to its address while the loop knows this cache by it.
    private let root: FileRoot
    private let room: Int
    private var young: [FilePath: Entry] = [:]
    private var old: [FilePath: Entry] = [:]
    private var youngBytes = 0
    private var awaitsSweep = false

    /// What one entry costs beside its content, roughly, in bytes.
    private static let overhead = 1024
    /// What an open file counts for: 64 of them fill the usual room.
    static let openCost = 64 << 10
    /// How long an open file stays without being asked for.
    static let idleMilliseconds: UInt64 = 10_000
    static let lookMilliseconds: UInt64 = 1000
    static let settledSeconds: Int64 = 2

    /// - Parameter room: the most bytes that are kept.
    private init(loop: EventLoop, root: FileRoot, room: Int) {
        self.loop = loop
        self.root = root
        self.room = room
    }

    /// The one of `root` on the loop. On the loop's thread.
    static func of(_ root: FileRoot, on loop: EventLoop, room: Int) -> FileCache {
        loop.local(ObjectIdentifier(root)) { FileCache(loop: loop, root: root, room: room) }
    }

    /// The file at `path`, if it is here and was looked at within the last second.
    ///
    /// - Parameter now: the loop's milliseconds.
    func find(_ path: FilePath, now: UInt64) -> ServedFile? {
        guard let entry = young[path] ?? promoted(path), now &- entry.lookedAt < Self.lookMilliseconds else {
            return nil
        }
        return entry.file.isFresh ? entry.file : nil
    }

    private func promoted(_ path: FilePath) -> Entry? {
        guard let entry = old.removeValue(forKey: path) else { return nil }
        insert(path, entry)
        return entry
    }

    /// The file that was looked at just now: the one that is here, if it is still the same, else the one given, which
    /// is read when it is no longer than `largest` bytes, and kept.
    func settle(_ path: FilePath, _ file: ServedFile, largest: Int, now: UInt64, wallSeconds: Int64) -> ServedFile {
        if var entry = young[path], entry.file.isSame(as: file) {
            entry.lookedAt = now
            young[path] = entry
            return entry.file
        }
        remove(path)
        guard file.lastWritten + Self.settledSeconds < wallSeconds else { return file }
        guard let kept = file.loaded(upTo: Int64(min(largest, room / 4))) else { return file }
        guard !kept.holdsOpenFile || room >= 4 * Self.openCost else { return kept }
        insert(path, Entry(file: kept, lookedAt: now))
        return kept
    }

    /// Closes open files that nobody asked for lately; true when some are left. On the loop's thread.
    func sweep(now: UInt64) -> Bool {
        var isLeft = false
        for (path, entry) in Array(young) + Array(old) {
            guard entry.file.holdsOpenFile else { continue }
            if now &- entry.lookedAt >= Self.idleMilliseconds { remove(path) } else { isLeft = true }
        }
        return isLeft
    }

    private func sweepLater() {
        guard !awaitsSweep else { return }
        awaitsSweep = true
        loop.schedule(after: .milliseconds(Self.idleMilliseconds)) { [root, room] loop in
            let cache = FileCache.of(root, on: loop, room: room)
            cache.awaitsSweep = false
            if cache.sweep(now: loop.tick) { cache.sweepLater() }
        }
    }

    /// Forgets the file at `path`, which is no more.
    func remove(_ path: FilePath) {
        if let entry = young.removeValue(forKey: path) { youngBytes -= Self.cost(path, entry) }
        old[path] = nil
    }

    private func insert(_ path: FilePath, _ entry: Entry) {
        if youngBytes > room / 2 {
            swap(&old, &young)
            young.removeAll(keepingCapacity: true)
            youngBytes = 0
        }
        youngBytes += Self.cost(path, entry)
        young[path] = entry
        if entry.file.holdsOpenFile { sweepLater() }
    }

    private static func cost(_ path: FilePath, _ entry: Entry) -> Int {
        path.bytes.count + cost(entry.file)
    }

    private static func cost(_ file: ServedFile) -> Int {
        var cost = openCost
        if case .bytes(let bytes) = file.content { cost = bytes.count + overhead }
        return file.siblings.reduce(cost) { $0 + Self.cost($1) }
    }

    /// The number of files here.
    var count: Int { young.count + old.count }
}
