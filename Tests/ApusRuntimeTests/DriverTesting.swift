import CSystem
import Testing

@testable import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension DriverKind {
    /// The drivers that this machine has: each passes the same tests.
    static let available = allCases.filter { $0.obstacle == nil }
}

/// What an endpoint was told.
enum Happening: Equatable, Sendable {
    case received([UInt8])
    case receivedEnd
    case peerHungUp
    case sendCompleted(Int)
    case failed(CInt)
    case accepted(CInt)
    case acceptFailed(CInt)
    case timerFired
    case closed
}

/// What happens on a loop, in order, for a test's thread to wait for.
@safe final class Happenings: Sendable {
    struct TooLong: Error {}

    private let list = Lock<[Happening]>([])
    private let parker = Parker()

    func add(_ happening: Happening) {
        list.withLock { $0.append(happening) }
        parker.unpark()
    }

    var all: [Happening] { list.withLock { $0 } }

    /// Waits until `isComplete` of what has happened so far, and returns that. One thread at a time.
    @discardableResult
    func wait(until isComplete: ([Happening]) -> Bool) -> [Happening] {
        while true {
            let all = self.all
            if isComplete(all) { return all }
            parker.park()
        }
    }

    /// Waits until so many bytes were received, and returns them.
    func bytes(_ count: Int) -> [UInt8] { wait { $0.bytes.count >= count }.bytes }
}

extension [Happening] {
    var bytes: [UInt8] {
        flatMap { happening in if case .received(let bytes) = happening { bytes } else { [] as [UInt8] } }
    }

    /// The same, with bytes that arrived in several parts joined.
    var joined: [Happening] {
        var joined: [Happening] = []
        var bytes: [UInt8] = []
        for happening in self {
            if case .received(let more) = happening {
                bytes += more
                continue
            }
            if !bytes.isEmpty { joined.append(.received(bytes)) }
            bytes = []
            joined.append(happening)
        }
        return bytes.isEmpty ? joined : joined + [.received(bytes)]
    }
}

/// An endpoint that tells the test what it hears, and does what the test has it do besides.
final class Probe: Endpoint {
    let happenings: Happenings
    var whenReceived: (Probe, RawSpan) -> Void = { _, _ in }
    var whenAccepted: (Probe, CInt) -> Void = { _, descriptor in closeDescriptor(descriptor) }
    var whenCompleted: (Probe, Int) -> Void = { _, _ in }
    var isQuiet = false

    init(_ loop: EventLoop, _ descriptor: CInt, _ happenings: Happenings = Happenings()) {
        self.happenings = happenings
        super.init(loop: loop, descriptor: descriptor)
    }

    private func tell(_ happening: @autoclosure () -> Happening) { if !isQuiet { happenings.add(happening()) } }

    override func received(_ bytes: RawSpan) {
        tell(.received(unsafe bytes.withUnsafeBytes { unsafe Array($0) }))
        whenReceived(self, bytes)
    }
    override func receivedEnd() { tell(.receivedEnd) }
    override func peerHungUp() { tell(.peerHungUp) }
    override func accepted(_ descriptor: CInt) {
        tell(.accepted(descriptor))
        whenAccepted(self, descriptor)
    }
    override func acceptFailed(_ error: SystemError) { tell(.acceptFailed(error.code)) }
    override func sendCompleted(_ count: Int) {
        tell(.sendCompleted(count))
        whenCompleted(self, count)
    }
    override func failed(_ error: SystemError) {
        tell(.failed(error.code))
        close()
    }
    override func timerFired() { tell(.timerFired) }
    override func closed() { happenings.add(.closed) }
}

/// A probe on its loop, for the test's thread.
struct RemoteProbe: Sendable {
    let loop: EventLoop
    let id: Endpoint.ID
    let happenings: Happenings

    /// Attaches a probe to a loop, and starts to receive unless told otherwise.
    init(
        _ loop: EventLoop, _ descriptor: CInt, isReceiving: Bool = true,
        _ prepare: @escaping @Sendable (Probe) -> Void = { _ in }
    ) {
        let happenings = Happenings()
        id = loop.perform { loop in
            let probe = Probe(loop, descriptor, happenings)
            prepare(probe)
            loop.attach(probe)
            if isReceiving { probe.startReceiving() }
            return probe.id
        }
        self.loop = loop
        self.happenings = happenings
    }

    /// Does something with the probe on its loop; nil when it is closed.
    @discardableResult
    func callAsFunction<Result: Sendable>(_ body: @escaping @Sendable (Probe) -> Result) -> Result? {
        let id = self.id
        return loop.perform { loop in (loop.find(id) as? Probe).map(body) }
    }
}

/// Runs a test on a loop with a driver, and stops it.
func withLoop<Result>(_ kind: DriverKind, _ body: (EventLoop) throws -> Result) throws -> Result {
    let choice = try #require(DriverChoice(rawValue: kind.rawValue))
    let group = try LoopGroup(LoopGroup.Options(loops: 1, driver: choice, log: .none))
    defer { group.shutdown() }
    #expect(group.loops[0].perform { $0.driver.kind } == kind)
    return try body(group.loops[0])
}

/// Has the loop take so many turns in which the driver delivers something: what else was ready has been delivered.
func letTurnsPass(_ loop: EventLoop, _ count: Int = 3) throws {
    let (ours, peer) = try socketPair()
    let marker = RemoteProbe(loop, ours)
    for number in 1...count {
        peer.write([0])
        _ = marker.happenings.bytes(number)
    }
    marker { $0.close() }
}

/// Bytes that differ from place to place.
func pattern(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + patternBlock.count)
    while bytes.count < count { bytes += patternBlock }
    return Array(bytes[..<count])
}

// A prime number of bytes, so that no buffer's size divides it.
private let patternBlock = (0..<65_521).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }

let connectionReset = ECONNRESET

/// Lets the process have as many descriptors as the system allows it.
func raiseDescriptorLimit() {
    var limit = rlimit()
    _ = unsafe getrlimit(descriptorLimit, &limit)
    limit.rlim_cur = min(limit.rlim_max, 1 << 16)
    _ = unsafe setrlimit(descriptorLimit, &limit)
}

#if canImport(Glibc)
    let descriptorLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
#else
    let descriptorLimit = RLIMIT_NOFILE
#endif

/// Sends our end.
func shutdownSending(_ descriptor: CInt) -> CInt { shutdown(descriptor, CInt(SHUT_WR)) }

/// Bytes that stay where they are as long as the test lives.
@safe final class Bytes: Sendable {
    // As a number, for a pointer is not `Sendable`.
    private let address: UInt
    private let count: Int

    init(_ content: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 16)
        unsafe copy.copyBytes(from: content)
        address = UInt(bitPattern: copy.baseAddress)
        count = content.count
    }

    private var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
    }

    deinit { unsafe bytes.deallocate() }

    /// Sends all of them with one request.
    @discardableResult func send(on probe: Probe) -> SendResult { unsafe probe.send(bytes) }
}

extension Probe {
    /// Sends a few bytes, which live as long as the probe.
    func send(_ content: some Sequence<UInt8>) {
        let bytes = Bytes(Array(content))
        let before = whenCompleted
        whenCompleted = { probe, count in withExtendedLifetime(bytes) { before(probe, count) } }
        bytes.send(on: self)
    }
}
