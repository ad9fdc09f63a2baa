import ApusHTTP
import ApusRuntime
import Glibc
import Testing

@testable import Apus

@Suite("Small files in memory")
struct FileCacheTests {
    /// A cache on a loop that nobody else uses; `body` runs on the loop.
    private func withCache(
        _ folder: TestFolder, room: Int = 1 << 20, _ body: @Sendable @escaping (FileRoot, FileCache) throws -> Void
    ) throws {
        let root = try FileRoot(folder.root)
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let failure = group.loops[0].perform { loop -> String? in
            do { try body(root, FileCache.of(root, on: loop, room: room)) } catch { return "\(error)" }
            return nil
        }
        #expect(failure == nil)
    }

    private static func served(_ root: FileRoot, _ name: String) throws -> (FilePath, ServedFile) {
        let path = try #require(FilePath(name))
        let found = try #require(try root.open(path))
        return (path, ServedFile(found, at: path, FileOptions()))
    }

    private static func bytes(_ file: ServedFile?) -> [UInt8]? {
        guard case .bytes(let bytes)? = file?.content else { return nil }
        return bytes
    }

    private static func settle(_ cache: FileCache, _ path: FilePath, _ file: ServedFile, now: UInt64) -> ServedFile {
        cache.settle(path, file, largest: 2048, now: now, wallSeconds: Int64(time(nil)))
    }

    @Test("a file is here for a second, and then looked at again")
    func ages() throws {
        let folder = try TestFolder()
        try withCache(folder) { root, cache in
            let (path, file) = try Self.served(root, "data.bin")
            #expect(cache.find(path, now: 0) == nil)
            #expect(Self.bytes(Self.settle(cache, path, file, now: 5000))?.count == 1000)
            #expect(Self.bytes(cache.find(path, now: 5999))?.count == 1000)
            #expect(cache.find(path, now: 6000) == nil)
            // The same again: the content in memory serves on.
            #expect(Self.bytes(Self.settle(cache, path, file, now: 6000))?.count == 1000)
            #expect(cache.find(path, now: 6999) != nil)
        }
    }

    @Test("a file that changed replaces the one in memory")
    func changes() throws {
        let folder = try TestFolder()
        let write: @Sendable (String, [UInt8], Int) -> Void = { [root = folder.root] name, bytes, ago in
            let file = unsafe Glibc.open(root + "/" + name, O_WRONLY | O_TRUNC)
            _ = unsafe Glibc.write(file, bytes, bytes.count)
            let moment = timespec(tv_sec: time(nil) - ago, tv_nsec: 0)
            let times = [moment, moment]
            _ = unsafe futimens(file, times)
            close(file)
        }
        try withCache(folder) { root, cache in
            let (path, file) = try Self.served(root, "page.html")
            _ = Self.settle(cache, path, file, now: 0)
            write("page.html", [1, 2, 3, 4], 600)
            let (_, changed) = try Self.served(root, "page.html")
            #expect(Self.bytes(Self.settle(cache, path, changed, now: 2000)) == [1, 2, 3, 4])
            #expect(Self.bytes(cache.find(path, now: 2001)) == [1, 2, 3, 4])
        }
    }

    @Test("a file that was written just now is not kept")
    func notKept() throws {
        let folder = try TestFolder()
        // A machine may be held here for some seconds.
        folder.write("root/young", [1], secondsAgo: -5)
        try withCache(folder) { root, cache in
            let (path, file) = try Self.served(root, "young")
            #expect(Self.bytes(Self.settle(cache, path, file, now: 0)) == nil)
            #expect(cache.find(path, now: 0) == nil)
        }
    }

    @Test("a larger file is kept open, shows a write at once, and is closed when nobody asks for it")
    func open() throws {
        let folder = try TestFolder()
        folder.write("root/large", [UInt8](repeating: 0, count: 2049))
        let name = folder.root + "/large"
        try withCache(folder) { root, cache in
            let (path, file) = try Self.served(root, "large")
            #expect(Self.bytes(Self.settle(cache, path, file, now: 0)) == nil)
            #expect(cache.find(path, now: 999)?.state.size == 2049)
            #expect(cache.sweep(now: FileCache.idleMilliseconds - 1))
            #expect(cache.count == 1)
            _ = unsafe truncate(name, 5)
            #expect(cache.find(path, now: 999) == nil)
            #expect(!cache.sweep(now: FileCache.idleMilliseconds))
            #expect(cache.count == 0)
        }
    }

    @Test("no more files are kept open than the room allows")
    func openFiles() throws {
        let folder = try TestFolder()
        for index in 0..<40 { folder.write("root/\(index)", [UInt8](repeating: 0, count: 4096)) }
        try withCache(folder, room: 8 * FileCache.openCost) { root, cache in
            for index in 0..<40 {
                let (path, file) = try Self.served(root, "\(index)")
                _ = Self.settle(cache, path, file, now: 0)
                #expect(cache.count <= 10)
            }
        }
    }

    @Test("the room is kept to, and what is asked for stays")
    func bounded() throws {
        let folder = try TestFolder()
        for index in 0..<100 { folder.write("root/\(index)", [UInt8](repeating: UInt8(index), count: 1000)) }
        try withCache(folder, room: 40_000) { root, cache in
            let (hot, hotFile) = try Self.served(root, "data.bin")
            _ = Self.settle(cache, hot, hotFile, now: 0)
            for index in 0..<100 {
                let (path, file) = try Self.served(root, "\(index)")
                _ = Self.settle(cache, path, file, now: 0)
                #expect(cache.find(hot, now: 0) != nil, "\(index)")
                #expect(cache.count <= 24)
            }
        }
    }

    @Test("a file that is gone is gone from memory within a second")
    func gone() async throws {
        let folder = try TestFolder()
        try await servingFiles(of: folder) { address in
            let client = try RawClient(address)
            func status() throws -> Int {
                client.send("GET /page.html HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.response().status
            }
            #expect(try status() == 200)
            _ = unsafe unlink(folder.root + "/page.html")
            let deadline = ContinuousClock.now + .seconds(30)
            while try status() == 200, ContinuousClock.now < deadline {}
            #expect(try status() == 404)
        }
    }
}
