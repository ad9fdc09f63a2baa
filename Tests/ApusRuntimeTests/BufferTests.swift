import ApusRuntime
import TestSupport
import Testing

func array(_ span: RawSpan) -> [UInt8] {
    span.byteOffsets.map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
}

@Suite struct BufferTests {
    @Test(
        "a buffer behaves as an array of bytes with a bounded end, whatever is done to it",
        arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let capacity = Int.random(in: 0...300, using: &random)
        var buffer = Buffer(capacity: capacity)
        var model: [UInt8] = []
        var discarded = 0
        for _ in 0..<2_000 {
            let available = buffer.available
            switch Int.random(in: 0..<7, using: &random) {
            case 0:
                let bytes = (0..<Int.random(in: 0...available, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                buffer.append(bytes.span)
                model += bytes
            case 1 where available >= 3:
                buffer.append("abc")
                model += Array("abc".utf8)
            case 2 where available >= 1:
                buffer.append(byte: 7)
                model.append(7)
            case 3:
                let n = Int.random(in: 0...model.count, using: &random)
                buffer.discard(n)
                model.removeFirst(n)
                discarded = model.isEmpty ? 0 : discarded + n
            case 4:
                buffer.compact()
                discarded = 0
            case 5:
                let n = Int.random(in: 0...available, using: &random)
                unsafe buffer.withUnsafeAvailable { room in
                    for i in 0..<n { unsafe room[i] = UInt8(truncatingIfNeeded: i) }
                    return n
                }
                model += (0..<n).map { UInt8(truncatingIfNeeded: $0) }
            default:
                let n = Int.random(in: 0...model.count, using: &random)
                buffer.truncate(to: n)
                model.removeLast(model.count - n)
            }
            let (bytes, count, left, empty) = (array(buffer.bytes), buffer.count, buffer.available, buffer.isEmpty)
            #expect(bytes == model)
            #expect(count == model.count)
            #expect(left == capacity - discarded - model.count)
            #expect(empty == model.isEmpty)
        }
    }

    @Test("an emptied buffer offers its whole capacity again")
    func wholeAgain() {
        var buffer = Buffer(capacity: 8)
        buffer.append("12345678")
        buffer.discard(8)
        var available = buffer.available
        #expect(available == 8)
        buffer.append("1234")
        buffer.removeAll()
        available = buffer.available
        #expect(available == 8)
    }

    @Test("its memory starts on a cache line")
    func alignment() {
        let buffer = Buffer(capacity: 100)
        let address = unsafe UInt(bitPattern: buffer.baseAddress)
        #expect(address % 64 == 0)
    }

    @Test("what a system call wrote becomes readable, and an error leaves the buffer as it was")
    func systemCalls() {
        struct Failure: Error {}
        var buffer = Buffer(capacity: 4)
        unsafe buffer.availableAddress.storeBytes(of: 0x41, as: UInt8.self)
        unsafe buffer.didWrite(1)
        #expect(throws: Failure.self) {
            try unsafe buffer.withUnsafeAvailable { (_) throws(Failure) -> Int in throw Failure() }
        }
        let bytes = array(buffer.bytes)
        #expect(bytes == [0x41])
    }

    @Test("writing past the end, and discarding more than there is, stop the program")
    func bounds() async {
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 4)
            buffer.append("12345")
        }
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 0)
            buffer.append(byte: 1)
        }
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 4)
            buffer.append("123")
            buffer.discard(4)
        }
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 4)
            unsafe buffer.withUnsafeAvailable { _ in 5 }
        }
    }
}
