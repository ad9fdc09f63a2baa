import Apus
import ApusNet
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The listening sockets that a master keeps for its workers. Each worker has sockets of its own for each listener
/// (`SO_REUSEPORT`), which the kernel spreads connections over; when a worker dies, they stay, and what waits in their
/// queues waits for the worker that comes after it. Used by the master's thread.
final class WorkerSockets {
    /// The sockets of one listener.
    private struct Place {
        /// By worker; only the first worker has those of the admin listener.
        var descriptors: [[CInt]]
        /// What removes the file of a Unix socket when it goes.
        var kept: KeptSocket
    }

    private let workers: Int
    private var places: [String: Place] = [:]
    /// Those of a service manager, which stand for the first listeners of the start.
    private var activated: [CInt] = []

    init(workers: Int) { self.workers = workers }

    /// Opens the sockets of the listeners that there are none of yet.
    ///
    /// - Throws: `SocketError`; what was there before is still there, and nothing else.
    func open(_ configuration: Configuration) throws {
        var opened: [String] = []
        if places.isEmpty, configuration.takesOverSockets { activated = InheritedSockets.take() }
        defer { activated = [] }
        do {
            if let name = configuration.adminPlace, let admin = configuration.admin, places[name] == nil {
                places[name] = try open(admin)
                opened.append(name)
            }
            for (index, listener) in configuration.listeners.enumerated() {
                let name = configuration.places[index]
                guard places[name] == nil else { continue }
                places[name] =
                    index < activated.count
                    ? try share(activated[index], configuration.sockets) : try open(listener, configuration)
                opened.append(name)
            }
        } catch {
            for place in opened { forget(place) }
            throw error
        }
    }

    private func open(_ listener: ListenerSettings, _ configuration: Configuration) throws -> Place {
        guard let address = SocketAddress(host: listener.host, port: listener.port) else {
            throw SocketError.unknownHost(listener.host)
        }
        let options = configuration.sockets
        if options.reusePort { try ListeningSocket.probe(address) }
        let first = KeptSocket(try ListeningSocket(address, options))
        let isShared = !options.reusePort || address.port == nil
        let loops = configuration.loops.loops ?? 1
        var place = Place(descriptors: [], kept: first)
        for worker in 0..<workers {
            var descriptors: [CInt] = []
            for loop in 0..<(isShared ? 1 : loops) {
                let isFirst = isShared || worker == 0 && loop == 0
                descriptors.append(
                    isFirst ? first.duplicate() : try ListeningSocket(first.address, options).duplicate())
            }
            place.descriptors.append(descriptors)
        }
        return place
    }

    /// A socket that a service manager has opened: all workers accept from it.
    private func share(_ descriptor: CInt, _ options: ListenOptions) throws -> Place {
        let kept = KeptSocket(try ListeningSocket(takingOver: descriptor, options))
        return Place(descriptors: (0..<workers).map { _ in [kept.duplicate()] }, kept: kept)
    }

    private func open(_ admin: AdminSettings) throws -> Place {
        guard let address = SocketAddress(host: admin.host, port: admin.port) else {
            throw SocketError.unknownHost(admin.host)
        }
        var options = ListenOptions()
        options.reusePort = false
        options.unixMode = 0o600
        let kept = KeptSocket(try ListeningSocket(address, options))
        let none: [[CInt]] = Array(repeating: [], count: workers - 1)
        return Place(descriptors: [[kept.duplicate()]] + none, kept: kept)
    }

    /// Closes those of listeners that a configuration has no more.
    func keep(_ configuration: Configuration) {
        let wanted = Set(configuration.places + [configuration.adminPlace].compactMap(\.self))
        for place in places.keys where !wanted.contains(place) { forget(place) }
    }

    private func forget(_ place: String) {
        for descriptor in (places[place]?.descriptors ?? []).joined() { closeDescriptor(descriptor) }
        places[place] = nil
    }

    /// Copies of what a worker is given, which are the caller's to close; its number counts from 1.
    func copies(forWorker number: Int) -> [(place: String, descriptors: [CInt])] {
        places.map { place in
            let copies = place.value.descriptors[number - 1].map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
            return (place.key, copies.filter { $0 >= 0 })
        }
    }

    /// The address of a listener, with the port that the system chose.
    func address(of place: String) -> SocketAddress? { places[place]?.kept.address }

    /// Closes all copies, so that nobody waits in a queue that the workers have left; files of Unix sockets stay.
    func closeCopies() {
        for (name, place) in places {
            for descriptor in place.descriptors.joined() { closeDescriptor(descriptor) }
            places[name]?.descriptors = Array(repeating: [], count: workers)
            if place.kept.address.port != nil { places[name] = nil }
        }
    }
}

extension Configuration {
    /// Where the listeners are, in their order: the same as with the server that is made of it.
    var places: [String] { ServerListener.places(listeners.map { ($0.host, $0.port) }) }

    /// Where the admin listener is.
    var adminPlace: String? { admin.map { AdminOptions.place(host: $0.host, port: $0.port) } }
}

/// A listening socket that lives as long as this object.
final class KeptSocket {
    private let socket: ListeningSocket

    init(_ socket: consuming ListeningSocket) { self.socket = socket }

    var address: SocketAddress { socket.address }
    func duplicate() -> CInt { socket.duplicate() }
}
