import ApusRuntime

/// The small files of a folder that one loop was asked for lately, in memory. It belongs to the loop's thread.
///
/// A file is looked at again, by its path, when a second has passed since the last look: a change shows after a second
/// at most. One that was written within the last two seconds is not kept, for a second write in the same tick of the
/// file system's clock would not show.
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

    /// Kept alive, so that no other root comes to its address while the loop knows this cache by it.
    private let root: FileRoot
    private let room: Int
    private var young: [FilePath: Entry] = [:]
    private var old: [FilePath: Entry] = [:]
    private var youngBytes = 0

    /// What one entry costs beside its content, roughly, in bytes.
    private static let overhead = 1024
    static let lookMilliseconds: UInt64 = 1000
    static let settledSeconds: Int64 = 2

    /// - Parameter room: the most bytes that are kept.
    private init(root: FileRoot, room: Int) {
        self.root = root
        self.room = room
    }

    /// The one of `root` on the loop. On the loop's thread.
    static func of(_ root: FileRoot, on loop: EventLoop, room: Int) -> FileCache {
        loop.local(ObjectIdentifier(root)) { FileCache(root: root, room: room) }
    }

    /// The file at `path`, if it is here and was looked at within the last second.
    ///
    /// - Parameter now: the loop's milliseconds.
    func find(_ path: FilePath, now: UInt64) -> ServedFile? {
        if let entry = young[path] { return now &- entry.lookedAt < Self.lookMilliseconds ? entry.file : nil }
        guard let entry = old.removeValue(forKey: path) else { return nil }
        insert(path, entry)
        return now &- entry.lookedAt < Self.lookMilliseconds ? entry.file : nil
    }

    /// The file that was looked at just now: the one that is here, if it is still the same, else the one given, which
    /// is read and kept when it is small enough.
    func settle(_ path: FilePath, _ file: ServedFile, largest: Int, now: UInt64, wallSeconds: Int64) -> ServedFile {
        if var entry = young[path], entry.file.state == file.state {
            entry.lookedAt = now
            young[path] = entry
            return entry.file
        }
        remove(path)
        guard file.state.size <= Int64(min(largest, room / 4)),
            file.state.modifiedSeconds + Self.settledSeconds < wallSeconds, let loaded = file.loaded()
        else { return file }
        insert(path, Entry(file: loaded, lookedAt: now))
        return loaded
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
    }

    private static func cost(_ path: FilePath, _ entry: Entry) -> Int {
        Int(entry.file.state.size) + path.bytes.count + overhead
    }

    /// The number of files here.
    var count: Int { young.count + old.count }
}
