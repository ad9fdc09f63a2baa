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

    /// Appends a line of secrets to the file of the context, if it has one, and notes those by which a server's session
    /// can be taken over.
    let takeSecrets: SSL_CTX_keylog_cb_func = { session, line in
        guard let session = unsafe session, let line = unsafe line else { return }
        if unsafe SSL_is_server(session) == 1 { unsafe apus_tls_note_line(session, ExtraData.notes, line) }
        unsafe ContextState.of(session: session)?.keyLog?.append(line)
    }

    /// Counts a record that was protected.
    let countRecord: apus_message_callback = { isWritten, _, kind, bytes, count, session, _ in
        guard let session = unsafe session else { return }
        if kind == SSL3_RT_INNER_CONTENT_TYPE {
            unsafe apus_tls_note_record(session, ExtraData.notes, isWritten == 1)
        } else if kind == SSL3_RT_HEADER, count >= RecordLayer.headerSize, let bytes = unsafe bytes {
            let header = unsafe bytes.assumingMemoryBound(to: UInt8.self)
            unsafe apus_tls12_note_header(session, ExtraData.notes, isWritten == 1, header)
        }
    }

    extension TLSConfigurationAudit {
        /// The file that `SSLKEYLOGFILE` names, if the configuration allows it.
        mutating func keyLog(isAllowed: Bool) -> KeyLog? {
            guard isAllowed, let path = keyLogPath, !path.isEmpty else { return nil }
            do throws(SystemError) {
                let log = try KeyLog(path: path)
                warn("allowsKeyLog", path, .secretsAreLogged)
                return log
            } catch {
                reject("allowsKeyLog", path, .unreadable(error))
                return nil
            }
        }
    }
#endif
