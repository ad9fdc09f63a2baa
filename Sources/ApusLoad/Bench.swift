import ApusNet
import ApusRuntime

/// Puts load on a server and measures its answers. On the main actor, so that nothing but load runs on the loops.
@MainActor package enum Bench {
    /// Loads the server until the run is over or interrupted, and shows meanwhile how far it is.
    ///
    /// - Throws: ``BenchError`` when nothing could be asked, or nothing was answered with 2xx: the latter after
    ///   `report` was called with what was answered instead.
    package static func run(_ options: BenchOptions, report: (BenchReport) throws -> Void) async throws {
        let content = try options.body.map { body throws(BenchError) in try RequestContent.read(body) }
        let connecting = try ConnectOptions.bench(options)
        try DescriptorLimit.raise(to: options.connections + 64)
        let group = try LoopGroup(LoopGroup.Options(loops: options.loops, log: .none))
        defer { group.shutdown() }
        let address = try await answering(options, connecting, on: group)
        let shares = LoadShare.divide(options, among: group.loops.count)
        let plan = LoadPlan(options, content: content, address: address, connecting: connecting)
        let run = LoadRun(plan, extent: options.extent, shares: shares, on: group)
        // However it ends, its connections are let go of before their loops.
        defer { run.abandon() }

        let interrupt = Interrupt()
        let display = Task { await BenchProgress(options, run.meters).show(until: interrupt) { run.abandon() } }
        let ready = await run.connect()
        let began = ProcessorTime.now
        let measured = ready.connected > 0 && !interrupt.isHeard ? await run.measure() : nil
        let spent = ProcessorTime.now - began
        display.cancel()
        await display.value
        guard let measured else {
            if interrupt.isHeard { throw BenchError.interrupted }
            throw BenchError.noConnection(options.url.authority, ready.failures.max { $0.value < $1.value }?.key)
        }
        let found = BenchReport(
            options: options, loops: shares.count, tally: measured.tally, elapsed: measured.elapsed,
            processorTime: spent, wasInterrupted: interrupt.isHeard)
        try report(found)
        guard found.tally.successes > 0 else { throw BenchError.noSuccess(found.tally) }
    }

    /// The first of the host's addresses that accepts a connection, and speaks TLS where that is asked for.
    private static func answering(
        _ options: BenchOptions, _ connecting: ConnectOptions, on group: LoopGroup
    ) async throws -> SocketAddress {
        let addresses = try Resolver.blockingAddresses(of: options.url.host, port: UInt16(options.url.port))
        var last: any Error = SocketError.unknownHost(options.url.host)
        for address in addresses {
            do {
                try await AsyncConnection.connect(to: address, on: group.loops[0], options: connecting).abort()
                return address
            } catch {
                last = error
            }
        }
        #if TLS
            if case SocketError.tls(let error, _) = last {
                throw BenchError.tls(options.url.authority, LoadFailure(error), reason: error.reason)
            }
        #endif
        throw last
    }
}
