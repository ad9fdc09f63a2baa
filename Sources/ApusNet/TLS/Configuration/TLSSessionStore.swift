#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// The sessions that a client may resume, by host and port: bounded, and each forgotten when its time is over. All
    /// loops share one, behind a lock that is held for a look into a table.
    final class TLSSessionStore: Sendable {
        /// A server of TLS 1.3 gives several tickets, one for each connection to come; more than these are not kept.
        private static let sessionsPerHost = 4

        private struct Host {
            /// The newest last.
            var sessions: [ResumableSession] = []
            var lastUse: UInt64 = 0
        }

        private struct Table {
            var hosts: [String: Host] = [:]
            /// Counts uses: the order in which hosts were used.
            var uses: UInt64 = 0
        }

        private let capacity: Int
        private let table = Lock(Table())

        init(hosts capacity: Int) { self.capacity = capacity }

        /// How many hosts have sessions.
        var hostCount: Int { table.withLock { $0.hosts.count } }

        /// Keeps a session for the next connection to `place`.
        func keep(_ session: ResumableSession, for place: String) {
            table.withLock { table in
                table.uses += 1
                table.hosts[place, default: Host()].lastUse = table.uses
                table.hosts[place, default: Host()].sessions.append(session)
                if table.hosts[place, default: Host()].sessions.count > Self.sessionsPerHost {
                    table.hosts[place, default: Host()].sessions.removeFirst()
                }
                if table.hosts.count > capacity { Self.makeRoom(in: &table, capacity) }
            }
        }

        /// The newest session for `place` whose time is not over at `now`, in seconds since 1970; nil when there is
        /// none. A session of TLS 1.3 is given once, for who sees a ticket twice knows that both connections are one
        /// client's (RFC 8446, appendix C.4).
        func take(for place: String, at now: Int64) -> ResumableSession? {
            table.withLock { table in
                guard var host = table.hosts[place] else { return nil }
                host.sessions.removeAll { $0.end <= now }
                guard let newest = host.sessions.last else {
                    table.hosts[place] = nil
                    return nil
                }
                table.uses += 1
                host.lastUse = table.uses
                if newest.isForOneUse { host.sessions.removeLast() }
                table.hosts[place] = host.sessions.isEmpty ? nil : host
                return newest.isForOneUse ? newest : newest.copy()
            }
        }

        /// Forgets the eighth of the hosts that was not used for the longest time: in one go, so that the search is
        /// paid for by many uses.
        private static func makeRoom(in table: inout Table, _ capacity: Int) {
            let oldest = table.hosts.map { (place: $0.key, lastUse: $0.value.lastUse) }
                .sorted { $0.lastUse < $1.lastUse }
            for host in oldest.prefix(table.hosts.count - capacity + capacity / 8) { table.hosts[host.place] = nil }
        }
    }

    /// An `SSL_SESSION`, whose reference it holds.
    @safe final class ResumableSession: Sendable {
        private let shared: apus_shared_session
        /// When its time is over, in seconds since 1970.
        let end: Int64
        /// Whether it is to be resumed once only: TLS 1.3.
        let isForOneUse: Bool

        var pointer: OpaquePointer { unsafe shared.session }

        /// Takes a reference over.
        @unsafe init(owning session: OpaquePointer) {
            unsafe shared = apus_shared_session(session: session)
            isForOneUse = unsafe SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION
            var lifetime = unsafe Int64(SSL_SESSION_get_timeout(session))
            let hint = unsafe Int64(SSL_SESSION_get_ticket_lifetime_hint(session))
            if hint > 0 { lifetime = min(lifetime, hint) }
            end = unsafe Int64(SSL_SESSION_get_time(session)) + lifetime
        }

        deinit { unsafe SSL_SESSION_free(shared.session) }

        /// One of its own for another connection, which may mark it as broken.
        func copy() -> ResumableSession? {
            unsafe SSL_SESSION_dup(shared.session).map { unsafe ResumableSession(owning: $0) }
        }
    }

    /// Where the sessions of a connection are kept.
    final class SessionPlace: Sendable {
        let name: String

        init(_ name: String) { self.name = name }
    }

    /// Keeps a session that a server gave; 1: its reference is taken over.
    let keepSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> CInt = { connection, session in
        guard let connection = unsafe connection, let session = unsafe session,
            let store = unsafe ContextState.of(session: connection)?.sessions,
            let found = unsafe SSL_get_ex_data(connection, ExtraData.place),
            unsafe SSL_SESSION_is_resumable(session) == 1
        else { return 0 }
        let place = unsafe Unmanaged<SessionPlace>.fromOpaque(found).takeUnretainedValue()
        store.keep(unsafe ResumableSession(owning: session), for: place.name)
        return 1
    }
#endif
