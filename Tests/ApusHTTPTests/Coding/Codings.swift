import ApusRuntime
import TestSupport

@testable import ApusHTTP

/// What the tests of content codings share.
enum Codings {
    static let all: [ContentCoding] = [.zstd, .br, .gzip, .deflate]

    /// A short JSON over and over: 1720 bytes.
    static let text = Array(String(repeating: #"{"name":"Apus apus","flight":"ten months"},"#, count: 40).utf8)

    /// ``text`` as other programs coded it: Python's gzip and zlib, Google's brotli, Facebook's zstd with a checksum.
    static let foreign: [(coding: ContentCoding, coded: [UInt8])] = [
        (
            .gzip,
            hex(
                "1f8b0800000000000203ab56ca4bcc4d55b252722c282d564804124a3a4a693999e9192540c192d43c85dcfcbc928c62a55a9dea"
                    + "51a5a34a47958e2a1d553aaa74a0950200c6cd3a59b8060000")
        ),
        (
            .deflate,
            hex(
                "78daab56ca4bcc4d55b252722c282d564804124a3a4a693999e9192540c192d43c85dcfcbc928c62a55a9dea51a5a34a47958e2a"
                    + "1d553aaa74a09502002df53fe7")
        ),
        (
            .br,
            hex(
                "1bb706c09d077633c707aa99e1922f41ac755819dc9e0ca2ab4b169dbe1601719b0b1b70021e27984c26c3c6d8723d8d58b5a21f"
                    + "8823955cab3fd204")
        ),
        (
            .zstd,
            hex(
                "28b52ffd64b805a50100b4027b226e616d65223a22417075732061707573222c22666c69676874223a2274656e206d6f6e746873"
                    + "227d2c010053d4fdaa0c415048e3")
        ),
    ]

    static func hex(_ text: String) -> [UInt8] {
        var digits = text.utf8.makeIterator()
        var bytes: [UInt8] = []
        func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
        while let high = digits.next(), let low = digits.next() { bytes.append(value(high) << 4 | value(low)) }
        return bytes
    }

    /// Pseudo-random words: gains by a coding, and repeats itself nowhere as a whole.
    static func words(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        let vocabulary = (0..<200).map { _ in
            String(UInt32.random(in: 0..<1_000_000, using: &random), radix: 36)
        }
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += (vocabulary[Int.random(in: 0..<200, using: &random)] + " ").utf8 }
        return Array(bytes.prefix(count))
    }

    static func noise(_ count: Int) -> [UInt8] {
        var random = SeededRandom(seed: 7)
        var bytes: [UInt8] = []
        while bytes.count < count {
            var number = random.next()
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: number))
                number >>= 8
            }
        }
        return Array(bytes.prefix(count))
    }

    /// The pieces written one after the other, with a flush after each if wanted, through an output of `room` bytes.
    static func encode(
        _ pieces: [ArraySlice<UInt8>], _ coding: ContentCoding, room: Int = 4096, flushing: Bool = false,
        level: Int? = nil, size: Int? = nil, pool: CodingPool? = nil
    ) throws -> [UInt8] {
        var encoder = try ContentEncoder(coding, level: level, size: size, pool: pool)
        var output = Buffer(capacity: room)
        var coded: [UInt8] = []
        func empty(_ output: inout Buffer) {
            unsafe output.bytes.withUnsafeBytes { unsafe coded.append(contentsOf: $0) }
            output.removeAll()
        }
        for piece in pieces {
            let piece = Array(piece)
            var taken = 0
            while true {
                let progress = try encoder.write(piece.span.raw.extracting(taken..<piece.count), into: &output)
                taken += progress.consumed
                empty(&output)
                if progress.isComplete { break }
            }
            if flushing { while try !encoder.flush(into: &output).isComplete { empty(&output) } }
            empty(&output)
        }
        while try !encoder.finish(into: &output).isComplete { empty(&output) }
        empty(&output)
        return coded
    }

    /// The pieces decoded one after the other, through an output of `room` bytes.
    static func decode(
        _ pieces: [ArraySlice<UInt8>], _ codings: [ContentCoding], room: Int = 4096,
        limits: DecodingLimits = DecodingLimits(bytes: 1 << 30, ratio: 100_000), pool: CodingPool? = nil,
        isEnded: Bool = true
    ) throws(CodingError) -> [UInt8] {
        var decoder = try ContentDecoder(codings, limits: limits, pool: pool)
        var output = Buffer(capacity: room)
        var decoded: [UInt8] = []
        for piece in pieces {
            let piece = Array(piece)
            var taken = 0
            while true {
                let progress = try decoder.write(piece.span.raw.extracting(taken..<piece.count), into: &output)
                taken += progress.consumed
                unsafe output.bytes.withUnsafeBytes { unsafe decoded.append(contentsOf: $0) }
                output.removeAll()
                if progress.isComplete { break }
            }
        }
        if isEnded { try decoder.finish() }
        return decoded
    }
}
