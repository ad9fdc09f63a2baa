import TestSupport
import Testing

@testable import ApusHTTP

/// RFC 9113, 5.2 and 6.9.
@Suite struct HTTP2WindowTests {
    @Test("a window takes 2^31-1 and no more")
    func overflow() {
        var window = HTTP2Window()
        #expect(window.size == 65_535)
        #expect(window.increase(by: 0x7FFF_FFFF - 65_535) == true)
        #expect(window.size == .max)
        #expect(window.increase(by: 1) == false)
        #expect(window.adjust(by: 1) == false)
        #expect(window.size == .max)
    }

    @Test("a window may become negative, and lets nothing through until it is positive again")
    func negative() {
        var window = HTTP2Window(size: 65_535)
        window.spend(60_000)
        #expect(window.adjust(by: 16_384 - 65_535) == true)
        #expect(window.size == -43_616 && window.available == 0)
        #expect(window.increase(by: 43_616) && window.available == 0)
        #expect(window.increase(by: 1) && window.available == 1)
    }

    @Test("a window is the sum of all that was ever done to it, or refuses it")
    func sum() {
        var random = SeededRandom(seed: 0x69)
        var refusals = 0
        for _ in 0..<200 {
            var window = HTTP2Window(size: UInt32.random(in: 0...0x7FFF_FFFF, using: &random))
            var model = Int64(window.size)
            for _ in 0..<100 {
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    let count = Int.random(in: 0...window.available, using: &random)
                    window.spend(count)
                    model -= Int64(count)
                case 1:
                    let increment =
                        UInt32.random(in: 1...0x7FFF_FFFF, using: &random)
                        >> UInt32.random(
                            in: 0...24, using: &random)
                    let fits = model + Int64(increment) <= Int64(Int32.max)
                    #expect(window.increase(by: increment) == fits)
                    if fits { model += Int64(increment) } else { refusals += 1 }
                default:
                    let delta = Int32.random(in: -100_000...100_000, using: &random)
                    let fits = (Int64(Int32.min)...Int64(Int32.max)).contains(model + Int64(delta))
                    #expect(window.adjust(by: delta) == fits)
                    if fits { model += Int64(delta) } else { refusals += 1 }
                }
                #expect(Int64(window.size) == model && window.available == Int(max(0, model)))
            }
        }
        #expect(refusals > 20)
    }

    @Test("the window opens when half of it was consumed, not when bytes arrive")
    func consumption() {
        var window = HTTP2ReceiveWindow(size: 1000)
        #expect(window.receive(1000) == true)
        #expect(window.receive(1) == false)
        #expect(window.unconsumed == 1000)
        #expect(window.consume(499) == 0)
        #expect(window.consume(1) == 500)
        #expect(window.left == 500 && window.unconsumed == 500)
        #expect(window.receive(500) && !window.receive(1))
        #expect(window.consume(1000) == 1000)
        #expect(window.left == 1000 && window.unconsumed == 0)
    }

    @Test("a larger window is announced at once, with what is owed")
    func growth() {
        var window = HTTP2ReceiveWindow()
        #expect(window.receive(100) && window.consume(100) == 0)
        #expect(window.grow(to: 1 << 20) == UInt32(1 << 20) - 65_535 + 100)
        #expect(window.left == 1 << 20)
        #expect(window.grow(to: 65_535) == 0)
        #expect(window.grow(to: .max) == UInt32(Int32.max) - 1 << 20)
    }

    @Test("a smaller SETTINGS_INITIAL_WINDOW_SIZE may make the window negative, and DATA refused")
    func shrinking() {
        var window = HTTP2ReceiveWindow(size: 1000)
        #expect(window.receive(800) == true)
        window.adjust(by: -900)
        #expect(window.left == -700 && window.unconsumed == 800)
        #expect(window.receive(0) == false)
        #expect(window.consume(800) == 800)
        #expect(window.left == 100)
    }

    @Test("a peer that obeys can always go on once all is consumed, and never owns more than the window")
    func liveness() {
        var random = SeededRandom(seed: 0x5_2)
        for _ in 0..<300 {
            let size = UInt32.random(in: 1...5000, using: &random)
            var receiver = HTTP2ReceiveWindow(size: size)
            var sender = HTTP2Window(size: size)
            var unconsumed = 0
            for _ in 0..<200 {
                if Bool.random(using: &random) {
                    let count = Int.random(in: 0...sender.available, using: &random)
                    sender.spend(count)
                    #expect(receiver.receive(UInt32(count)) == true)
                    unconsumed += count
                } else {
                    let count = Int.random(in: 0...unconsumed, using: &random)
                    let increment = receiver.consume(count)
                    unconsumed -= count
                    if increment > 0 { #expect(sender.increase(by: increment) == true) }
                }
                #expect(receiver.unconsumed == unconsumed && unconsumed <= Int(size))
                #expect(receiver.left == sender.size)
            }
            let increment = receiver.consume(unconsumed)
            if increment > 0 { #expect(sender.increase(by: increment) == true) }
            #expect(sender.available > 0)
        }
    }
}
