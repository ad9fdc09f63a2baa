import Glibc
import Testing

@testable import Apus

/// A folder with a secret beside it, removed with the test. Its files are old enough to be kept in memory.
final class TestFolder {
    let path: String
    let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }

    init() throws {
        var template = Array("/tmp/apus-files-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
        make("root")
        make("root/sub")
        make("root/listed")
        make("root/.well-known")
        make("root/.git")
        make("outside")
        write("secret.txt", Array("secret".utf8))
        write("outside/secret.txt", Array("secret".utf8))
        write("root/data.bin", content)
        write("root/page.html", Array("<p>".utf8))
        write("root/100%.txt", Array("percent".utf8))
        write("root/.hidden", Array("secret".utf8))
        write("root/.git/config", Array("secret".utf8))
        write("root/.well-known/security.txt", Array("known".utf8))
        write("root/sub/index.html", Array("index".utf8))
        write("root/listed/<b>&.txt", Array("x".utf8))
        link("../secret.txt", "root/out.txt")
        link("/etc/passwd", "root/absolute.txt")
        link("..", "root/up")
        link("../outside", "root/sideways")
        link(path + "/outside", "root/absolute")
        link("sub/../../secret.txt", "root/winding.txt")
        link("out.txt", "root/twice.txt")
        link("loop", "root/loop")
        link("/proc/self/fd/0", "root/magic")
        link("nowhere", "root/dangling")
        link("page.html", "root/inside.html")
        link("../page.html", "root/sub/inside.html")
        _ = unsafe mkfifo(path + "/root/pipe", 0o644)
    }

    deinit { _ = unsafe system("rm -rf '\(path)'") }

    var root: String { path + "/root" }

    func make(_ name: String) { _ = unsafe mkdir(path + "/" + name, 0o755) }

    func link(_ target: String, _ name: String) { _ = unsafe symlink(target, path + "/" + name) }

    /// Writes a file, and says that it was written an hour ago, or whenever.
    func write(_ name: String, _ bytes: [UInt8], secondsAgo: Int = 3600) {
        let file = unsafe Glibc.open(path + "/" + name, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
        var done = 0
        while done < bytes.count {
            done += unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(file, $0.baseAddress! + done, bytes.count - done)
            }
        }
        let moment = timespec(tv_sec: time(nil) - secondsAgo, tv_nsec: 0)
        var times = (moment, moment)
        _ = unsafe withUnsafePointer(to: &times) { pointer in
            unsafe pointer.withMemoryRebound(to: timespec.self, capacity: 2) { unsafe futimens(file, $0) }
        }
        close(file)
    }
}
