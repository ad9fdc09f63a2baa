#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The terminal that a program fills: another screen than that of the shell, keys as they are pressed. What was there comes
/// back at the end.
final class Terminal {
    private var before = termios()

    /// Whether standard output is one.
    static var isThere: Bool { isatty(1) == 1 }

    init() {
        _ = unsafe tcgetattr(0, &before)
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        _ = unsafe tcsetattr(0, TCSANOW, &raw)
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    deinit {
        write("\u{1B}[?25h\u{1B}[?1049l")
        _ = unsafe tcsetattr(0, TCSANOW, &before)
    }

    /// Columns and rows, as they are now.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// The key that was pressed; nil when none was.
    var key: UInt8? {
        var wanted = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wanted, 1, 0) == 1 else { return nil }
        var byte: UInt8 = 0
        return unsafe read(0, &byte, 1) == 1 ? byte : nil
    }

    /// Shows lines from the top, and nothing else.
    func show(_ lines: [String]) {
        write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    private func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[written...])
                let count = unsafe Self.writeBytes(1, rest.baseAddress, rest.count)
                if count < 0, errno != EINTR { return }
                written += max(0, count)
            }
        }
    }

    @unsafe private static func writeBytes(_ descriptor: CInt, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(descriptor, base, count)
        #else
            unsafe Darwin.write(descriptor, base, count)
        #endif
    }
}
