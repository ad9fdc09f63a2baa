import Glibc
import Testing

@testable import ApusRuntime

@Suite("Lines written by a thread of their own", .timeLimit(.minutes(1)))
struct LineWriterTests {
    private func put(_ text: String, _ writer: LineWriter) { unsafe writer.write(Array(text.utf8).span.bytes) }

    @Test("lines of rings and of any thread are written when they were waited for")
    func writing() throws {
        try withTemporaryFolder { folder in
            let writer = try LineWriter(to: .file("\(folder)/log"), name: "log", log: .none)
            let ring = writer.makeRing()
            #expect(unsafe ring.append(Array("of a loop\n".utf8).span.bytes))
            writer.linesCame()
            put("of a thread\n", writer)
            writer.flush()
            let text = try textOfFile("\(folder)/log")
            #expect(text.split(separator: "\n").sorted() == ["of a loop", "of a thread"] && writer.dropped == 0)
            // A file is private to its user and group.
            var status = stat()
            #expect(unsafe stat("\(folder)/log", &status) == 0 && status.st_mode & 0o007 == 0)
        }
    }

    @Test("a file that was moved away is opened anew, and nothing is lost between both")
    func reopening() throws {
        try withTemporaryFolder { folder in
            let writer = try LineWriter(to: .file("\(folder)/log"), name: "log", log: .none)
            put("before\n", writer)
            writer.flush()
            #expect(unsafe rename("\(folder)/log", "\(folder)/old") == 0)
            put("between\n", writer)
            writer.flush()
            writer.reopen()
            writer.flush()
            put("after\n", writer)
            writer.flush()
            #expect(try textOfFile("\(folder)/old") == "before\nbetween\n")
            #expect(try textOfFile("\(folder)/log") == "after\n")
        }
    }

    @Test("a file that can't be opened anew is written on, and that is said")
    func reopeningFails() throws {
        try withTemporaryFolder { folder in
            let said = Lock<[String]>([])
            unsafe mkdir("\(folder)/sub", 0o700)
            let log = Log { level, text in said.withLock { $0.append("\(level): \(text)") } }
            let writer = try LineWriter(to: .file("\(folder)/sub/log"), name: "log", log: log)
            #expect(unsafe rename("\(folder)/sub", "\(folder)/moved") == 0)
            writer.reopen()
            put("still\n", writer)
            writer.flush()
            #expect(try textOfFile("\(folder)/moved/log") == "still\n")
            #expect(said.withLock { $0.count } == 1 && said.withLock { $0[0].hasPrefix("error: the log can't") })
        }
    }

    @Test("a file that can't be opened is told at once")
    func openingFails() {
        #expect(throws: SystemError.self) {
            _ = try LineWriter(to: .file("/nonexistent/folder/log"), name: "log", log: .none)
        }
    }

    @Test("lines beyond the room are dropped, counted and spoken of, and whoever writes never waits")
    func tooSlow() throws {
        try withTemporaryFolder { folder in
            // A pipe that nobody reads is the slowest disk.
            let path = "\(folder)/pipe"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }
            let said = Lock<[String]>([])
            let log = Log { _, text in said.withLock { $0.append(text) } }
            let writer = try LineWriter(to: .file(path), name: "access log", ringSize: 4096, log: log)
            let ring = writer.makeRing()
            let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
            let began = ContinuousClock.now
            var taken = 0
            for _ in 0..<5000 {
                if unsafe ring.append(line.span.bytes) { taken += 1 }
                writer.linesCame()
            }
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(taken < 5000 && writer.dropped == 5000 - taken)
            // Somebody reads at last: what was taken comes out in whole lines.
            var received = 0
            var chunk = [UInt8](repeating: 0, count: 65536)
            while received < taken * 100 {
                var poller = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&poller, 1, 10_000) > 0 else { break }
                let count = unsafe read(reader, &chunk, chunk.count)
                guard count > 0 else { break }
                received += count
            }
            #expect(received == taken * 100)
            writer.flush()
            #expect(said.withLock { $0.contains { $0.contains("lines of the access log were lost") } })
        }
    }

    @Test("lines that the destination refuses are counted as lost")
    func refused() throws {
        let said = Lock<[String]>([])
        let log = Log { _, text in said.withLock { $0.append(text) } }
        // A device that is always full.
        let writer = try LineWriter(to: .file("/dev/full"), name: "log", log: log)
        put("one\ntwo\n", writer)
        writer.flush()
        put("three\n", writer)
        writer.flush()
        #expect(writer.dropped == 3)
        #expect(said.withLock { $0.count == 1 && $0[0].contains("No space left on device") })
    }

    @Test("what was written is there when the writer has closed, and closing twice is as once")
    func closing() throws {
        try withTemporaryFolder { folder in
            let writer = try LineWriter(to: .file("\(folder)/log"), name: "log", log: .none)
            for index in 0..<1000 { put("\(index)\n", writer) }
            writer.close()
            writer.close()
            writer.flush()
            #expect(try textOfFile("\(folder)/log").split(separator: "\n").count == 1000)
        }
    }
}

/// A folder that is gone when `body` has returned.
private func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    var template = Array("/tmp/apus-lines-XXXXXX".utf8CString)
    guard let name = unsafe mkdtemp(&template) else { throw SystemError(call: "mkdtemp") }
    let folder = unsafe String(cString: name)
    defer {
        for file in ["log", "old", "pipe", "moved/log"] { unsafe unlink("\(folder)/\(file)") }
        unsafe rmdir("\(folder)/moved")
        unsafe rmdir(folder)
    }
    try body(folder)
}

private func textOfFile(_ path: String) throws -> String {
    let file = unsafe open(path, O_RDONLY)
    guard file >= 0 else { throw SystemError(call: "open") }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}
