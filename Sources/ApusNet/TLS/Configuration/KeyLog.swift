#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    /// The file that the secrets of connections are appended to, for Wireshark; readable by its owner only.
    final class KeyLog: Sendable {
        private let descriptor: CInt

        /// Opens the file, or makes it.
        init(path: String) throws(SystemError) {
            descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw SystemError(call: "open") }
        }

        deinit { close(descriptor) }

        /// Appends a line with one write, so that those of several threads and processes don't mix.
        @unsafe fileprivate func append(_ line: UnsafePointer<CChar>) {
            var bytes = unsafe Array(UnsafeRawBufferPointer(start: line, count: strlen(line)))
            bytes.append(UInt8(ascii: "\n"))
            _ = unsafe write(descriptor, bytes, bytes.count)
        }
    }

    /// Appends a line of secrets to the file of the context.
    let appendSecrets: SSL_CTX_keylog_cb_func = { session, line in
        if let line = unsafe line { unsafe ContextState.of(session: session)?.keyLog?.append(line) }
    }

    extension TLSConfigurationAudit {
        /// The file that `SSLKEYLOGFILE` names, if the configuration allows it.
        mutating func keyLog(isAllowed: Bool) -> KeyLog? {
            guard isAllowed, let path = keyLogPath, !path.isEmpty else { return nil }
            do throws(SystemError) {
                return try KeyLog(path: path)
            } catch {
                reject("allowsKeyLog", path, .unreadable(error))
                return nil
            }
        }
    }
#endif
